//! Builds the book in `docs`.

use std::process::Command;

use crate::command::{is_installed, run as run_command};
use crate::recipe::{Done, Outcome, no_args};

pub(crate) fn run(args: &[String]) -> Outcome {
    no_args(args)?;
    if !is_installed(Command::new("mdbook")) {
        return Ok(Done::Skipped("no mdbook"));
    }
    let mut command = Command::new("mdbook");
    command.args(["build", "docs"]);
    run_command(command)?;
    Ok(Done::Passed)
}
