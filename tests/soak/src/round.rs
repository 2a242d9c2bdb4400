//! One pool, from its making to its end, with threads around it that wake, ask and create.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cede::prelude::*;
use cede::steal::StealExecutor;
use cede::{Runner, yield_now};

use crate::ledger::{Ledger, Totals};
use crate::program::Place;
use crate::watchdog::Watchdog;

/// What the threads around the pool are told.
#[derive(Default)]
struct Flags {
    /// Create no more.
    closing: AtomicBool,
    /// Stop.
    over: AtomicBool,
}

/// How many threads meddle from outside.
const MEDDLERS: usize = 2;
/// With so many tasks under way nobody creates more: the queues are to be full, but main is to have its turn.
const UNDER_WAY: u64 = 2_000;

/// Runs for about `time`, with so many workers. Returns what was counted.
pub(crate) fn run(workers: usize, time: Duration, watchdog: &Watchdog) -> Totals {
    let pool = StealExecutor::builder().workers(workers).build().expect("there are threads");
    let place = Place {
        ledger: Ledger::default(),
        executor: Arc::clone(pool.executor()),
        reachable: Arc::default(),
    };
    watchdog.look_at(&place.ledger, &place.executor);
    let flags = Arc::new(Flags::default());
    let meddlers: Vec<_> = (0..MEDDLERS)
        .map(|_| {
            let (place, flags) = (place.clone(), Arc::clone(&flags));
            thread::spawn(move || meddle(&place, &flags))
        })
        .collect();
    let main = {
        let place = place.clone();
        async move {
            let end = Instant::now() + time;
            while Instant::now() < end {
                place.create(3).detach();
                while place.ledger.under_way() > UNDER_WAY && Instant::now() < end {
                    yield_now().await;
                }
            }
        }
    };
    if fastrand::bool() {
        // All are asked, and awaited: for ever, if new ones came for ever, or if nobody woke those that wait for it.
        let runner = Runner::builder().backend(pool).handle_signals(false).build();
        drop(runner.run(main));
        flags.closing.store(true, Ordering::Relaxed);
        runner.close().expect("nobody interrupts it");
    } else {
        // All are aborted, while the others meddle.
        drop(pool.block_on(main));
        drop(pool);
    }
    flags.over.store(true, Ordering::Relaxed);
    for meddler in meddlers {
        meddler.join().expect("it does not panic");
    }
    let left = std::mem::take(&mut *place.reachable());
    drop(left);
    let totals = place.ledger.totals();
    assert!(totals.is_even(), "something was lost, or came twice: {totals:?}");
    assert!(place.executor.all_tasks().is_empty());
    totals
}

/// Wakes, asks, aborts and creates, until the round is over.
fn meddle(place: &Place, flags: &Flags) {
    while !flags.over.load(Ordering::Relaxed) {
        let wakers = std::mem::take(&mut place.reachable().wakers);
        for waker in wakers {
            waker.wake();
        }
        let task = {
            let mut reachable = place.reachable();
            let count = reachable.tasks.len();
            (count > 0).then(|| reachable.tasks.swap_remove(fastrand::usize(..count)))
        };
        if let Some(task) = task {
            match fastrand::u8(..4) {
                0 => drop(task.abort()),
                1 => drop(task.cancel_with("from outside")),
                _ => drop(task.cancel()),
            }
        }
        let closing = flags.closing.load(Ordering::Relaxed);
        if !closing && place.ledger.under_way() < UNDER_WAY {
            place.create(1).detach();
        }
        thread::yield_now();
    }
}
