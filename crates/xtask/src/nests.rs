//! Random nests of scopes, timeouts and groups, compared with the model of the rules.

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Outcome};

/// How many are compared unless the arguments say.
const COUNT: &str = "200000";

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-nests", "--"]);
    if args.is_empty() {
        command.args(["--count", COUNT]);
    } else {
        command.args(args);
    }
    run_command(command)?;
    Ok(Done::Passed)
}
