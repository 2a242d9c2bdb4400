//! What a parked task takes of memory: counted by an allocator that the timed workloads do without.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::ExitCode;

use cede_benches::Heap;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    cede_benches::parked(|| {
        let stats = COUNTED.stats();
        Heap {
            allocations: stats.allocations,
            bytes: stats.bytes_allocated - stats.bytes_deallocated,
        }
    })
}
