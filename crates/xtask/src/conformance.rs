//! The traces that CPython's asyncio produced, replayed on the backends.

use std::ffi::OsStr;

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Outcome};

/// The vector files that are checked, in `tests/conformance/vectors/`.
const VECTORS: &[&str] =
    &["core.jsonl", "cancel.jsonl", "structured.jsonl", "random.jsonl", "newest.jsonl"];

/// What they are checked on, unless the arguments say.
const BACKENDS: &[&[&str]] = &[
    &["--backend", "local"],
    &["--backend", "steal", "--workers", "1"],
    &["--backend", "steal", "--workers", "2"],
    &["--backend", "steal", "--workers", "8"],
];

pub(crate) fn run(args: &[String]) -> Outcome {
    if !args.is_empty() {
        return check(args);
    }
    for backend in BACKENDS {
        eprintln!("{}", backend.join(" "));
        check(backend)?;
    }
    Ok(Done::Passed)
}

fn check(args: &[impl AsRef<OsStr>]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-conformance", "--", "check"]);
    command.args(VECTORS.iter().map(|file| format!("tests/conformance/vectors/{file}"))).args(args);
    run_command(command)?;
    Ok(Done::Passed)
}
