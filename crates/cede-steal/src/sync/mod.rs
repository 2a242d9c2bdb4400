//! The one door to locks, atomics, threads and time: std's, loom's under `--cfg cede_loom`, or shuttle's under `--cfg cede_shuttle`.
//!
//! All have the same names, so no other file knows which it is using.

#[cfg(any(cede_loom, cede_shuttle))]
mod parker;
#[cfg_attr(cede_loom, path = "platform_loom.rs")]
#[cfg_attr(cede_shuttle, path = "platform_shuttle.rs")]
mod platform;

pub(crate) use cede_sync::{AtomicU64, Mutex, Ordering, local};
pub(crate) use platform::{AtomicUsize, cores, fence, now, thread};

#[cfg(any(cede_loom, cede_shuttle))]
pub(crate) use parker::{Parker, Unparker, parker};
#[cfg(all(not(any(cede_loom, cede_shuttle)), not(feature = "io")))]
pub(crate) use parking::Parker;
#[cfg(not(any(cede_loom, cede_shuttle)))]
pub(crate) use parking::{Unparker, pair as parker};
