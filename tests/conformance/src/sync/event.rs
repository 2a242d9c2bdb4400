//! asyncio's `Event`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::sync::line::{Line, Turn};

/// A flag to wait for.
#[derive(Default)]
pub(crate) struct Event(Mutex<State>);

#[derive(Default)]
struct State {
    set: bool,
    line: Line,
}

impl Event {
    /// Wakes all who wait at this moment, even if the flag is cleared right after.
    pub(crate) fn set(&self) {
        let wakers: Vec<Waker> = {
            let mut state = self.state();
            if state.set {
                return;
            }
            state.set = true;
            std::iter::from_fn(|| state.line.serve()).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn clear(&self) {
        self.state().set = false;
    }

    /// Does not suspend if the flag is set.
    pub(crate) async fn wait(&self) {
        let turn = Turn {
            state: &self.0,
            line: |state| &mut state.line,
            open: |state| state.set,
            given_up: |_, _| Vec::new(),
            ticket: None,
        };
        turn.await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
