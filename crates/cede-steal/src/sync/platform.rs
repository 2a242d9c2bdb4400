//! std's.

use std::time::Instant;

pub(crate) use std::sync::atomic::{AtomicUsize, fence};
pub(crate) use std::thread;

/// What time it is.
pub(crate) fn now() -> Instant {
    Instant::now()
}
