//! `shield`: awaiting a task without passing requests on to it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::error::{ResultError, TaskError};
use crate::task::{Awaiting, Task};

/// Awaits `task` without forwarding: a request to the task that waits here ends the wait, and leaves `task` alone.
///
/// # Dropping
///
/// The wait is over; `task` runs on.
///
/// # Cancel safety
///
/// Nothing is lost: the value stays with `task`.
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
///     let inner_ref = inner.task_ref();
///     let outer = cede::create_task(async move { shield(&inner_ref).await });
///     cede::yield_now().await;
///     outer.cancel();
///     assert!(outer.await.is_err());
///     assert_eq!(inner.await?, "saved");
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn shield<T: Task + ?Sized>(task: &T) -> Shield<'_, T> {
    Shield {
        waiting: Awaiting::shielded(task.task_ref()),
        task,
    }
}

/// The future of [`shield`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Shield<'a, T: ?Sized> {
    waiting: Awaiting,
    task: &'a T,
}

impl<'a, T: Task + ?Sized> Future for Shield<'a, T> {
    type Output = Result<&'a T::Output, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.waiting.poll(cx)) {
            Some(error) => Err(error),
            None => self.task.result().map_err(ResultError::into_task_error),
        })
    }
}
