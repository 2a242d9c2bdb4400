//! loom's.

use std::sync::LazyLock;
use std::time::Instant;

pub(super) use loom::sync as locks;
pub(crate) use loom::sync::atomic::{AtomicUsize, fence};
pub(crate) use loom::thread;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// How many threads can run at a time. None of the model's: so nobody looks on, which changes nothing but the time that it takes.
pub(crate) fn cores() -> usize {
    0
}

/// What time it is. None passes in a model: where a worker looks at the clock, as at the end of a turn, loom must see the same in every interleaving.
pub(crate) fn now() -> Instant {
    *START
}

/// Whether the deadline of somebody who sleeps comes now.
pub(super) fn elapses(_: Instant) -> bool {
    unreachable!("no model sleeps until a deadline: loom would wait in a circle")
}
