//! The local backend.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cede::local::{LocalExecutor, VirtualClock};
use cede::{Executor, Registry, TaskError};

use crate::watchdog::{LONG, Watchdog};
use crate::{Backend, Fifo, OneThread};

/// The local backend: one thread, asyncio's order.
#[derive(Debug)]
pub struct Local;

fn run<F>(executor: &LocalExecutor, patience: Duration, main: F) -> Result<F::Output, TaskError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let watchdog = Watchdog::new(executor.executor(), patience);
    let outcome = executor.block_on(main);
    executor.shutdown();
    watchdog.check();
    outcome
}

/// Of virtual time: no test sleeps that long.
const AGES: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 60);

impl Backend for Local {
    fn run<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::run_local(main)
    }

    fn run_real<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        run(&LocalExecutor::new(), LONG, main)
    }

    fn run_and_drop<F>(
        before: impl FnOnce(&Arc<dyn Executor>),
        main: F,
    ) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let executor = LocalExecutor::new();
        before(executor.executor());
        let watchdog = Watchdog::new(executor.executor(), LONG);
        let outcome = executor.block_on(main);
        drop(executor);
        watchdog.check();
        outcome
    }
}

impl Fifo for Local {}

impl OneThread for Local {
    fn run_local<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let clock = VirtualClock::new();
        let executor = LocalExecutor::builder().virtual_clock(&clock).build();
        let outcome = run(&executor, AGES, main);
        let left = executor.all_tasks();
        assert!(left.is_empty(), "left after the run: {left:?}");
        outcome
    }
}
