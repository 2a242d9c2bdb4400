//! asyncio's `Semaphore`.

use std::sync::{Mutex, PoisonError};
use std::task::Waker;

use crate::sync::line::{Line, Turn};

/// A number of permits to share. A permit that is handed to a waiter who is then cancelled goes to the next.
pub(crate) struct Semaphore(Mutex<State>);

struct State {
    permits: usize,
    line: Line,
}

impl Semaphore {
    pub(crate) fn new(permits: usize) -> Self {
        let line = Line::default();
        Semaphore(Mutex::new(State { permits, line }))
    }

    pub(crate) async fn acquire(&self) {
        let turn = Turn {
            state: &self.0,
            line: |state| &mut state.line,
            open: State::try_acquire,
            given_up: |state, served| {
                state.permits += usize::from(served);
                state.serve()
            },
            ticket: None,
        };
        turn.await;
        // Permits that came back while others stood first in the line.
        self.wake(State::serve);
    }

    pub(crate) fn release(&self) {
        self.wake(|state| {
            state.permits += 1;
            state.serve_one().into_iter().collect()
        });
    }

    fn wake(&self, change: impl FnOnce(&mut State) -> Vec<Waker>) {
        let wakers = change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn try_acquire(&mut self) -> bool {
        let free = self.permits > 0 && self.line.is_empty();
        self.permits -= usize::from(free);
        free
    }

    /// Hands out the permits that are free.
    fn serve(&mut self) -> Vec<Waker> {
        std::iter::from_fn(|| self.serve_one()).collect()
    }

    fn serve_one(&mut self) -> Option<Waker> {
        if self.permits == 0 {
            return None;
        }
        let waker = self.line.serve()?;
        self.permits -= 1;
        Some(waker)
    }
}
