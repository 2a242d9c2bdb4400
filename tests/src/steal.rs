//! The work-stealing backend.

use std::future::Future;
use std::sync::Arc;

use cede::steal::StealExecutor;
use cede::{Executor, Runner, TaskError};

use crate::Backend;
use crate::watchdog::{LONG, Watchdog};

/// The work-stealing backend, with two workers: real threads, real time, no order.
#[derive(Debug)]
pub struct Steal;

fn pool() -> StealExecutor {
    StealExecutor::builder().workers(2).build().expect("there are threads")
}

impl Backend for Steal {
    fn run<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::run_real(main)
    }

    fn run_real<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runner = Runner::builder().backend(pool()).build();
        let watchdog = Watchdog::new(runner.executor(), LONG);
        let outcome = runner.run(main);
        runner.close().expect("nobody interrupts a test");
        watchdog.check();
        outcome
    }

    fn run_and_drop<F>(
        before: impl FnOnce(&Arc<dyn Executor>),
        main: F,
    ) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let pool = pool();
        before(pool.executor());
        let watchdog = Watchdog::new(pool.executor(), LONG);
        let outcome = pool.block_on(main);
        drop(pool);
        watchdog.check();
        outcome
    }
}
