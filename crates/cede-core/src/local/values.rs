//! The values that a task keeps.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::guard;

/// A value of whatever type. It may be shared with tasks that have inherited it.
pub(super) type Value = Arc<dyn Any + Send + Sync>;

/// What a value is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    id: u64,
    /// Tasks that are created have the value, too.
    inherits: bool,
}

/// The values of one task. They are few, so a list is the fastest way to find one.
#[derive(Default)]
pub(crate) struct Locals {
    values: Vec<(Key, Value)>,
    /// The task is ending.
    closed: bool,
}

impl Key {
    /// The key whose number is kept in `id`; zero is none yet.
    pub(super) fn of(id: &AtomicU64, inherits: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let known = id.load(Ordering::Relaxed);
        if known != 0 {
            return Key { id: known, inherits };
        }
        let new = NEXT.fetch_add(1, Ordering::Relaxed);
        let id = match id.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => new,
            Err(faster) => faster,
        };
        Key { id, inherits }
    }

    pub(super) fn inherits(self) -> bool {
        self.inherits
    }
}

impl Locals {
    /// Those that tasks inherit, if there are any.
    pub(super) fn inherited(&self) -> Option<Self> {
        let inherited = self.values.iter().filter(|(key, _)| key.inherits);
        let values: Vec<_> = inherited.cloned().collect();
        (!values.is_empty()).then_some(Locals { values, closed: false })
    }

    pub(super) fn get(&self, key: Key) -> Option<Value> {
        self.values.iter().find(|(other, _)| *other == key).map(|(_, value)| Arc::clone(value))
    }

    /// Puts `value` there, or nothing. What was there comes back, to be dropped outside the lock; or `value`, if the task is ending.
    pub(super) fn swap(&mut self, key: Key, value: Option<Value>) -> Option<Value> {
        if self.closed {
            return value;
        }
        let at = self.values.iter().position(|(other, _)| *other == key);
        match (at, value) {
            (Some(at), Some(value)) => Some(std::mem::replace(&mut self.values[at].1, value)),
            (Some(at), None) => Some(self.values.remove(at).1),
            (None, Some(value)) => {
                self.values.push((key, value));
                None
            }
            (None, None) => None,
        }
    }

    /// Takes them out; from now on none can be put in.
    pub(crate) fn close(&mut self) -> Self {
        Locals {
            values: std::mem::take(&mut self.values),
            closed: std::mem::replace(&mut self.closed, true),
        }
    }

    /// Has the task ended that they belong to?
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Drops them, the last one first. A panic of a destructor is contained.
    pub(crate) fn discard(self) {
        self.values.into_iter().rev().for_each(guard::discard);
    }
}
