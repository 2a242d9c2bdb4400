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
use cede_core::backend::wake;

/// Something to do.
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
    /// What is ready: a task, or, where there is `None`, the next of `due`. A job as a whole would be written to the stack word by word and read back
    /// at once, for which the processor waits.
    ///
    /// Both are empty, and without memory, while none is at work: so nothing is lost when the thread ends.
    ready: ManuallyDrop<RefCell<VecDeque<Option<Runnable>>>>,
    /// Timers whose turn is to come.
    due: ManuallyDrop<RefCell<VecDeque<Waker>>>,
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
            due: ManuallyDrop::new(RefCell::new(VecDeque::new())),
            idle: Cell::new(false),
            told: Cell::new(None),
        }
    };
}

/// An executor is at work on this thread, until this goes.
#[derive(Debug)]
pub(crate) struct AtWork(());

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

/// The executor that is at work here has one more thing to do. True: it must be woken, for something that it waits in, like the reactor, called us.
#[inline]
pub(crate) fn push(job: Job) -> bool {
    // Closures as small as these are inlined, and the thread-local is at hand; so what there is to do is in methods.
    match job {
        Job::Run(task) => ACTIVE.with(|active| active.push(Some(task))),
        Job::Fire(waker) => ACTIVE.with(|active| {
            active.due.borrow_mut().push_back(waker);
            active.push(None)
        }),
    }
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

/// Does each job that is in the queue now; a task that has something to do again goes to the end. Returns how many there were.
pub(crate) fn run_round() -> usize {
    ACTIVE.with(Active::run_round)
}

/// Takes what is in the queue out of it.
pub(crate) fn take() -> Vec<Job> {
    ACTIVE.with(Active::take)
}

/// From now on the first push says that the executor must be woken.
pub(crate) fn set_idle() {
    ACTIVE.with(|active| active.idle.set(true));
}

impl Active {
    #[inline(never)]
    fn push(&self, task: Option<Runnable>) -> bool {
        self.ready.borrow_mut().push_back(task);
        self.idle.replace(false)
    }

    #[inline(never)]
    fn run_round(&self) -> usize {
        self.idle.set(false);
        let jobs = self.ready.borrow().len();
        for _ in 0..jobs {
            let Some(job) = self.ready.borrow_mut().pop_front() else { break };
            if let Some(task) = job {
                if let Some(again) = task.run() {
                    self.ready.borrow_mut().push_back(Some(again));
                }
            } else {
                let due = self.due.borrow_mut().pop_front();
                due.into_iter().for_each(wake);
            }
        }
        jobs
    }

    fn take(&self) -> Vec<Job> {
        let mut due = self.due.take().into_iter();
        let ready = self.ready.take().into_iter();
        ready.filter_map(|task| task.map(Job::Run).or_else(|| due.next().map(Job::Fire))).collect()
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let left = ACTIVE.with(|active| {
            active.executor.set(None);
            active.take()
        });
        drop(left); // outside the borrow, for a job that is dropped may run anything
    }
}
