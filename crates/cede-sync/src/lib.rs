//! The one door to locks and atomics: std's types, loom's under `--cfg cede_loom`, or shuttle's under `--cfg cede_shuttle`.
//!
//! All have the same names, so whoever uses them does not know which they are. Under `--cfg cede_tsan` the locks are such that
//! ThreadSanitizer sees them, though std itself is not instrumented.
//!
//! **This crate is internal to cede's crates.** It promises nothing to others: anything in it may change, or go, with any version.
#![forbid(unsafe_code)]

#[cfg(not(cede_loom))]
mod cell;
mod count;
mod local;
#[cfg(cede_loom)]
mod modelled;
mod mutex;
#[cfg(cede_shuttle)]
mod scheduled;

pub use count::count_threads;
pub use std::sync::atomic::Ordering;

/// std's in any case, since a static needs a constant and loom's mutex is none: no model sees it.
pub use mutex::Mutex as StaticMutex;

#[cfg(not(cede_loom))]
pub use cell::UnsafeCell;
#[cfg(not(any(cede_loom, cede_shuttle)))]
pub use mutex::{Mutex, MutexGuard};
#[cfg(not(any(cede_loom, cede_shuttle)))]
pub use std::sync::atomic::{AtomicU32, AtomicU64};

/// loom itself, for models.
#[cfg(cede_loom)]
pub use loom;
#[cfg(cede_loom)]
pub use loom::cell::UnsafeCell;
#[cfg(cede_loom)]
pub use modelled::{AtomicU32, AtomicU64, Mutex, MutexGuard};

#[cfg(cede_shuttle)]
pub use scheduled::{Mutex, MutexGuard};
/// shuttle itself, for tests.
#[cfg(cede_shuttle)]
pub use shuttle;
#[cfg(cede_shuttle)]
pub use shuttle::sync::atomic::{AtomicU32, AtomicU64};
