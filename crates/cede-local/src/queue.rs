//! The ready queue of the executor that is at work on this thread.
//!
//! It lies in a thread-local, so that the thread's own wake-ups touch nothing shared. It is worked off in rounds, as asyncio
//! does it: what is in it at the beginning of a round is the round.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::task::Waker;

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
pub(crate) struct ExecutorId(pub(crate) u64);

struct Active {
    executor: ExecutorId,
    ready: VecDeque<Job>,
    /// The executor has looked through its queue and is about to sleep, or asleep.
    idle: bool,
}

thread_local! {
    static ACTIVE: RefCell<Option<Active>> = const { RefCell::new(None) };
}

/// An executor is at work on this thread, until this goes.
#[derive(Debug)]
pub(crate) struct AtWork(());

/// What became of a job that was pushed.
pub(crate) enum Pushed {
    /// It is in the queue.
    Queued,
    /// It is, and the executor must be woken: something that it waits in, like the reactor, called us.
    WakeUp,
    /// The executor is not at work on this thread.
    Elsewhere(Job),
}

/// Begins work for `executor`; `None` if one is at work here already.
pub(crate) fn begin(executor: ExecutorId) -> Option<AtWork> {
    ACTIVE.with(|active| {
        let mut active = active.borrow_mut();
        if active.is_some() {
            return None;
        }
        *active = Some(Active { executor, ready: VecDeque::new(), idle: false });
        Some(AtWork(()))
    })
}

/// Is `executor` at work on this thread?
pub(crate) fn is_active(executor: ExecutorId) -> bool {
    with(|active| active.executor == executor).unwrap_or(false)
}

pub(crate) fn push(executor: ExecutorId, job: Job) -> Pushed {
    let mut job = Some(job);
    let pushed = with(|active| {
        if active.executor != executor {
            return None;
        }
        active.ready.extend(job.take());
        Some(if std::mem::take(&mut active.idle) { Pushed::WakeUp } else { Pushed::Queued })
    });
    match (pushed.flatten(), job) {
        (Some(pushed), _) => pushed,
        (None, Some(job)) => Pushed::Elsewhere(job),
        (None, None) => unreachable!("the job is queued only where that is said"),
    }
}

/// Takes the round out of the queue, and leaves `spare`, which is empty, in its place.
pub(crate) fn take_round(spare: VecDeque<Job>) -> VecDeque<Job> {
    with(|active| {
        active.idle = false;
        std::mem::replace(&mut active.ready, spare)
    })
    .unwrap_or_default()
}

/// From now on a push says `WakeUp`.
pub(crate) fn set_idle() {
    with(|active| active.idle = true);
}

fn with<R>(f: impl FnOnce(&mut Active) -> R) -> Option<R> {
    ACTIVE.try_with(|active| active.borrow_mut().as_mut().map(f)).ok().flatten()
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let left = ACTIVE.try_with(|active| active.borrow_mut().take());
        drop(left); // outside the borrow, for a job that is dropped may run anything
    }
}
