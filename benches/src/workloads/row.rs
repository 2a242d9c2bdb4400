//! A line of the list of workloads.

use std::time::Duration;

use super::{Timed, Workload};
use crate::runtimes::{
    CedeLocal, CedeSteal, Floor, OnExecutor, OnLocalExecutor, OnLocalPool, OnStaticExecutor,
    OnStaticLocalExecutor, Runtime, TokioCurrent, TokioLocalSet, TokioMulti,
};

/// A workload in one size, and the runtimes that it is for.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    size: usize,
    /// Operations for each unit of the size.
    each: usize,
    /// How often it is repeated in one process, so that short ones last long enough to be measured.
    times: usize,
    pub(crate) cells: Vec<Cell>,
}

/// A workload on a runtime.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) runtime: &'static str,
    run: fn(Scale) -> Timed,
}

#[derive(Clone, Copy, Debug)]
struct Scale {
    size: usize,
    times: usize,
}

impl Row {
    pub(crate) fn new(name: &'static str, size: usize) -> Self {
        Row { name, size, each: 1, times: 1, cells: Vec::new() }
    }

    pub(crate) fn each(mut self, each: usize) -> Self {
        self.each = each;
        self
    }

    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    pub(crate) fn on_all<W: Workload>(self) -> Self {
        self.on::<W, CedeLocal>()
            .on::<W, Floor>()
            .on::<W, TokioCurrent>()
            .on::<W, TokioLocalSet>()
            .on::<W, OnLocalExecutor>()
            .on::<W, OnStaticLocalExecutor>()
            .on::<W, OnLocalPool>()
            .on::<W, CedeSteal>()
            .on::<W, TokioMulti>()
            .on::<W, OnExecutor>()
            .on::<W, OnStaticExecutor>()
    }

    fn on<W: Workload, R: Runtime>(mut self) -> Self {
        let run = |scale| R::run(repeated::<W, R>(scale));
        self.cells.push(Cell { runtime: R::NAME, run });
        self
    }

    /// The nanoseconds that an operation takes, measured in this process.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    pub(crate) fn measure(&self, cell: &Cell, smoke: bool) -> Result<f64, super::Wrong> {
        let full = Scale { size: self.size, times: self.times };
        let scale = if smoke { Scale { size: self.size.min(SMOKE), times: 1 } } else { full };
        let operations = scale.size * self.each * scale.times;
        (cell.run)(scale).map(|took| took.as_secs_f64() * 1e9 / operations as f64)
    }
}

/// The largest size of a run that only shows that the workload works.
const SMOKE: usize = 100;

/// Once to warm up, then as often as is asked for.
async fn repeated<W: Workload, R: Runtime>(scale: Scale) -> Timed {
    W::body::<R>(scale.size).await?;
    let mut took = Duration::ZERO;
    for _ in 0..scale.times {
        took += W::body::<R>(scale.size).await?;
    }
    Ok(took)
}
