//! `wait_for`: a task's outcome, but no longer than for a time.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use cede_core::TaskError;

use crate::timeout::{Elapsed, TimeoutScope, timeout};

/// Awaits `task`, but no longer than `limit`: then it is asked to stop, and awaited. A `limit` of zero gives the outcome of a task that is done,
/// and asks any other at once.
///
/// `task` is whatever gives a task's outcome: a handle, a reference to one, a [`TaskRef`](crate::TaskRef), a [`shield`](crate::shield), a
/// [`gather`](crate::gather). It is [`timeout`] with the two errors in one.
///
/// # Dropping
///
/// Drops what it was given; a task runs on.
///
/// # Cancel safety
///
/// A request is forwarded, as `task` alone would do.
///
/// # Panics
///
/// If it is polled outside any task.
///
/// # Errors
///
/// [`WaitForError::Elapsed`] if the task was stopped by this; if it refuses and returns, its value counts.
///
/// # asyncio
///
/// [`asyncio.wait_for`](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait_for).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::{Cancel, WaitForError, wait_for};
///
/// cede::run(async {
///     let task = cede::create_task(std::future::pending::<()>());
///     let outcome = wait_for(&task, Duration::from_millis(1)).await;
///     assert!(matches!(outcome, Err(WaitForError::Elapsed(_))));
///     assert!(task.cancelled());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub async fn wait_for<F, T>(task: F, limit: Duration) -> Result<T, WaitForError>
where
    F: IntoFuture<Output = Result<T, TaskError>>,
{
    let outcome = if limit.is_zero() {
        let scope = TimeoutScope::never();
        let mut task = pin!(task.into_future());
        let mut first = true;
        let once = poll_fn(|cx| {
            let outcome = task.as_mut().poll(cx);
            if std::mem::take(&mut first) && outcome.is_pending() {
                scope.strike_now();
            }
            outcome
        });
        scope.run(once).await
    } else {
        timeout(limit, task).await
    };
    outcome.map_err(WaitForError::Elapsed)?.map_err(WaitForError::Task)
}

/// Why [`wait_for`] gave no value.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::{WaitForError, wait_for};
///
/// cede::run(async {
///     let never = cede::create_task(std::future::pending::<()>());
///     let outcome = wait_for(&never, Duration::from_millis(1)).await;
///     assert!(matches!(outcome, Err(WaitForError::Elapsed(_))));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug)]
pub enum WaitForError {
    /// The time was over, and the task stopped by that.
    Elapsed(Elapsed),
    /// The task was cancelled by somebody else, or panicked.
    Task(TaskError),
}

impl fmt::Display for WaitForError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitForError::Elapsed(elapsed) => elapsed.fmt(f),
            WaitForError::Task(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WaitForError {}
