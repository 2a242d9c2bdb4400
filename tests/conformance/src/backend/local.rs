//! cede-local, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use cede::local::{LocalExecutor, VirtualClock};

use crate::backend::{Main, Stage, Time};

pub(super) struct Local {
    clock: VirtualClock,
    executor: LocalExecutor,
}

impl Local {
    pub(super) fn new() -> Self {
        let clock = VirtualClock::new();
        let executor = LocalExecutor::builder().virtual_clock(&clock).build();
        Local { clock, executor }
    }
}

impl Stage for Local {
    fn time(&self) -> Arc<dyn Time> {
        Arc::new(self.clock.clone())
    }

    fn run(&mut self, main: Main, closing: &dyn Fn()) {
        // The trace tells how it ended.
        drop(self.executor.block_on(main));
        closing();
        self.executor.shutdown();
    }
}

impl Time for VirtualClock {
    fn now(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn duration(&self, ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn busy(&self, ms: u64) {
        self.advance(Duration::from_millis(ms));
    }
}
