//! Every check of the workspace by one name, on nothing but std and cargo.
//!
//! `cargo xtask` prints the list. Exit code 0 means passed or skipped, 1 a failed check, 2 a
//! command line that makes no sense.

#![forbid(unsafe_code)]

mod args;
mod bench;
mod book;
mod charts;
mod ci;
mod command;
mod conformance;
mod counts;
mod deny;
mod examples;
mod jitter;
mod loom;
mod nests;
mod recipe;
mod sanitize;
mod shuttle;
mod simple;
mod soak;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use args::Request;
use recipe::{Done, Failure, Outcome};

fn main() -> ExitCode {
    let args: Vec<String> = match env::args_os().skip(1).map(OsString::into_string).collect() {
        Ok(args) => args,
        Err(arg) => return report(&Err(Failure::Usage(format!("{arg:?} is not UTF-8")))),
    };
    match args::parse(&args) {
        Ok(Request::Help) => {
            print!("{}", recipe::help());
            ExitCode::SUCCESS
        }
        Ok(Request::Run(recipe, rest)) => {
            report(&go_to_root().and_then(|()| recipe::start(recipe, rest)))
        }
        Err(failure) => report(&Err(failure)),
    }
}

/// Makes the workspace root the current directory, wherever in the workspace cargo was called.
fn go_to_root() -> Result<(), Failure> {
    // Read when run, not when compiled: clones of the project may share a target directory.
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
        .ok_or_else(|| Failure::Usage("run it through cargo: `cargo xtask`".into()))?;
    let root = Path::new(&manifest_dir).join("../..");
    env::set_current_dir(&root)
        .map_err(|error| Failure::Check(format!("cannot enter {}: {error}", root.display())))
}

fn report(outcome: &Outcome) -> ExitCode {
    match outcome {
        Ok(Done::Passed | Done::Skipped(_)) => ExitCode::SUCCESS,
        Err(Failure::Check(why)) => {
            eprintln!("failed: {why}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(why)) => {
            eprintln!("error: {why}\n`cargo xtask --help` prints the list of recipes");
            ExitCode::from(2)
        }
    }
}
