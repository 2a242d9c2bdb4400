//! The comparison with the rivals.

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Outcome, no_args};

/// Does every workload run on every runtime?
pub(crate) fn smoke(args: &[String]) -> Outcome {
    no_args(args)?;
    run(&["--smoke".to_owned()])
}

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-benches", "--", "compare"]);
    command.args(args);
    run_command(command)?;
    Ok(Done::Passed)
}
