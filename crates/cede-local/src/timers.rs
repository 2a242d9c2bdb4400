//! Deadlines, in the order in which they are due.

use std::task::Waker;
use std::time::{Duration, Instant};

use cede_core::backend::{TimerKey, TimerQueue};

#[derive(Debug)]
pub(crate) struct Timers {
    /// What deadlines count from here, in nanoseconds: one number is compared sooner than an `Instant`.
    start: Instant,
    due: TimerQueue,
    sequence: u64,
}

impl Timers {
    /// For deadlines from `start` on.
    pub(crate) fn new(start: Instant) -> Self {
        Timers { start, due: TimerQueue::default(), sequence: 0 }
    }

    pub(crate) fn insert(&mut self, deadline: Instant, waker: Waker) -> TimerKey {
        let key = self.key(deadline);
        self.due.insert(self.ticks(key.deadline), key.sequence, waker);
        key
    }

    /// A key for a timer that is not kept here, since it is due already.
    pub(crate) fn key(&mut self, deadline: Instant) -> TimerKey {
        self.sequence += 1;
        TimerKey { deadline, sequence: self.sequence }
    }

    pub(crate) fn remove(&mut self, key: TimerKey) -> Option<Waker> {
        self.due.remove(self.ticks(key.deadline), key.sequence)
    }

    /// When to look, at the latest.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.start.checked_add(Duration::from_nanos(self.due.next()?))
    }

    /// Takes the earliest timer, if it is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Waker> {
        self.due.pop(self.ticks(now)).map(|(_, waker)| waker)
    }

    /// Takes all that there are.
    pub(crate) fn take(&mut self) -> TimerQueue {
        std::mem::take(&mut self.due)
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// After centuries this stands still, and such a timer is never due.
    fn ticks(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }
}
