//! The queues: crossbeam-deque's, behind the few names that this crate needs of them.
//!
//! loom and shuttle can't see into them, so for them a double takes their place. What is trusted, not checked: that
//! crossbeam-deque is linearizable, and that an emptiness seen after a `SeqCst` fence is true of all pushes before the fence of
//! another thread that came first.

use crossbeam_deque::{Injector as Shared, Steal, Stealer as Thief, Worker};

/// The queue that every thread may push to, and every worker takes from: first in, first out.
#[derive(Debug)]
pub(crate) struct Injector<J>(Shared<J>);

/// A worker's own queue, in its own hands: first in, first out.
#[derive(Debug)]
pub(crate) struct Deque<J>(Worker<J>);

/// The same queue in the hands of the other workers.
#[derive(Debug)]
pub(crate) struct Stealer<J>(Thief<J>);

impl<J> Injector<J> {
    pub(crate) fn new() -> Self {
        Injector(Shared::new())
    }

    pub(crate) fn push(&self, job: J) {
        self.0.push(job);
    }

    /// Takes the first job.
    pub(crate) fn pop(&self) -> Option<J> {
        insist(|| self.0.steal())
    }

    /// Takes the first job, and moves some of those behind it to `deque`.
    pub(crate) fn take_batch(&self, deque: &Deque<J>) -> Option<J> {
        insist(|| self.0.steal_batch_and_pop(&deque.0))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<J> Deque<J> {
    pub(crate) fn new() -> Self {
        Deque(Worker::new_fifo())
    }

    pub(crate) fn push(&self, job: J) {
        self.0.push(job);
    }

    pub(crate) fn pop(&self) -> Option<J> {
        self.0.pop()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn stealer(&self) -> Stealer<J> {
        Stealer(self.0.stealer())
    }
}

impl<J> Stealer<J> {
    /// Takes the first job, and moves up to half of the others to `deque`.
    pub(crate) fn take_batch(&self, deque: &Deque<J>) -> Option<J> {
        insist(|| self.0.steal_batch_and_pop(&deque.0))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Tries again where another thread was faster: that says nothing about what is left.
fn insist<J>(steal: impl Fn() -> Steal<J>) -> Option<J> {
    loop {
        match steal() {
            Steal::Success(job) => return Some(job),
            Steal::Empty => return None,
            Steal::Retry => std::hint::spin_loop(),
        }
    }
}
