//! Sleeping while there is nothing to do, in async-io's reactor: the workers drive sockets and files meanwhile.
//!
//! One of those who rest holds the reactor, the others are parked. If the one that holds it goes to work, async-io's own thread takes over until the next
//! comes to rest.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use async_io::Timer;
use atomic_waker::AtomicWaker;

use crate::worker::Turn;

/// Wakes one worker, wherever it sleeps.
#[derive(Debug, Default)]
pub(crate) struct Rouser(AtomicWaker);

impl Rouser {
    pub(crate) fn rouse(&self) {
        self.0.wake();
    }
}

/// Takes turns until one says that it is the last, and rests between them.
pub(crate) fn drive(rouser: &Rouser, mut turn: impl FnMut() -> Turn) {
    let mut timer = Timer::never();
    // One `block_on` for the worker's whole life: as long as it lasts, async-io's own thread stays in the background.
    async_io::block_on(poll_fn(|cx| {
        // Before the turn looks for work, so that whatever comes after that look is noticed.
        rouser.0.register(cx.waker());
        match turn() {
            Turn::Last => return Poll::Ready(()),
            // A poll that wakes itself gives the reactor one turn, without waiting in it.
            Turn::Busy => cx.waker().wake_by_ref(),
            Turn::Idle(None) => timer = Timer::never(),
            Turn::Idle(Some(deadline)) => {
                timer.set_at(deadline);
                if Pin::new(&mut timer).poll(cx).is_ready() {
                    cx.waker().wake_by_ref();
                }
            }
        }
        Poll::Pending
    }));
}
