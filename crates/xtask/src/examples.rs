//! Runs every example of the crate `cede`: an example that does not run is worse than none.

use std::fs;
use std::path::Path;

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Failure, Outcome, no_args};

const DIRECTORY: &str = "crates/cede/examples";

pub(crate) fn run(args: &[String]) -> Outcome {
    no_args(args)?;
    let names = names(Path::new(DIRECTORY))?;
    if names.is_empty() {
        return Ok(Done::Skipped("there are none"));
    }
    let mut failed = Vec::new();
    for name in names {
        if run_command(cargo(["run", "-q", "-p", "cede", "--example", &name])).is_err() {
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(Done::Passed) } else { Err(Failure::Check(failed.join(", "))) }
}

/// The names of the examples in `directory`, sorted.
fn names(directory: &Path) -> Result<Vec<String>, Failure> {
    let unreadable =
        |error| Failure::Check(format!("cannot read {}: {error}", directory.display()));
    let mut names = Vec::new();
    if !directory.is_dir() {
        return Ok(names);
    }
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
