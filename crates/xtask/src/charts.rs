//! The charts of the book.

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Outcome};

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-benches", "--", "charts"]);
    command.args(args);
    run_command(command)?;
    Ok(Done::Passed)
}
