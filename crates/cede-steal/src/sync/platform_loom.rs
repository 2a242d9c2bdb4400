//! loom's.

use std::time::Instant;

pub(super) use loom::sync as locks;
pub(crate) use loom::sync::atomic::{AtomicUsize, fence};
pub(crate) use loom::thread;

/// What time it is. No time that matters passes in a model.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Whether the deadline of somebody who sleeps comes now.
pub(super) fn elapses(_: Instant) -> bool {
    unreachable!("no model sleeps until a deadline: loom would wait in a circle")
}
