//! The same workloads over every backend of cede and over its rivals.
//!
//! A *workload* is generic over a `Runtime`, so every runtime runs the same source. Each (workload, runtime, round) has a
//! process of its own, which warms up, measures and checks what came out; the rounds are interleaved, so that what disturbs the machine
//! disturbs all alike. The book's page "Benchmarks" says how to read the figures.
#![forbid(unsafe_code)]

mod bars;
mod charts;
mod child;
mod command;
mod compare;
mod countdown;
mod counts;
mod figure;
mod one;
mod parked;
mod python;
mod runtimes;
mod stopwatch;
mod table;
mod workloads;

pub use command::run;
pub use parked::{Heap, Meter, parked};
