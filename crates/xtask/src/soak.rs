//! cede-steal at random, for as long as one likes.

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Outcome};

/// How long, unless the arguments say.
const SECONDS: &str = "30";

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-soak", "--"]);
    if args.is_empty() {
        command.args(["--seconds", SECONDS]);
    } else {
        command.args(args);
    }
    run_command(command)?;
    Ok(Done::Passed)
}
