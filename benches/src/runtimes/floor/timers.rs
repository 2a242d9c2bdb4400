//! The floor's timers: a sorted map, looked at when nothing is ready.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// A deadline, and a number that makes it unique.
type Key = (Instant, u64);

#[derive(Debug)]
pub(super) struct Sleep {
    deadline: Instant,
    /// From the first poll on.
    key: Option<Key>,
}

#[derive(Debug, Default)]
struct Timers {
    count: u64,
    waiting: BTreeMap<Key, Waker>,
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

/// Waits for the first deadline, and wakes who is due.
pub(super) fn wait() {
    let first = TIMERS.with_borrow(|timers| timers.waiting.keys().next().copied());
    let (first, _) = first.expect("somebody is ready, or sleeps");
    thread::sleep(first.saturating_duration_since(Instant::now()));
    let now = Instant::now();
    loop {
        let due = TIMERS.with_borrow_mut(|timers| {
            let first = timers.waiting.first_entry()?;
            (first.key().0 <= now).then(|| first.remove())
        });
        let Some(waker) = due else { break };
        waker.wake();
    }
}

impl Sleep {
    pub(super) fn new(time: Duration) -> Self {
        Sleep { deadline: Instant::now() + time, key: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        TIMERS.with_borrow_mut(|timers| {
            let Some(key) = self.key else {
                timers.count += 1;
                let key = (self.deadline, timers.count);
                timers.waiting.insert(key, cx.waker().clone());
                self.key = Some(key);
                return Poll::Pending;
            };
            // Who is not in the map any more has been woken.
            let Some(waker) = timers.waiting.get_mut(&key) else { return Poll::Ready(()) };
            waker.clone_from(cx.waker());
            Poll::Pending
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            // Dropped outside: a waker may drop its task.
            let _waker = TIMERS.with_borrow_mut(|timers| timers.waiting.remove(&key));
        }
    }
}
