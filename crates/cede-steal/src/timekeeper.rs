//! Who wakes up for the timers.
//!
//! At most one of the workers that sleep *keeps time*: it sleeps until the earliest deadline, the others until they are roused. It is the first that
//! falls asleep, and so the last that is woken for a job.
//!
//! # Why no timer is forgotten
//!
//! Whoever sets a timer:
//!
//! - **T1** puts it among the timers, and lowers `earliest`. If it was not the earliest: done, for who looks at that one sees this.
//! - **T2** fence;
//! - **T3** reads who keeps time, and rouses that worker, so that it looks again.
//!
//! A worker that falls asleep:
//!
//! - **K1** makes itself the keeper, if there is none;
//! - **K2** fence;
//! - **K3** reads `earliest`, and sleeps until then.
//!
//! If T3 did not see K1, K3 sees T1. If T3 finds no keeper, a worker is busy, or about to sleep: it looks at the timers before it does,
//! and every [`INJECTOR_INTERVAL`](crate::scheduler::INJECTOR_INTERVAL) jobs. Jobs may take long. Therefore a worker that has set such a timer, or
//! that has just given up keeping time, makes sure before its next job that somebody who sleeps keeps time, by waking one; and
//! a thread that is no worker does so at once. So a timer is late by more than a job only if all workers are busy, or if the very job that set it goes on
//! and on.

use crate::sync::{AtomicUsize, Ordering, fence};

#[derive(Debug)]
pub(crate) struct Timekeeper(AtomicUsize);

const NOBODY: usize = usize::MAX;

impl Timekeeper {
    pub(crate) fn new() -> Self {
        Timekeeper(AtomicUsize::new(NOBODY))
    }

    /// T2, T3: a timer was set that is the earliest. `Some`: rouse that worker.
    pub(crate) fn who(&self) -> Option<usize> {
        fence(Ordering::SeqCst);
        let keeper = self.0.load(Ordering::Acquire);
        (keeper != NOBODY).then_some(keeper)
    }

    /// K1, K2. False: somebody else keeps time.
    pub(crate) fn begin(&self, index: usize) -> bool {
        let begun =
            self.0.compare_exchange(NOBODY, index, Ordering::AcqRel, Ordering::Acquire).is_ok();
        fence(Ordering::SeqCst);
        begun
    }

    /// The keeper is awake.
    pub(crate) fn end(&self) {
        self.0.store(NOBODY, Ordering::Release);
    }
}
