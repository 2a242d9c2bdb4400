//! The same workloads over every backend and over its rivals: the seed of the comparison.
//!
//! Prints nanoseconds per operation: the median of the rounds, with the runtimes taken in turn within each round, so that what disturbs the machine
//! disturbs them alike. The figures are for orientation; ratios within one run say more than numbers of two.
#![forbid(unsafe_code)]

mod local;
mod smol_local;

use std::time::Duration;

/// A runtime that is measured: how long each workload took, in a new instance of it.
type Measure = fn() -> Duration;

/// One workload: what it is called, how many operations it has, and how long each runtime takes.
struct Workload {
    name: &'static str,
    operations: u32,
    runtimes: [(&'static str, Measure); 2],
}

const ROUNDS: usize = 11;
/// How many tasks are made and joined.
const TASKS: u32 = 10_000;
/// How many tasks yield, and how often each.
const YIELDING: (u32, u32) = (1_000, 100);

fn main() {
    let workloads = [
        Workload {
            name: "spawn and join",
            operations: TASKS,
            runtimes: [
                ("cede-local", local::spawn_and_join),
                ("async-executor local", smol_local::spawn_and_join),
            ],
        },
        Workload {
            name: "yield",
            operations: YIELDING.0 * YIELDING.1,
            runtimes: [("cede-local", local::yields), ("async-executor local", smol_local::yields)],
        },
        Workload {
            name: "cancel and join",
            operations: TASKS,
            runtimes: [
                ("cede-local", local::cancel_and_join),
                ("async-executor local", smol_local::cancel_and_join),
            ],
        },
    ];
    for workload in &workloads {
        report(workload);
    }
}

fn report(Workload { name, operations, runtimes }: &Workload) {
    let mut times = runtimes.map(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for ((_, measure), times) in runtimes.iter().zip(&mut times) {
            times.push(measure().as_nanos() / u128::from(*operations));
        }
    }
    for ((runtime, _), times) in runtimes.iter().zip(&mut times) {
        times.sort_unstable();
        println!("{name:<16} {runtime:<22} {:>6} ns", times[ROUNDS / 2]);
    }
}
