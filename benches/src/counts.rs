//! Instructions for an operation: what a noisy machine can't blur.
//!
//! callgrind runs a measurement and counts from the start of its [stopwatch](crate::stopwatch) to the stop, the second time: the first is the warm-up. The
//! counts of cede are checked against the committed ones; those of its rivals stand beside them for orientation.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::runtimes::{CedeLocal, Runtime as _};
use crate::workloads;

/// What became of a check.
#[derive(Debug, PartialEq)]
pub(crate) enum Checked {
    Fine,
    /// It can't be done here; why.
    Skipped(String),
}

/// The committed file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Committed {
    /// The compiler they were made with: another one makes other instructions.
    toolchain: String,
    instructions: Counts,
}

/// By workload and runtime.
type Counts = BTreeMap<String, BTreeMap<String, f64>>;

const FILE: &str = "benches/counts.json";
/// What is counted: all that runs on one thread, doesn't look at the clock, and isn't mostly somebody else's work.
const WORKLOADS: [&str; 16] = [
    "spawn_join",
    "spawn_detached",
    "chained_spawn",
    "yield_many",
    "yield_one",
    "ping_pong",
    "spawn_sleeping",
    "cancel_sleeping",
    "cancel_unstarted",
    "catch_cancel",
    "forward",
    "cancel_in_timeout",
    "gather",
    "group",
    "timers_dropped",
    "all_tasks",
];
const RIVALS: [&str; 4] = ["floor", "tokio-current", "tokio-local-set", "local-executor"];
/// How much a count may grow.
const TOLERANCE: f64 = 1.03;

/// Counts for cede, and compares with the committed file.
pub(crate) fn check() -> Result<Checked, String> {
    if !has_valgrind() {
        return Ok(Checked::Skipped("valgrind is not installed".into()));
    }
    let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let committed: Committed =
        serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))?;
    let toolchain = toolchain()?;
    if committed.toolchain != toolchain {
        let made = committed.toolchain;
        return Ok(Checked::Skipped(format!("the counts are of {made}, and this is {toolchain}")));
    }
    let found = count_all(&[CedeLocal::NAME])?;
    let grown = grown(&committed.instructions, &found);
    if grown.is_empty() {
        return Ok(Checked::Fine);
    }
    let grown = grown.join("\n  ");
    Err(format!(
        "more instructions than in {FILE}:\n  {grown}\nif they are worth it, commit what `cargo xtask counts --write` writes"
    ))
}

/// Counts for all, and writes the file.
pub(crate) fn write() -> Result<Checked, String> {
    if !has_valgrind() {
        return Ok(Checked::Skipped("valgrind is not installed".into()));
    }
    let runtimes: Vec<_> = [CedeLocal::NAME].into_iter().chain(RIVALS).collect();
    let committed = Committed { toolchain: toolchain()?, instructions: count_all(&runtimes)? };
    let text = serde_json::to_string_pretty(&committed).map_err(|error| error.to_string())?;
    fs::write(FILE, text + "\n").map_err(|error| format!("{FILE}: {error}"))?;
    Ok(Checked::Fine)
}

/// Those that take more than they may, or that are not committed at all.
fn grown(committed: &Counts, found: &Counts) -> Vec<String> {
    let mut grown = Vec::new();
    for (workload, counts) in found {
        for (runtime, count) in counts {
            match committed.get(workload).and_then(|counts| counts.get(runtime)) {
                Some(known) if *count <= known * TOLERANCE => {}
                Some(known) => grown.push(format!("{workload} on {runtime}: {count}, not {known}")),
                None => grown.push(format!("{workload} on {runtime}: {count}, and none committed")),
            }
        }
    }
    grown
}

/// Counts, and prints a table meanwhile.
fn count_all(runtimes: &[&str]) -> Result<Counts, String> {
    let mut counts = Counts::new();
    let heads: Vec<_> = runtimes.iter().map(|runtime| format!("{runtime:>15}")).collect();
    println!("{:<20} {}", "instructions", heads.join(" "));
    for row in workloads::list().iter().filter(|row| WORKLOADS.contains(&row.name)) {
        let mut line = Vec::new();
        for cell in row.cells.iter().filter(|cell| runtimes.contains(&cell.runtime)) {
            let count = count(row.name, cell.runtime)?;
            line.push(format!("{count:>15.1}"));
            counts.entry(row.name.to_owned()).or_default().insert(cell.runtime.to_owned(), count);
        }
        println!("{:<20} {}", row.name, line.join(" "));
    }
    Ok(counts)
}

/// The instructions that an operation takes, to a tenth.
fn count(workload: &str, runtime: &str) -> Result<f64, String> {
    let failed = |why: String| format!("counting {workload} on {runtime}: {why}");
    let program = env::current_exe().map_err(|error| failed(error.to_string()))?;
    let folder = env::temp_dir().join(format!("cede-counts-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| failed(error.to_string()))?;
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["-q", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg("--zero-before=cede_benches::stopwatch::Stopwatch::start")
        .arg("--dump-before=cede_benches::stopwatch::Stopwatch::stop")
        .arg(program)
        .args(["one", workload, runtime, "--counted"]);
    let output = valgrind.stderr(Stdio::inherit()).output();
    let counted = fs::read_to_string(folder.join("out.2"));
    fs::remove_dir_all(&folder).map_err(|error| failed(error.to_string()))?;
    let output = output.map_err(|error| failed(error.to_string()))?;
    let operations = String::from_utf8_lossy(&output.stdout).trim().parse::<f64>();
    let (true, Ok(operations)) = (output.status.success(), operations) else {
        return Err(failed(output.status.to_string()));
    };
    let counted = counted.map_err(|error| failed(error.to_string()))?;
    let total = total(&counted).ok_or_else(|| failed("callgrind's file has no total".into()))?;
    Ok((total / operations * 10.0).round() / 10.0)
}

/// The total in a file of callgrind's.
fn total(file: &str) -> Option<f64> {
    file.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

fn has_valgrind() -> bool {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The compiler and what it compiles for.
fn toolchain() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().next().unwrap_or_default();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    Ok(format!("{version} for {host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(count: f64) -> Counts {
        let on_local = BTreeMap::from([("cede-local".to_owned(), count)]);
        Counts::from([("spawn_join".to_owned(), on_local)])
    }

    #[test]
    fn a_count_may_grow_by_three_percent() {
        let grown = |count| grown(&counts(1000.0), &counts(count));
        assert_eq!(grown(500.0), [""; 0]);
        assert_eq!(grown(1030.0), [""; 0]);
        assert_eq!(grown(1030.1), ["spawn_join on cede-local: 1030.1, not 1000"]);
    }

    #[test]
    fn a_count_must_be_committed() {
        let grown = grown(&Counts::new(), &counts(1.0));
        assert_eq!(grown, ["spawn_join on cede-local: 1, and none committed"]);
    }

    #[test]
    fn the_total_is_found() {
        assert_eq!(total("version: 1\nevents: Ir\ntotals: 48250\n"), Some(48250.0));
        assert_eq!(total("summary: 1\n"), None);
    }
}
