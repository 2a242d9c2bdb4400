//! Ends a test that hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::backend::TimerKey;
use cede::{Executor, Registry, Task};

/// Of real time: no test takes that long, under a sanitizer neither.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// A timer so late that it fires only when nothing else will ever happen.
pub(crate) struct Watchdog {
    executor: Arc<dyn Executor>,
    timer: TimerKey,
    bark: Arc<Bark>,
}

struct Bark {
    executor: Arc<dyn Executor>,
    hung: AtomicBool,
}

impl Watchdog {
    pub(crate) fn new(executor: &Arc<dyn Executor>, patience: Duration) -> Self {
        let bark = Arc::new(Bark { executor: Arc::clone(executor), hung: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&bark));
        Watchdog {
            executor: Arc::clone(executor),
            timer: executor.wake_at(executor.now() + patience, waker),
            bark,
        }
    }

    pub(crate) fn check(self) {
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
