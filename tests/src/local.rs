//! The local backend.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::backend::TimerKey;
use cede::local::{LocalExecutor, VirtualClock};
use cede::{Executor, Registry, Task, TaskError};

use crate::{Backend, Fifo, OneThread};

/// The local backend: one thread, asyncio's order.
#[derive(Debug)]
pub struct Local;

/// Ends what hangs: a timer so late that it fires only when nothing else will ever happen.
struct Watchdog {
    executor: Arc<dyn Executor>,
    timer: TimerKey,
    bark: Arc<Bark>,
}

struct Bark {
    executor: Arc<dyn Executor>,
    hung: AtomicBool,
}

impl Watchdog {
    fn new(executor: &Arc<dyn Executor>, patience: Duration) -> Self {
        let bark = Arc::new(Bark { executor: Arc::clone(executor), hung: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&bark));
        Watchdog {
            executor: Arc::clone(executor),
            timer: executor.wake_at(executor.now() + patience, waker),
            bark,
        }
    }

    fn check(self) {
        drop(self.executor.forget_timer(self.timer));
        assert!(
            !self.bark.hung.load(Ordering::SeqCst),
            "the test hung, and its tasks were aborted"
        );
    }
}

impl Wake for Bark {
    fn wake(self: Arc<Self>) {
        self.hung.store(true, Ordering::SeqCst);
        for task in self.executor.all_tasks() {
            task.abort();
        }
    }
}

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
/// Of real time: no test takes that long.
const LONG: Duration = Duration::from_secs(60);

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
