//! The double of `parking`'s pair, for loom and shuttle.

use std::sync::Arc;
use std::time::Instant;

use super::platform::locks::{Condvar, Mutex};
use super::platform::{elapses, thread};

#[derive(Debug)]
pub(crate) struct Parker(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Unparker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    token: Mutex<bool>,
    bell: Condvar,
}

pub(crate) fn parker() -> (Parker, Unparker) {
    let shared = Arc::new(Shared { token: Mutex::new(false), bell: Condvar::new() });
    (Parker(Arc::clone(&shared)), Unparker(shared))
}

impl Parker {
    pub(crate) fn park(&self) {
        let mut token = self.0.token.lock().expect("nothing panics under it");
        while !std::mem::take(&mut *token) {
            token = self.0.bell.wait(token).expect("nothing panics under it");
        }
    }

    /// False: the time has come.
    pub(crate) fn park_deadline(&self, deadline: Instant) -> bool {
        while !std::mem::take(&mut *self.0.token.lock().expect("nothing panics under it")) {
            if elapses(deadline) {
                return false;
            }
            thread::yield_now();
        }
        true
    }
}

impl Unparker {
    pub(crate) fn unpark(&self) -> bool {
        let mut token = self.0.token.lock().expect("nothing panics under it");
        let before = std::mem::replace(&mut *token, true);
        drop(token);
        self.0.bell.notify_one();
        !before
    }
}
