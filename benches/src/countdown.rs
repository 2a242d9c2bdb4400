//! Waiting until many have arrived.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::task::AtomicWaker;

/// Lets one task wait until others have arrived, whichever runtime they are on. An arrival costs one atomic step, the same for everybody.
#[derive(Debug)]
pub(crate) struct Countdown {
    left: AtomicUsize,
    waker: AtomicWaker,
}

/// Arrives when it is dropped: in a task, it tells that its future is gone.
#[derive(Debug)]
pub(crate) struct ArriveOnDrop(pub(crate) &'static Countdown);

impl Countdown {
    /// One for `count` arrivals. It is leaked: the process is short, and a reference costs the tasks nothing.
    pub(crate) fn leak(count: usize) -> &'static Self {
        Box::leak(Box::new(Countdown { left: AtomicUsize::new(count), waker: AtomicWaker::new() }))
    }

    pub(crate) fn arrive(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waker.wake();
        }
    }

    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Acquire)
    }

    /// Waits for the last one. For one waiter at a time.
    pub(crate) async fn zero(&self) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            if self.left() == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Drop for ArriveOnDrop {
    fn drop(&mut self) {
        self.0.arrive();
    }
}
