//! Counts every task, future and value of one round.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cede::{JoinHandle, ResultError, Task};

/// What has been counted. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    created: AtomicU64,
    finished: AtomicU64,
    cancelled: AtomicU64,
    panicked: AtomicU64,
    tokens: AtomicU64,
    dropped: AtomicU64,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) created: u64,
    pub(crate) finished: u64,
    pub(crate) cancelled: u64,
    pub(crate) panicked: u64,
    tokens: u64,
    dropped: u64,
}

/// Is to be dropped once: a part of a future, or a value.
#[derive(Debug)]
pub(crate) struct Token(Ledger);

impl Ledger {
    pub(crate) fn token(&self) -> Token {
        self.0.tokens.fetch_add(1, Ordering::Relaxed);
        Token(self.clone())
    }

    /// A task was created; its end will be counted.
    pub(crate) fn count<T>(&self, task: &JoinHandle<T>) {
        self.0.created.fetch_add(1, Ordering::Relaxed);
        let counts = Arc::clone(&self.0);
        task.add_done_callback(move |task| {
            let count = match task.result() {
                Ok(()) => &counts.finished,
                Err(ResultError::Cancelled(_)) => &counts.cancelled,
                Err(_) => &counts.panicked,
            };
            count.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// How many tasks have ended so far.
    pub(crate) fn ended(&self) -> u64 {
        let totals = self.totals();
        totals.finished + totals.cancelled + totals.panicked
    }

    /// How many have not, or about so many: they end while this counts.
    pub(crate) fn under_way(&self) -> u64 {
        let totals = self.totals();
        totals.created.saturating_sub(totals.finished + totals.cancelled + totals.panicked)
    }

    pub(crate) fn totals(&self) -> Totals {
        let count = |count: &AtomicU64| count.load(Ordering::SeqCst);
        Totals {
            created: count(&self.0.created),
            finished: count(&self.0.finished),
            cancelled: count(&self.0.cancelled),
            panicked: count(&self.0.panicked),
            tokens: count(&self.0.tokens),
            dropped: count(&self.0.dropped),
        }
    }
}

impl Totals {
    pub(crate) fn is_even(&self) -> bool {
        self.created == self.finished + self.cancelled + self.panicked
            && self.tokens == self.dropped
    }

    pub(crate) fn add(&mut self, other: &Totals) {
        self.created += other.created;
        self.finished += other.finished;
        self.cancelled += other.cancelled;
        self.panicked += other.panicked;
        self.tokens += other.tokens;
        self.dropped += other.dropped;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}
