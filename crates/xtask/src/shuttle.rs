//! The shuttle tests: whole pools under random schedules.

use std::process::Command;

use crate::command::{append_env, capture, cargo, checked_release, run as run_command, target_dir};
use crate::recipe::{Done, Failure, Outcome};

/// The package that has them.
const PACKAGE: &str = "cede-steal";

/// Those whose own assertions count.
const CHECKED: &[&str] = &["cede-core", "cede-steal", "cede"];

pub(crate) fn run(args: &[String]) -> Outcome {
    let filter = parse(args)?;
    // A filter of libtest that matches nothing passes; one of ours that matches nothing fails.
    if !capture(cargo_test(&["--list", filter]))?.lines().any(|line| line.ends_with(": test")) {
        return Err(Failure::Check(format!("no test has `{filter}` in its name")));
    }
    run_command(cargo_test(&[filter]))?;
    Ok(Done::Passed)
}

fn parse(args: &[String]) -> Result<&str, Failure> {
    match args {
        [] => Ok(""),
        [filter] if !filter.starts_with('-') => Ok(filter),
        _ => Err(Failure::Usage("shuttle takes one FILTER at most".into())),
    }
}

fn cargo_test(arguments: &[&str]) -> Command {
    let mut command = cargo(["test", "--quiet", "-p", PACKAGE, "--test", "shuttle"]);
    checked_release(&mut command, CHECKED);
    command.arg("--target-dir").arg(target_dir("shuttle"));
    command.arg("--").args(arguments.iter().filter(|argument| !argument.is_empty()));
    append_env(&mut command, "RUSTFLAGS", " ", "--cfg cede_shuttle");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_filter_at_most() {
        assert_eq!(parse(&[]), Ok(""));
        assert_eq!(parse(&["time".to_owned()]), Ok("time"));
        for args in [vec!["time".to_owned(), "tasks".to_owned()], vec!["--nocapture".to_owned()]] {
            assert!(matches!(parse(&args), Err(Failure::Usage(_))), "{args:?}");
        }
    }
}
