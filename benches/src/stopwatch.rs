//! Where the measuring begins and ends.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Runs from [`start`](Stopwatch::start) to [`stop`](Stopwatch::stop).
///
/// These two are functions in the program, not inlined, for callgrind knows by their names what to count.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
}

/// The same for the time that this process has had of the processors, all its threads together.
#[derive(Debug)]
pub(crate) struct CpuWatch {
    started: Duration,
}

impl Stopwatch {
    #[inline(never)]
    pub(crate) fn start() -> Self {
        Stopwatch { started: Instant::now() }
    }

    #[inline(never)]
    pub(crate) fn stop(self) -> Duration {
        self.started.elapsed()
    }
}

impl CpuWatch {
    pub(crate) fn start() -> Self {
        CpuWatch { started: used() }
    }

    pub(crate) fn stop(self) -> Duration {
        used().saturating_sub(self.started)
    }
}

fn used() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().expect("a time is not negative")
}
