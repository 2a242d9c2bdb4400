//! The traces that CPython's asyncio produced, replayed on the local backend.

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Outcome};

/// The vector files that are checked, in `tests/conformance/vectors/`.
const VECTORS: &[&str] =
    &["core.jsonl", "cancel.jsonl", "structured.jsonl", "random.jsonl", "newest.jsonl"];

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut command = cargo(["run", "--release", "-q", "-p", "cede-conformance", "--", "check"]);
    command.args(VECTORS.iter().map(|file| format!("tests/conformance/vectors/{file}")));
    command.args(["--backend", "local"]).args(args);
    run_command(command)?;
    Ok(Done::Passed)
}
