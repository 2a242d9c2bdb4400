//! A line of the list of workloads.

use std::time::Duration;

use super::{PoolWorkload, Timed, Workload, Wrong};
use crate::runtimes::{
    CedeLocal, CedeSteal, Floor, OnExecutor, OnLocalExecutor, OnLocalPool, OnStaticExecutor,
    OnStaticLocalExecutor, Pool, Runtime, TokioCurrent, TokioLocalSet, TokioMulti,
};

/// A workload in one size, and the runtimes that it is for.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    /// Operations for each unit of the size.
    each: usize,
    /// How often it is repeated in one process, so that short ones last long enough to be measured.
    times: usize,
    /// Takes long, so a few rounds must do.
    pub(crate) few: bool,
    pub(crate) cells: Vec<Cell>,
}

/// A workload on a runtime.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) runtime: &'static str,
    run: fn(Scale) -> Timed,
}

/// How much of a workload is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effort {
    /// What the list says.
    Full,
    /// Once, and no larger than this.
    AtMost(usize),
}

#[derive(Clone, Copy, Debug)]
struct Scale {
    size: usize,
    times: usize,
}

impl Row {
    pub(crate) fn new(name: &'static str, size: usize) -> Self {
        Row { name, size, each: 1, times: 1, few: false, cells: Vec::new() }
    }

    pub(crate) fn each(mut self, each: usize) -> Self {
        self.each = each;
        self
    }

    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    pub(crate) fn few(mut self) -> Self {
        self.few = true;
        self
    }

    /// For all runtimes.
    pub(crate) fn on_all<W: Workload>(self) -> Self {
        self.on_cede::<W>()
            .on::<W, Floor>()
            .on::<W, TokioCurrent>()
            .on::<W, TokioLocalSet>()
            .on::<W, OnLocalExecutor>()
            .on::<W, OnStaticLocalExecutor>()
            .on::<W, OnLocalPool>()
            .on::<W, TokioMulti>()
            .on::<W, OnExecutor>()
            .on::<W, OnStaticExecutor>()
    }

    /// For cede alone.
    pub(crate) fn on_cede<W: Workload>(self) -> Self {
        self.on::<W, CedeLocal>().on::<W, CedeSteal>()
    }

    /// For cede, and some others to see what is usual.
    pub(crate) fn on_some<W: Workload>(self) -> Self {
        self.on_cede::<W>().on::<W, Floor>().on::<W, TokioCurrent>().on::<W, TokioMulti>()
    }

    /// For all pools.
    pub(crate) fn on_pools<W: PoolWorkload>(self) -> Self {
        self.on_pool::<W, CedeSteal>()
            .on_pool::<W, TokioMulti>()
            .on_pool::<W, OnExecutor>()
            .on_pool::<W, OnStaticExecutor>()
    }

    fn on<W: Workload, R: Runtime>(mut self) -> Self {
        let run = |scale| R::run(repeated::<W, R>(scale));
        self.cells.push(Cell { runtime: R::NAME, run });
        self
    }

    fn on_pool<W: PoolWorkload, P: Pool>(mut self) -> Self {
        let run = |scale| P::outside(|| repeated_outside::<W, P>(scale));
        self.cells.push(Cell { runtime: P::NAME, run });
        self
    }

    /// How long it takes, and how many operations that is; measured in this process.
    pub(crate) fn measure(&self, cell: &Cell, effort: Effort) -> Result<(Duration, usize), Wrong> {
        let full = Scale { size: self.size, times: self.times };
        let scale = match effort {
            Effort::Full => full,
            Effort::AtMost(size) => Scale { size: self.size.min(size), times: 1 },
        };
        Ok(((cell.run)(scale)?, scale.size * self.each * scale.times))
    }
}

/// Once to warm up, then as often as is asked for.
async fn repeated<W: Workload, R: Runtime>(scale: Scale) -> Timed {
    W::body::<R>(scale.size).await?;
    let mut took = Duration::ZERO;
    for _ in 0..scale.times {
        took += W::body::<R>(scale.size).await?;
    }
    Ok(took)
}

fn repeated_outside<W: PoolWorkload, P: Pool>(scale: Scale) -> Timed {
    W::body::<P>(scale.size)?;
    (0..scale.times).map(|_| W::body::<P>(scale.size)).sum()
}
