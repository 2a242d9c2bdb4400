//! `as_completed`: tasks, in the order in which they end.

use std::pin::Pin;
use std::task::{Context, Poll};

use cede_core::Task;
use futures_core::Stream;

use crate::tally::{Tally, WakeAt};

/// A stream of `tasks` in the order in which they end; those that are done already come first, in their order.
///
/// It raises no failure of theirs, cancels none, and always suspends before the first. Time and memory are linear in their number.
/// With a [`timeout`](crate::timeout) around `next()`, each gets a deadline; around the loop, all of them together.
///
/// # Dropping
///
/// Drops the handles that it still has; the tasks run on. Give it references, `as_completed(&handles)`, to keep them.
///
/// # Cancel safety
///
/// A request ends the wait for the next, and is not forwarded. No handle is lost.
///
/// # asyncio
///
/// [`asyncio.as_completed`](https://docs.python.org/3/library/asyncio-task.html#asyncio.as_completed), as an asynchronous iterator.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use futures_util::StreamExt;
///
/// cede::run(async {
///     let tasks = [20, 1].map(|ms| {
///         cede::create_task(async move {
///             cede::sleep(Duration::from_millis(ms)).await;
///             ms
///         })
///     });
///     let mut ended = cede::as_completed(tasks);
///     assert_eq!(ended.next().await.unwrap().await?, 1);
///     assert_eq!(ended.next().await.unwrap().await?, 20);
///     assert!(ended.next().await.is_none());
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "FuturesUnordered")]
pub fn as_completed<H: Task>(tasks: impl IntoIterator<Item = H>) -> AsCompleted<H> {
    let tasks: Vec<Option<H>> = tasks.into_iter().map(Some).collect();
    AsCompleted { left: tasks.len(), tasks, tally: None }
}

/// The stream of [`as_completed`].
///
/// # Examples
///
/// ```
/// use cede::as_completed;
/// use futures_lite::StreamExt;
///
/// cede::run(async {
///     let tasks = [1, 2].map(|n| cede::create_task(async move { n }));
///     let mut ends: cede::AsCompleted<_> = as_completed(tasks);
///     while let Some(task) = ends.next().await {
///         assert!(task.await.unwrap() > 0);
///     }
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct AsCompleted<H: Task> {
    tasks: Vec<Option<H>>,
    left: usize,
    tally: Option<Tally>,
}

impl<H: Task> Unpin for AsCompleted<H> {}

impl<H: Task> Stream for AsCompleted<H> {
    type Item = H;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<H>> {
        let this = &mut *self;
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let Some(tally) = &mut this.tally else {
            let tasks: Vec<&H> = this.tasks.iter().flatten().collect();
            let tally = Tally::new(&tasks, WakeAt::Each);
            if tally.ended(cx.waker()) > 0 {
                // There is one at once, and it gives way all the same.
                cx.waker().wake_by_ref();
            }
            this.tally = Some(tally);
            return Poll::Pending;
        };
        tally.ended(cx.waker());
        let Some(index) = tally.next() else { return Poll::Pending };
        this.left -= 1;
        Poll::Ready(this.tasks[index].take())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<H: Task> Drop for AsCompleted<H> {
    fn drop(&mut self) {
        if let Some(tally) = &mut self.tally {
            tally.end(self.tasks.iter().map(Option::as_ref));
        }
    }
}

impl<H: Task> std::fmt::Debug for AsCompleted<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsCompleted").field("left", &self.left).finish_non_exhaustive()
    }
}
