//! Numbers for threads.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often this has been called: in this process or, with loom and shuttle, in this interleaving, which must not depend on others.
pub fn count_threads() -> u64 {
    #[cfg(cede_loom)]
    loom::lazy_static! { static ref COUNT: AtomicU64 = 0.into(); }
    #[cfg(cede_shuttle)]
    shuttle::lazy_static! { static ref COUNT: AtomicU64 = 0.into(); }
    #[cfg(not(any(cede_loom, cede_shuttle)))]
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed) + 1
}
