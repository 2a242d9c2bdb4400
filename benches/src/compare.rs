//! Measuring all of them, in turn.

use std::env;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use wait_timeout::ChildExt as _;

use crate::figure::Figure;
use crate::runtimes::profile;
use crate::table;
use crate::workloads::{self, Row};

/// What is to be measured, and how often.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// All, if empty.
    pub(crate) workloads: Vec<String>,
    /// All, if empty.
    pub(crate) runtimes: Vec<String>,
    pub(crate) rounds: Option<usize>,
    /// Once and in a tiny size: does it work at all?
    pub(crate) smoke: bool,
}

/// How often, unless the command line says.
const ROUNDS: usize = 15;
/// How often, at most, where a round takes long.
const FEW: usize = 5;
/// Who takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures and prints.
pub(crate) fn compare(selection: &Selection) -> Result<(), String> {
    let mut figures = Vec::new();
    for row in select(selection)? {
        let measured = measure(&row, selection)?;
        println!("{}", table::of(&measured));
        figures.extend(measured);
    }
    Ok(())
}

/// The workloads that are wanted, with the runtimes that are.
fn select(selection: &Selection) -> Result<Vec<Row>, String> {
    let mut rows = workloads::list();
    let wanted = |list: &[String], name: &str| list.is_empty() || list.iter().any(|w| w == name);
    for name in &selection.workloads {
        if !rows.iter().any(|row| row.name == name) {
            let known: Vec<_> = rows.iter().map(|row| row.name).collect();
            return Err(format!("no workload `{name}`; there are: {}", known.join(", ")));
        }
    }
    for name in &selection.runtimes {
        profile(name).ok_or_else(|| format!("there is no runtime `{name}`"))?;
    }
    rows.retain(|row| wanted(&selection.workloads, row.name));
    for row in &mut rows {
        row.cells.retain(|cell| wanted(&selection.runtimes, cell.runtime));
    }
    rows.retain(|row| !row.cells.is_empty());
    Ok(rows)
}

/// One workload on its runtimes, round by round.
fn measure(row: &Row, selection: &Selection) -> Result<Vec<Figure>, String> {
    let wanted = selection.rounds.unwrap_or(ROUNDS);
    let rounds = match (selection.smoke, row.few) {
        (true, _) => 1,
        (false, true) => wanted.min(FEW),
        (false, false) => wanted,
    };
    let mut times = vec![Vec::with_capacity(rounds); row.cells.len()];
    for _ in 0..rounds {
        for (cell, times) in row.cells.iter().zip(&mut times) {
            times.push(child(row.name, cell.runtime, selection.smoke)?);
        }
    }
    let names = row.cells.iter().map(|cell| cell.runtime);
    Ok(Figure::of_workload(row.name, names.zip(times)))
}

/// Measures once in a new process.
fn child(workload: &str, runtime: &str, smoke: bool) -> Result<f64, String> {
    let failed = |why: String| format!("{workload} on {runtime}: {why}");
    let program = env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(program);
    command.args(["one", workload, runtime]).args(smoke.then_some("--smoke"));
    command.stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let status = child.wait_timeout(PATIENCE).map_err(|error| failed(error.to_string()))?;
    let Some(status) = status else {
        // It may have ended this moment.
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed(format!("not done after {} seconds", PATIENCE.as_secs())));
    };
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    let mut answer = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut answer).map_err(|error| failed(error.to_string()))?;
    }
    answer.trim().parse().map_err(|_| failed(format!("it said {answer:?}")))
}
