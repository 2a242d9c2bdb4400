//! The code of a child.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cede_core::{catch_cancel, checkpoint, current_task};
use pin_project_lite::pin_project;

use crate::group::handle::TaskGroup;

pin_project! {
    /// The future of a child: its `Err` is the group's before the child is done.
    ///
    /// Written by hand: an `async fn` would keep room for `future` twice, and in every child for what only a failing one does.
    #[project = Stage]
    pub(super) enum Recorded<E, F> {
        Running {
            #[pin]
            future: F,
            group: TaskGroup<E>,
        },
        Failing {
            failing: Pin<Box<dyn Future<Output = Arc<E>> + Send>>,
        },
    }
}

impl<E, F> Recorded<E, F> {
    pub(super) fn new(group: TaskGroup<E>, future: F) -> Self {
        Recorded::Running { future, group }
    }
}

impl<T, E, F> Future for Recorded<E, F>
where
    E: Send + Sync + 'static,
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, Arc<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Stage::Running { future, group } = self.as_mut().project() {
            let error = match ready!(future.poll(cx)) {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(error) => Arc::new(error),
            };
            let failing = Box::pin(fail(group.clone(), error));
            self.set(Recorded::Failing { failing });
        }
        match self.project() {
            Stage::Failing { failing } => failing.as_mut().poll(cx).map(Err),
            Stage::Running { .. } => unreachable!("it has failed"),
        }
    }
}

/// Tells the group. A request that is pending is refused by that.
async fn fail<E: Send + Sync + 'static>(group: TaskGroup<E>, error: Arc<E>) -> Arc<E> {
    // A request that is pending would make the task end cancelled, and the failure be lost: a failure goes first.
    let refused = catch_cancel(checkpoint()).await;
    drop(refused);
    let me = current_task().expect("a child is a task");
    group.record(me, Arc::clone(&error));
    error
}
