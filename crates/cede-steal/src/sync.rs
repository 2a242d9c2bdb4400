//! The one door to locks, atomics and parked threads: std's, or loom's under `--cfg cede_loom`.
//!
//! Both sides have the same names, so no other file knows which one it is using.

pub(crate) use cede_sync::{Mutex, Ordering};

#[cfg(cede_loom)]
pub(crate) use loom::sync::atomic::fence;
#[cfg(not(cede_loom))]
pub(crate) use parking::{Parker, Unparker};
#[cfg(not(cede_loom))]
pub(crate) use std::sync::atomic::{AtomicU64, AtomicUsize, fence};

/// A parked thread, and the handle that wakes it.
#[cfg(not(cede_loom))]
pub(crate) fn parker() -> (Parker, Unparker) {
    parking::pair()
}
