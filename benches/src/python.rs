//! asyncio and uvloop, where there is a Python that has them.

use std::process::{Command, Stdio};

/// The event loops of Python that are measured.
pub(crate) const LOOPS: [&str; 2] = ["asyncio", "uvloop"];
/// Python is slow, and its figures are far off: few rounds, of few operations, do.
pub(crate) const ROUNDS: usize = 3;

const SCRIPT: &str = include_str!("../asyncio_rival.py");
/// What the script knows.
const WORKLOADS: [&str; 11] = [
    "spawn_join",
    "chained_spawn",
    "yield_many",
    "yield_one",
    "ping_pong",
    "cancel_sleeping",
    "cancel_unstarted",
    "catch_cancel",
    "gather",
    "group",
    "all_tasks",
];
const LARGEST: usize = 10_000;

/// Can it be measured here?
pub(crate) fn is_there(event_loop: &str) -> bool {
    let mut probe = python(event_loop);
    probe.stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

pub(crate) fn knows(workload: &str) -> bool {
    WORKLOADS.contains(&workload)
}

/// What prints the nanoseconds that an operation takes.
pub(crate) fn command(event_loop: &str, workload: &str, size: usize) -> Command {
    let mut command = python(event_loop);
    command.args([workload, &size.min(LARGEST).to_string()]);
    command
}

fn python(event_loop: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", SCRIPT, event_loop]).stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_every_workload_that_is_asked_of_it() {
        for workload in WORKLOADS {
            assert!(SCRIPT.contains(&format!("async def {workload}(size):")), "{workload}");
        }
    }
}
