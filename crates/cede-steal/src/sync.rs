//! The one door to locks, atomics and parked threads: std's, or loom's under `--cfg cede_loom`.
//!
//! Both sides have the same names, so no other file knows which one it is using.

pub(crate) use cede_sync::{AtomicU64, Mutex, Ordering, local};

#[cfg(cede_loom)]
pub(crate) use loom::thread::yield_now;
#[cfg(not(cede_loom))]
pub(crate) use std::thread::yield_now;

#[cfg(cede_loom)]
pub(crate) use loom::sync::atomic::{AtomicUsize, fence};
#[cfg(all(not(cede_loom), not(feature = "io")))]
pub(crate) use parking::Parker;
#[cfg(not(cede_loom))]
pub(crate) use parking::{Unparker, pair as parker};
#[cfg(not(cede_loom))]
pub(crate) use std::sync::atomic::{AtomicUsize, fence};

#[cfg(cede_loom)]
use loom::sync as imp;

/// The double of `parking`'s pair. No time passes in a model, so a deadline is never reached.
#[cfg(cede_loom)]
#[derive(Debug)]
pub(crate) struct Parker(imp::Arc<(imp::Mutex<bool>, imp::Condvar)>);

#[cfg(cede_loom)]
#[derive(Debug)]
pub(crate) struct Unparker(imp::Arc<(imp::Mutex<bool>, imp::Condvar)>);

#[cfg(cede_loom)]
pub(crate) fn parker() -> (Parker, Unparker) {
    let shared = imp::Arc::new((imp::Mutex::new(false), imp::Condvar::new()));
    (Parker(imp::Arc::clone(&shared)), Unparker(shared))
}

#[cfg(cede_loom)]
impl Parker {
    pub(crate) fn park(&self) {
        let (token, bell) = &*self.0;
        let mut token = token.lock().expect("no model poisons it");
        while !std::mem::take(&mut *token) {
            token = bell.wait(token).expect("no model poisons it");
        }
    }

    pub(crate) fn park_deadline(&self, _: std::time::Instant) -> bool {
        self.park();
        true
    }
}

#[cfg(cede_loom)]
impl Unparker {
    pub(crate) fn unpark(&self) -> bool {
        let (token, bell) = &*self.0;
        let before = std::mem::replace(&mut *token.lock().expect("no model poisons it"), true);
        bell.notify_one();
        !before
    }
}
