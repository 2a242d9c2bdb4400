//! Under `--cfg cede_jitter`: workers pause at random before and after a job, and whoever wakes a task in the middle of one, as if the system had
//! taken their core away just there.
//!
//! An idle machine runs a test in the same order nearly each time, so one that relies on an order which nobody promises passes until a busy machine runs it.
//! With this it fails after a few runs.

use std::cell::Cell;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::thread;
use std::time::Duration;

/// So often a thread draws whether it pauses. Tests with many jobs have met all that they can meet by then, and stay fast.
const DRAWS: u32 = 256;

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(DRAWS) };
}

/// Pauses when it is made, and when it is dropped.
pub(crate) struct Jitter(());

impl Jitter {
    pub(crate) fn new() -> Self {
        pause();
        Jitter(())
    }
}

impl Drop for Jitter {
    fn drop(&mut self) {
        pause();
    }
}

/// Pauses here, or not.
pub(crate) fn pause() {
    let Some(left) = LEFT.get().checked_sub(1) else { return };
    LEFT.set(left);
    // Each `RandomState` is another one.
    let drawn = RandomState::new().build_hasher().finish();
    let length = drawn >> 8;
    match drawn % 8 {
        // Longer than it takes another thread to wake up, steal the next job, and be through with it …
        0 => thread::sleep(Duration::from_micros(length % 3000)),
        // … and about as long.
        1 => thread::sleep(Duration::from_micros(length % 200)),
        2 => thread::yield_now(),
        _ => {}
    }
}
