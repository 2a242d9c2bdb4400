//! Where the measuring begins and ends.

use std::time::{Duration, Instant};

/// Runs from [`start`](Stopwatch::start) to [`stop`](Stopwatch::stop).
///
/// These two are functions in the program, not inlined, for callgrind knows by their names what to count.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
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
