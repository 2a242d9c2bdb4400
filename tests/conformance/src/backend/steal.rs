//! cede-steal, in real time.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cede::Runner;
use cede::steal::StealExecutor;

use crate::backend::{Main, Stage, Time};

pub(super) struct Steal {
    runner: Option<Runner<StealExecutor>>,
    start: Instant,
}

struct RealTime {
    start: Instant,
}

/// How many real milliseconds stand for one of a scenario. Its deadlines are 10 apart at least, and timers are to be late by much less.
const SCALE: u32 = 6;

/// How long after main's end the rest is stopped, in a scenario's time.
const SETTLING: Duration = Duration::from_millis(3);

impl Steal {
    pub(super) fn new(workers: NonZeroUsize) -> Self {
        let pool = StealExecutor::builder().workers(workers.get()).build();
        let runner = Runner::builder().backend(pool.expect("there are threads")).build();
        Steal { runner: Some(runner), start: Instant::now() }
    }
}

impl Stage for Steal {
    fn time(&self) -> Arc<dyn Time> {
        Arc::new(RealTime { start: self.start })
    }

    fn run(&mut self, main: Main, closing: &dyn Fn()) {
        let runner = self.runner.take().expect("a stage is for one run");
        // The trace tells how it ended.
        drop(runner.run(main));
        // In asyncio the code that has ended main, or ran beside it, comes to its next await first. Here it may be on another thread.
        drop(runner.run(cede::sleep(SETTLING * SCALE)));
        closing();
        runner.close().expect("nobody interrupts it");
    }
}

impl Time for RealTime {
    fn now(&self) -> u64 {
        u64::try_from((self.start.elapsed() / SCALE).as_millis()).unwrap_or(u64::MAX)
    }

    fn duration(&self, ms: u64) -> Duration {
        Duration::from_millis(ms) * SCALE
    }

    fn busy(&self, ms: u64) {
        let start = Instant::now();
        while start.elapsed() < self.duration(ms) {
            std::hint::spin_loop();
        }
    }
}
