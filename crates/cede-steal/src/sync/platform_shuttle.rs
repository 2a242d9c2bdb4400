//! shuttle's.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use shuttle::rand::{Rng, thread_rng};

pub(super) use shuttle::sync as locks;
pub(crate) use shuttle::sync::atomic::{AtomicUsize, fence};
pub(crate) use shuttle::thread;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

shuttle::lazy_static! {
    /// Nanoseconds since the start of this run, of a time that passes only while somebody sleeps until its deadline.
    static ref PASSED: AtomicU64 = AtomicU64::new(0);
}

/// How many threads can run at a time. None of the model's: so nobody looks on, which changes nothing but the time that it takes.
pub(crate) fn cores() -> usize {
    0
}

/// What time it is.
pub(crate) fn now() -> Instant {
    *START + Duration::from_nanos(PASSED.load(Ordering::Relaxed))
}

/// Whether the deadline of somebody who sleeps comes now: it may come before or after anything that the others do meanwhile.
pub(super) fn elapses(deadline: Instant) -> bool {
    let comes = thread_rng().gen_bool(0.5);
    if comes {
        let passed = deadline.saturating_duration_since(*START).as_nanos();
        PASSED.fetch_max(passed.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }
    comes
}
