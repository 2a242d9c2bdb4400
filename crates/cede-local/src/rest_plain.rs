//! Sleeping while there is nothing to do.

use cede_sync::Mutex;
use parking::{Parker, Unparker};

use crate::executor::Turn;

/// Wakes the executor's thread.
#[derive(Debug)]
pub(crate) struct Rouser {
    parker: Mutex<Parker>,
    unparker: Unparker,
}

impl Default for Rouser {
    fn default() -> Self {
        let (parker, unparker) = parking::pair();
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
    // Only the executor's own thread comes here, and only once at a time.
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
