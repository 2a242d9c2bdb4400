//! `timeout`: a deadline around a piece of code.

mod limited;
mod scope;

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use limited::Limited;
pub use scope::TimeoutScope;

/// Runs `future`, but no longer than `duration`.
///
/// At the deadline the code inside gets a cancel request, with [`Reason::Timeout`](crate::Reason::Timeout): scopes in it may clean up, with awaits, and a task that it awaits is
/// asked to stop. Once the code has ended by that, this yields [`Elapsed`]. A request from elsewhere that comes meanwhile goes on outwards. If
/// the code refuses the request and returns, its value counts. Other code of the same task, in a `join!` for instance, is not touched.
///
/// A [`critical`](crate::critical) around it does not hold it up, one inside does.
///
/// # Dropping
///
/// Drops `future`, and takes the timer back. Nobody is asked.
///
/// # Cancel safety
///
/// That of `future`.
///
/// It belongs to the task that polls it first: half way, it can't move to another.
///
/// # Panics
///
/// If it is polled outside any task.
///
/// # Errors
///
/// [`Elapsed`].
///
/// # asyncio
///
/// [`asyncio.timeout`](https://docs.python.org/3/library/asyncio-task.html#asyncio.timeout). Of several that have struck only the outermost reports it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// cede::run(async {
///     let slow = cede::timeout(Duration::from_millis(1), cede::sleep(Duration::from_secs(60)));
///     assert!(slow.await.is_err());
///     assert_eq!(cede::timeout(Duration::from_secs(60), async { 42 }).await, Ok(42));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(
    duration: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    Limited::new(TimeoutScope::after(duration), future)
}

/// Runs `future`, but no longer than until `deadline`; else as [`timeout`].
///
/// # Errors
///
/// [`Elapsed`].
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// cede::run(async {
///     let deadline = Instant::now() + Duration::from_millis(1);
///     assert!(cede::timeout_at(deadline, std::future::pending::<()>()).await.is_err());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
pub fn timeout_at<F: IntoFuture>(
    deadline: Instant,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    Limited::new(TimeoutScope::at(deadline), future)
}

/// The deadline passed before the code had ended. asyncio's `TimeoutError`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::{Elapsed, timeout};
///
/// cede::run(async {
///     let slow = timeout(Duration::from_millis(1), std::future::pending::<()>());
///     let elapsed: Elapsed = slow.await.unwrap_err();
///     println!("{elapsed}");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(());

/// A timeout whose code has not begun or is over can't be moved.
///
/// # Examples
///
/// ```
/// use cede::{TimeoutInactive, TimeoutScope};
///
/// cede::run(async {
///     let scope = TimeoutScope::never();
///     let inactive: TimeoutInactive = scope.reschedule(None).unwrap_err(); // its code has not begun
///     println!("{inactive}");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutInactive(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline passed before the code had ended")
    }
}

impl fmt::Display for TimeoutInactive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this timeout is not under way, so it can't be moved; do so in the code that it runs",
        )
    }
}

impl std::error::Error for Elapsed {}
impl std::error::Error for TimeoutInactive {}
