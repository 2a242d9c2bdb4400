//! Running a program.

use std::future::Future;

use cede_core::TaskError;
use cede_local::LocalExecutor;

/// Runs `main` as a task on this thread, and returns its outcome once **every** task has ended: what is left when `main` is done is asked to
/// stop and awaited, clean-up and all, and so are tasks that are created meanwhile. asyncio's `run`.
///
/// # Errors
///
/// [`TaskError`], if `main` was cancelled or panicked. An `Err` that `main` returns is a value.
///
/// # Panics
///
/// Inside another `run` on this thread, and inside a task.
///
/// # asyncio
///
/// [`asyncio.run`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
///
/// # Examples
///
/// ```
/// let answer = cede::run(async {
///     cede::yield_now().await;
///     42
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
#[doc(alias = "block_on")]
pub fn run<F>(main: F) -> Result<F::Output, TaskError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let executor = LocalExecutor::new();
    let outcome = executor.block_on(main);
    executor.shutdown();
    outcome
}
