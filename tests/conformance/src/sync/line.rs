//! A line of waiting tasks: first come, first served.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Those who wait, and those who have been served and have not run yet.
#[derive(Default)]
pub(super) struct Line {
    next: Ticket,
    waiters: VecDeque<Waiter>,
}

/// Waits for one's turn: until `open` lets one in at once, or one is served. Dropped meanwhile, it tells `given_up`
/// whether it had been served.
pub(super) struct Turn<'a, S> {
    pub(super) state: &'a Mutex<S>,
    pub(super) line: fn(&mut S) -> &mut Line,
    pub(super) open: fn(&mut S) -> bool,
    /// Returns who is to be woken.
    pub(super) given_up: fn(&mut S, served: bool) -> Vec<Waker>,
    pub(super) ticket: Option<Ticket>,
}

pub(super) type Ticket = u64;

struct Waiter {
    ticket: Ticket,
    served: bool,
    waker: Waker,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Serves the first who has not been served. The waker is to be woken.
    #[must_use]
    pub(super) fn serve(&mut self) -> Option<Waker> {
        let waiter = self.waiters.iter_mut().find(|waiter| !waiter.served)?;
        waiter.served = true;
        Some(waiter.waker.clone())
    }

    fn join(&mut self, waker: &Waker) -> Ticket {
        let ticket = self.next;
        self.next += 1;
        self.waiters.push_back(Waiter { ticket, served: false, waker: waker.clone() });
        ticket
    }

    /// Keeps the waker up to date.
    fn is_served(&mut self, ticket: Ticket, waker: &Waker) -> bool {
        let waiter = self.waiters.iter_mut().find(|waiter| waiter.ticket == ticket);
        waiter.is_some_and(|waiter| {
            waiter.waker.clone_from(waker);
            waiter.served
        })
    }

    /// Had the one who leaves been served?
    fn leave(&mut self, ticket: Ticket) -> bool {
        let index = self.waiters.iter().position(|waiter| waiter.ticket == ticket);
        let waiter = index.and_then(|index| self.waiters.remove(index));
        waiter.is_some_and(|waiter| waiter.served)
    }
}

impl<S> Future for Turn<'_, S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mutex = self.state;
        let mut state = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        match self.ticket {
            None if (self.open)(&mut state) => Poll::Ready(()),
            None => {
                let ticket = (self.line)(&mut state).join(cx.waker());
                self.ticket = Some(ticket);
                Poll::Pending
            }
            Some(ticket) => {
                let line = (self.line)(&mut state);
                if !line.is_served(ticket, cx.waker()) {
                    return Poll::Pending;
                }
                line.leave(ticket);
                self.ticket = None;
                Poll::Ready(())
            }
        }
    }
}

impl<S> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let wakers = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let served = (self.line)(&mut state).leave(ticket);
            (self.given_up)(&mut state, served)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}
