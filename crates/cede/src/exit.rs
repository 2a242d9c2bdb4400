//! From the outcome of a run to the exit code of the process.

use std::process::{ExitCode, Termination};

use cede_core::{Reason, TaskError};

/// What a process should exit with after a run that ended so; an error is printed to standard error.
///
/// | outcome | exit code |
/// | --- | --- |
/// | a value | the value's, as if `main` had returned it: `Err` is printed, and 1 |
/// | interrupted by Ctrl-C | 130: what a shell shows for a process that SIGINT has killed |
/// | ended by SIGTERM | 143 |
/// | cancelled otherwise | 1 |
/// | panicked | 101; the panic hook has printed the message |
///
/// `#[cede::main]` does this.
///
/// # asyncio
///
/// A `KeyboardInterrupt` that leaves the program kills it by SIGINT, which a shell shows as 130, too.
///
/// # Examples
///
/// ```
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     let outcome = cede::run(async { Ok::<(), std::io::Error>(()) });
///     println!("cleaned up");
///     cede::exit_code(outcome)
/// }
/// ```
pub fn exit_code<T: Termination>(outcome: Result<T, TaskError>) -> ExitCode {
    match outcome {
        Ok(value) => value.report(),
        Err(TaskError::Panicked(_)) => ExitCode::from(101),
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::from(match &error {
                TaskError::Cancelled(cancelled) => match cancelled.reason() {
                    Reason::Interrupted => 130,
                    Reason::Terminated => 143,
                    _ => 1,
                },
                _ => 1,
            })
        }
    }
}
