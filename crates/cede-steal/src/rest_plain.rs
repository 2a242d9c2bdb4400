//! Sleeping while there is nothing to do.

use crate::sync::{Mutex, Parker, Unparker, parker};
use crate::worker::Turn;

/// Wakes one worker.
#[derive(Debug)]
pub(crate) struct Rouser {
    parker: Mutex<Parker>,
    unparker: Unparker,
}

impl Default for Rouser {
    fn default() -> Self {
        let (parker, unparker) = parker();
        Rouser { parker: Mutex::new(parker), unparker }
    }
}

impl Rouser {
    pub(crate) fn rouse(&self) {
        self.unparker.unpark();
    }
}

/// Takes turns until one says that it is the last, and rests between them.
pub(crate) fn drive(rouser: &Rouser, mut turn: impl FnMut() -> Turn) {
    // Only the worker itself comes here.
    let parker = rouser.parker.lock();
    loop {
        match turn() {
            Turn::Last => return,
            Turn::Busy => {}
            Turn::Idle(None) => parker.park(),
            Turn::Idle(Some(deadline)) => {
                parker.park_deadline(deadline);
            }
        }
    }
}
