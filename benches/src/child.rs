//! Measuring in a new process.

use std::env;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use wait_timeout::ChildExt as _;

use crate::python;

/// Who takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// The nanoseconds an operation of a workload takes.
pub(crate) fn workload(workload: &str, runtime: &str, smoke: bool) -> Result<[f64; 1], String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["one", workload, runtime]);
    answer(command, smoke).map_err(|why| format!("{workload} on {runtime}: {why}"))
}

/// The same on one of Python's event loops.
pub(crate) fn python(event_loop: &str, workload: &str, size: usize) -> Result<[f64; 1], String> {
    let command = python::command(event_loop, workload, size);
    answer(command, false).map_err(|why| format!("{workload} on {event_loop}: {why}"))
}

/// Builds the program that [`parked`] runs, which has an allocator that counts. That may take longer than a measurement has patience.
pub(crate) fn build_parked() -> Result<(), String> {
    let mut command = cargo();
    command.args(["build", "--release", "-q", "-p", "cede-benches", "--bin", "parked"]);
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("building `parked`: {status}")) }
}

/// What a parked task takes, by each meter.
pub(crate) fn parked(runtime: &str, smoke: bool) -> Result<[f64; 3], String> {
    let mut command = cargo();
    command.args([
        "run",
        "--release",
        "-q",
        "-p",
        "cede-benches",
        "--bin",
        "parked",
        "--",
        runtime,
    ]);
    answer(command, smoke).map_err(|why| format!("parked tasks on {runtime}: {why}"))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn answer<const N: usize>(mut command: Command, smoke: bool) -> Result<[f64; N], String> {
    command.args(smoke.then_some("--smoke")).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let Some(status) = child.wait_timeout(PATIENCE).map_err(|error| error.to_string())? else {
        // It may have ended this moment.
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("not done after {} seconds", PATIENCE.as_secs()));
    };
    if !status.success() {
        return Err(status.to_string());
    }
    let mut text = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut text).map_err(|error| error.to_string())?;
    }
    let words: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    let numbers = words.ok().and_then(|words| words.try_into().ok());
    numbers.ok_or_else(|| format!("it said {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_answers_with_numbers() {
        let echo = |text: &str| {
            let mut command = Command::new("echo");
            command.arg(text);
            answer::<2>(command, false)
        };
        assert_eq!(echo("1.5 2"), Ok([1.5, 2.0]));
        assert!(echo("1.5").unwrap_err().contains("1.5"));
        assert!(echo("1.5 two").unwrap_err().contains("two"));
    }

    #[test]
    fn a_process_that_fails_is_no_answer() {
        assert!(answer::<1>(Command::new("false"), false).unwrap_err().contains('1'));
    }
}
