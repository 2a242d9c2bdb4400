//! The ready queue of the executor that is at work on this thread.
//!
//! It lies in a thread-local, so that the thread's own wake-ups touch nothing shared. It is worked off in rounds, as asyncio
//! does it: what is in it at the beginning of a round is the round.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::task::Waker;
use std::time::Instant;

use cede_core::Runnable;

/// An element of the queue.
#[derive(Debug)]
pub(crate) enum Job {
    /// A step of a task.
    Run(Runnable),
    /// A timer that is due.
    Fire(Waker),
}

/// Names an executor within this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExecutorId(pub(crate) NonZeroU64);

/// What this thread's executor has to do, while one is at work.
struct Active {
    executor: Cell<Option<ExecutorId>>,
    /// Empty, and without memory, while none is: so nothing is lost when the thread ends.
    ready: ManuallyDrop<RefCell<VecDeque<Job>>>,
    /// The executor has looked through its queue and is about to sleep, or asleep.
    idle: Cell<bool>,
    /// The time that it was told last.
    told: Cell<Option<Instant>>,
}

thread_local! {
    static ACTIVE: Active = const {
        Active {
            executor: Cell::new(None),
            ready: ManuallyDrop::new(RefCell::new(VecDeque::new())),
            idle: Cell::new(false),
            told: Cell::new(None),
        }
    };
}

/// An executor is at work on this thread, until this goes.
#[derive(Debug)]
pub(crate) struct AtWork(());

/// What became of a job that was pushed.
pub(crate) enum Pushed<J> {
    /// It is in the queue.
    Queued,
    /// It is, and the executor must be woken: something that it waits in, like the reactor, called us.
    WakeUp,
    /// The executor is not at work on this thread.
    Elsewhere(J),
}

impl From<Runnable> for Job {
    fn from(task: Runnable) -> Self {
        Job::Run(task)
    }
}

/// Begins work for `executor`; `None` if one is at work here already.
pub(crate) fn begin(executor: ExecutorId) -> Option<AtWork> {
    ACTIVE.with(|active| {
        if active.executor.get().is_some() {
            return None;
        }
        active.executor.set(Some(executor));
        active.idle.set(false);
        active.told.set(None);
        Some(AtWork(()))
    })
}

/// Is `executor` at work on this thread?
pub(crate) fn is_active(executor: ExecutorId) -> bool {
    ACTIVE.with(|active| active.executor.get() == Some(executor))
}

/// A step of a task comes as it is: a `Job` on its way would be written to the stack word by word and read as a whole, for which the processor waits.
#[inline]
pub(crate) fn push<J: Into<Job>>(executor: ExecutorId, job: J) -> Pushed<J> {
    ACTIVE.with(|active| {
        if active.executor.get() != Some(executor) {
            return Pushed::Elsewhere(job);
        }
        active.ready.borrow_mut().push_back(job.into());
        if active.idle.replace(false) { Pushed::WakeUp } else { Pushed::Queued }
    })
}

/// `executor` has told somebody that it is `now`.
pub(crate) fn set_told(executor: ExecutorId, now: Instant) {
    ACTIVE.with(|active| {
        if active.executor.get() == Some(executor) {
            active.told.set(Some(now));
        }
    });
}

/// The time that `executor` has told last, if it is at work on this thread.
pub(crate) fn told(executor: ExecutorId) -> Option<Instant> {
    ACTIVE.with(|active| active.told.get().filter(|_| active.executor.get() == Some(executor)))
}

/// Does each job that is in the queue now; what one gives back goes to the end. Returns how many there were.
#[inline]
pub(crate) fn run_round(run: impl Fn(Job) -> Option<Job>) -> usize {
    ACTIVE.with(|active| {
        active.idle.set(false);
        let jobs = active.ready.borrow().len();
        for _ in 0..jobs {
            let Some(job) = active.ready.borrow_mut().pop_front() else { break };
            if let Some(again) = run(job) {
                active.ready.borrow_mut().push_back(again);
            }
        }
        jobs
    })
}

/// Takes what is in the queue out of it.
pub(crate) fn take() -> VecDeque<Job> {
    ACTIVE.with(|active| active.ready.take())
}

/// From now on a push says `WakeUp`.
pub(crate) fn set_idle() {
    ACTIVE.with(|active| active.idle.set(true));
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let left = ACTIVE.with(|active| {
            active.executor.set(None);
            active.ready.take()
        });
        drop(left); // outside the borrow, for a job that is dropped may run anything
    }
}
