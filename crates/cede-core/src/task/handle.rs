//! The typed handle of a task.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::cancel::Cancel;
use crate::error::{ResultError, TaskError};
use crate::task::cell::Typed;
use crate::task::{Awaiting, Task, TaskRef};

/// The handle of a task whose value is a `T`: to await, to ask, to cancel.
///
/// `(&handle).await` borrows the value, as often as you like; `handle.await` moves it out, once. Neither needs `T: Clone`. While a
/// task awaits another, a request to it is **forwarded** to that one, at once:
///
/// - if the awaited task then ends cancelled, the awaiting one unwinds at its await, like any task that was asked to stop;
/// - if it refuses and returns a value, the awaiting task gets the value and carries on;
/// - if somebody else cancelled it, the await yields [`TaskError::Cancelled`], and the awaiting task is not unwound.
///
/// [`shield`](crate::shield) awaits without forwarding. For macros and combinators that want a future,
/// `handle.into_future()` and `(&handle).into_future()` are one.
///
/// # Dropping
///
/// Detaches: the task runs on, and its value is dropped when it is there. A task is never lost; `all_tasks` has it until it is done.
///
/// # Cancel safety
///
/// Dropping `(&handle).await` half way loses nothing. Dropping `handle.await` half way drops the handle.
///
/// # Errors
///
/// [`TaskError`]: cancelled, panicked, or the task awaited itself.
///
/// # asyncio
///
/// [`Task`](https://docs.python.org/3/library/asyncio-task.html#task-object), which is the task and its handle in one: asyncio keeps only a
/// weak reference to it, so that a task which nobody holds may vanish. Here it can't. There, the second and third case above look alike.
///
/// # Examples
///
/// ```
/// use cede::Task;
///
/// cede::run(async {
///     let task = cede::create_task(async { String::from("done") });
///     assert_eq!((&task).await?, "done"); // borrowed …
///     assert_eq!((&task).await?, "done"); // … as often as you like
///     assert_eq!(task.result().unwrap(), "done");
///     let value: String = task.await?; // moved out
///     assert_eq!(value, "done");
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[must_use = "dropping a `JoinHandle` detaches its task: `detach()` says so"]
pub struct JoinHandle<T> {
    typed: Typed<T>,
}

/// Awaits a task by value: the future of [`JoinHandle`].
///
/// # Dropping
///
/// Drops the handle, which detaches the task.
#[must_use = "futures do nothing unless awaited"]
pub struct Join<T> {
    waiting: Awaiting<JoinHandle<T>>,
}

/// Awaits a task by reference: the future of `&`[`JoinHandle`].
///
/// # Dropping
///
/// The wait is over; nothing is lost.
#[must_use = "futures do nothing unless awaited"]
pub struct JoinRef<'a, T> {
    waiting: Awaiting<&'a JoinHandle<T>>,
}

impl<T> JoinHandle<T> {
    pub(crate) fn new(typed: Typed<T>) -> Self {
        JoinHandle { typed }
    }

    /// Lets the task run on by itself. The same as dropping the handle, in a word.
    ///
    /// # Examples
    ///
    /// ```
    /// cede::run(async {
    ///     cede::create_task(async { println!("in the background") }).detach();
    ///     cede::yield_now().await;
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[inline]
    pub fn detach(self) {
        drop(self);
    }
}

impl<T> Cancel for JoinHandle<T> {
    #[track_caller]
    fn cancel(&self) -> bool {
        self.typed.task().cancel()
    }

    #[track_caller]
    fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        self.typed.task().cancel_with(message)
    }

    fn cancelled(&self) -> bool {
        self.typed.task().header().state.load().is_cancelled()
    }

    fn cancelling(&self) -> usize {
        self.typed.task().cancelling()
    }

    fn uncancel(&self) -> usize {
        self.typed.task().uncancel()
    }
}

impl<T> Task for JoinHandle<T> {
    type Output = T;

    fn as_task(&self) -> &TaskRef {
        self.typed.task()
    }

    fn result(&self) -> Result<&T, ResultError> {
        // Asked first: a value that comes in between is a value.
        let obstacle = self.typed.task().obstacle();
        obstacle.map_or_else(|| Ok(self.typed.value().expect("done with a value")), Err)
    }
}

impl<T> IntoFuture for JoinHandle<T> {
    type Output = Result<T, TaskError>;
    type IntoFuture = Join<T>;

    fn into_future(self) -> Join<T> {
        Join { waiting: Awaiting::forwarding(self) }
    }
}

impl<'a, T> IntoFuture for &'a JoinHandle<T> {
    type Output = Result<&'a T, TaskError>;
    type IntoFuture = JoinRef<'a, T>;

    fn into_future(self) -> JoinRef<'a, T> {
        JoinRef { waiting: Awaiting::forwarding(self) }
    }
}

impl<T> Unpin for Join<T> {}

impl<T> Future for Join<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = ready!(self.waiting.poll(cx)) {
            return Poll::Ready(Err(error));
        }
        let handle = self.waiting.take_handle();
        Poll::Ready(Ok(handle.typed.take().expect("done with a value, which only this can take")))
    }
}

impl<'a, T> Future for JoinRef<'a, T> {
    type Output = Result<&'a T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.waiting.poll(cx)) {
            Some(error) => Err(error),
            None => Ok(self.waiting.take_handle().typed.value().expect("done with a value")),
        })
    }
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("JoinHandle").field(self.typed.task().header()).finish()
    }
}

impl<T> std::fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Join").field(&self.waiting).finish()
    }
}

impl<T> std::fmt::Debug for JoinRef<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("JoinRef").field(&self.waiting).finish()
    }
}
