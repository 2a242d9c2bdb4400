//! `shield`: awaiting a task without passing requests on to it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::error::TaskError;
use crate::task::{Awaiting, Task, TaskRef, outcome_of};

/// Awaits `task` without forwarding: a request to the task that waits here ends the wait, and leaves `task` alone.
///
/// Takes what can be awaited: `shield(&handle)` borrows the value, `shield(handle)` moves it out, `shield(task_ref)` just waits.
///
/// # Dropping
///
/// The wait is over; `task` runs on.
///
/// # Cancel safety
///
/// By reference, nothing is lost: the value stays with `task`. By value, the handle is dropped, which detaches.
///
/// # Errors
///
/// [`TaskError`], as awaiting it would give.
///
/// # asyncio
///
/// [`asyncio.shield`](https://docs.python.org/3/library/asyncio-task.html#asyncio.shield), which drops the message if the inner task is
/// cancelled; here it stays.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, Task, shield};
///
/// cede::run(async {
///     let inner = cede::create_task(async {
///         cede::yield_now().await;
///         "saved"
///     });
///     let outer = cede::create_task(shield(inner.task_ref()));
///     cede::yield_now().await;
///     outer.cancel();
///     assert!(outer.await.is_err());
///     assert_eq!(inner.await?, "saved");
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn shield<H, T>(task: H) -> Shield<H>
where
    H: Task + IntoFuture<Output = Result<T, TaskError>>,
{
    Shield { waiting: Awaiting::shielded(task.task_ref()), task: Some(task) }
}

/// The future of [`shield`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Shield<H> {
    waiting: Awaiting<TaskRef>,
    task: Option<H>,
}

impl<H> Unpin for Shield<H> {}

impl<H, T> Future for Shield<H>
where
    H: Task + IntoFuture<Output = Result<T, TaskError>>,
{
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = ready!(self.waiting.poll(cx)) {
            return Poll::Ready(Err(error));
        }
        let task = self.task.take().expect("`shield` was polled again after it was ready");
        Poll::Ready(outcome_of(task))
    }
}
