//! The committed instruction counts.

use crate::command::{cargo, run_or_skip};
use crate::recipe::{Done, Outcome};

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-benches", "--", "counts"]);
    command.args(args);
    let done = run_or_skip(command)?;
    Ok(if done { Done::Passed } else { Done::Skipped("no valgrind, or another compiler") })
}
