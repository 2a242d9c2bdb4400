//! std's.

use std::num::NonZeroUsize;
use std::time::Instant;

pub(crate) use std::sync::atomic::{AtomicUsize, fence};
pub(crate) use std::thread;

/// What time it is.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How many threads can run at a time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
