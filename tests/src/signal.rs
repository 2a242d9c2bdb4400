//! Telling another task that something has happened, so that no test needs to guess.

use std::future::{Future, pending, poll_fn};
use std::sync::Arc;
use std::task::{Poll, Waker};

use cede_sync::Mutex;

/// Something that happens once. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Signal(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    set: bool,
    waiting: Vec<Waker>,
}

impl Signal {
    /// One that has not happened.
    pub fn new() -> Self {
        Self::default()
    }

    /// It happens.
    pub fn set(&self) {
        let waiting = {
            let mut state = self.0.lock();
            state.set = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Has it happened?
    pub fn is_set(&self) -> bool {
        self.0.lock().set
    }

    /// Waits until it has happened.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + 'static {
        let state = Arc::clone(&self.0);
        poll_fn(move |cx| {
            let waker = cx.waker().clone();
            let mut state = state.lock();
            if state.set {
                return Poll::Ready(());
            }
            state.waiting.push(waker);
            Poll::Pending
        })
    }
}

/// Sets `here`, then waits for ever.
pub async fn park(here: Signal) {
    here.set();
    pending::<()>().await;
}
