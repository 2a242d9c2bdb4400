//! The recipes that are one cargo command each.

use crate::command::{append_env, cargo, is_installed, run};
use crate::recipe::{Done, Outcome, no_args};

pub(crate) fn test(args: &[String]) -> Outcome {
    no_args(args)?;
    run(cargo(["test", "--workspace"]))?;
    Ok(Done::Passed)
}

/// How a worker sleeps is another file without the feature `io`.
pub(crate) fn without_io(args: &[String]) -> Outcome {
    no_args(args)?;
    run(cargo(["test", "-p", "cede-steal", "--no-default-features", "--lib", "--tests"]))?;
    Ok(Done::Passed)
}

pub(crate) fn fmt(args: &[String]) -> Outcome {
    no_args(args)?;
    if !is_installed(cargo(["fmt"])) {
        return Ok(Done::Skipped("no rustfmt"));
    }
    run(cargo(["fmt", "--all", "--check"]))?;
    Ok(Done::Passed)
}

pub(crate) fn clippy(args: &[String]) -> Outcome {
    no_args(args)?;
    if !is_installed(cargo(["clippy"])) {
        return Ok(Done::Skipped("no clippy"));
    }
    run(cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Done::Passed)
}

pub(crate) fn docs(args: &[String]) -> Outcome {
    no_args(args)?;
    let mut doc = cargo(["doc", "--workspace", "--no-deps"]);
    append_env(&mut doc, "RUSTDOCFLAGS", " ", "-D warnings");
    run(doc)?;
    Ok(Done::Passed)
}
