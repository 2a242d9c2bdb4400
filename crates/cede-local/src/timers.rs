//! Deadlines, in the order in which they are due.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

use cede_core::backend::TimerKey;

#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<TimerKey, Waker>,
    sequence: u64,
}

impl Timers {
    pub(crate) fn insert(&mut self, deadline: Instant, waker: Waker) -> TimerKey {
        let key = self.key(deadline);
        self.due.insert(key, waker);
        key
    }

    /// A key for a timer that is not kept here, since it is due already.
    pub(crate) fn key(&mut self, deadline: Instant) -> TimerKey {
        self.sequence += 1;
        TimerKey { deadline, sequence: self.sequence }
    }

    pub(crate) fn remove(&mut self, key: TimerKey) -> Option<Waker> {
        self.due.remove(&key)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first_key_value().map(|(key, _)| key.deadline)
    }

    /// Takes the earliest timer, if it is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Waker> {
        let first = self.due.first_entry()?;
        (first.key().deadline <= now).then(|| first.remove())
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}
