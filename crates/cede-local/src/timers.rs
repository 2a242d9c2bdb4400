//! Deadlines, in the order in which they are due.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::{Duration, Instant};

use cede_core::backend::TimerKey;

#[derive(Debug)]
pub(crate) struct Timers {
    /// What deadlines count from here, in nanoseconds: one number is compared sooner than an `Instant`.
    start: Instant,
    /// By the deadline, then by the order in which they were set.
    due: BTreeMap<(u64, u64), Waker>,
    sequence: u64,
}

impl Timers {
    /// For deadlines from `start` on.
    pub(crate) fn new(start: Instant) -> Self {
        Timers { start, due: BTreeMap::new(), sequence: 0 }
    }

    pub(crate) fn insert(&mut self, deadline: Instant, waker: Waker) -> TimerKey {
        let key = self.key(deadline);
        self.due.insert(self.place(key), waker);
        key
    }

    /// A key for a timer that is not kept here, since it is due already.
    pub(crate) fn key(&mut self, deadline: Instant) -> TimerKey {
        self.sequence += 1;
        TimerKey { deadline, sequence: self.sequence }
    }

    pub(crate) fn remove(&mut self, key: TimerKey) -> Option<Waker> {
        let place = self.place(key);
        // Mostly it has been due, and is not here: then all that are here come after it.
        if self.due.first_key_value().is_none_or(|(first, _)| place < *first) {
            return None;
        }
        self.due.remove(&place)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        let (&(ticks, _), _) = self.due.first_key_value()?;
        self.start.checked_add(Duration::from_nanos(ticks))
    }

    /// Takes the earliest timer, if it is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Waker> {
        let now = self.ticks(now);
        let first = self.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// Takes all that there are.
    pub(crate) fn take(&mut self) -> BTreeMap<(u64, u64), Waker> {
        std::mem::take(&mut self.due)
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    fn place(&self, key: TimerKey) -> (u64, u64) {
        (self.ticks(key.deadline), key.sequence)
    }

    /// After centuries this stands still, and such a timer is never due.
    fn ticks(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }
}
