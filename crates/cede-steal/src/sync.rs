//! The one door to locks, atomics and parked threads: std's, or loom's under `--cfg cede_loom`.
//!
//! Both sides have the same names, so no other file knows which one it is using.

pub(crate) use std::sync::atomic::Ordering;

#[cfg(cede_loom)]
pub(crate) use loom::sync::atomic::fence;
#[cfg(not(cede_loom))]
pub(crate) use parking::{Parker, Unparker};
#[cfg(not(cede_loom))]
pub(crate) use std::sync::atomic::{AtomicU64, AtomicUsize, fence};

#[cfg(cede_loom)]
use loom::sync as imp;
#[cfg(not(cede_loom))]
use std::sync as imp;

/// A mutex that cannot be poisoned: no code of the user's ever runs under it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(imp::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(imp::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> imp::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A parked thread, and the handle that wakes it.
#[cfg(not(cede_loom))]
pub(crate) fn parker() -> (Parker, Unparker) {
    parking::pair()
}
