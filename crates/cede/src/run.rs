//! Running a program.

use cede_core::TaskError;

use crate::runner::Runner;

/// Runs `main` as a task on this thread, and returns its outcome once **every** task has ended: what is left when `main` is done is asked to
/// stop and awaited, clean-up and all, and so are tasks that are created meanwhile. asyncio's `run`.
///
/// On the program's main thread, Ctrl-C and SIGTERM ask `main` to stop; Ctrl-C once more aborts everything. [`Runner`] has the details, and more settings.
///
/// # Panics
///
/// Inside another `run` on this thread, and inside a task.
///
/// # Errors
///
/// [`TaskError`], if `main` was cancelled or panicked. An `Err` that `main` returns is a value. After a signal, the
/// [reason](crate::Cancelled::reason) is [`Interrupted`](crate::Reason::Interrupted) or [`Terminated`](crate::Reason::Terminated);
/// [`exit_code`](crate::exit_code) makes an exit code of it.
///
/// # asyncio
///
/// [`asyncio.run`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
///
/// # Examples
///
/// ```
/// fn main() -> Result<(), cede::TaskError> {
///     let answer = cede::run(async {
///         cede::yield_now().await;
///         42
///     })?;
///     assert_eq!(answer, 42);
///     Ok(())
/// }
/// ```
///
/// A `main` that itself returns a `Result` gives two: `cede::run(main())??`.
#[track_caller]
#[doc(alias = "block_on")]
pub fn run<F>(main: F) -> Result<F::Output, TaskError>
where
    F: IntoFuture<IntoFuture: 'static>,
    F::Output: 'static,
{
    Runner::new().run_to_end(main)
}
