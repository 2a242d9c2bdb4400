//! Telling another task that something has happened, so that no test needs to guess.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
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

    /// It happens, and `f` does, before those who wait are woken: who is woken by `f` meets both at once.
    pub fn set_together_with<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.lock().set = true;
        let done = f();
        self.set();
        done
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

/// Awaits `future`, and sets `here` as soon as that is pending: then the task has come to this await, whoever else runs meanwhile.
pub async fn waiting<F: IntoFuture>(here: Signal, future: F) -> F::Output {
    let mut future = pin!(future.into_future());
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            here.set();
        }
        polled
    })
    .await
}

/// Sets `here`, then waits for ever.
pub async fn park(here: Signal) {
    here.set();
    pending::<()>().await;
}
