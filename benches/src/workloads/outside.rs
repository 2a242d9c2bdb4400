//! A thread that is none of the pool's makes tasks, and wakes them.

use std::future::poll_fn;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_lite::future::{block_on, yield_now};
use futures_util::task::AtomicWaker;

use super::{PoolWorkload, Timed, same};
use crate::countdown::Countdown;
use crate::runtimes::{Pool, WORKERS};
use crate::stopwatch::Stopwatch;

/// Makes tasks that return at once, and joins them.
#[derive(Debug)]
pub(crate) enum SpawnOutside {}

/// Wakes one task after the other, until all have run, while the workers have others to run that always yield.
#[derive(Debug)]
pub(crate) enum WakeBusy {}

/// Wakes one task after the other, until all have run. The pool is asleep when that begins.
#[derive(Debug)]
pub(crate) enum WakeBurst {}

/// Wakes a task and waits until it has run, again and again. The pool is asleep each time.
#[derive(Debug)]
pub(crate) enum WakeAsleep {}

/// How long a pool with nothing to do needs to go to sleep; with a margin.
const FALLS_ASLEEP: Duration = Duration::from_micros(100);

impl PoolWorkload for SpawnOutside {
    fn body<P: Pool>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let tasks: Vec<_> = (0..size).map(|n| P::spawn(async move { n })).collect();
        let sum: usize = block_on(async {
            let mut sum = 0;
            for task in tasks {
                sum += P::join(task).await;
            }
            sum
        });
        let took = watch.stop();
        same("the sum of the values", sum, size * (size - 1) / 2)?;
        Ok(took)
    }
}

impl PoolWorkload for WakeBusy {
    fn body<P: Pool>(size: usize) -> Timed {
        let stop: &AtomicBool = Box::leak(Box::default());
        let busy = |_| {
            P::spawn(async {
                while !stop.load(Ordering::Relaxed) {
                    yield_now().await;
                }
            })
        };
        let busy: Vec<_> = (0..2 * WORKERS).map(busy).collect();
        let took = wake_each::<P>(size);
        stop.store(true, Ordering::Relaxed);
        for task in busy {
            block_on(P::join(task));
        }
        Ok(took)
    }
}

impl PoolWorkload for WakeBurst {
    fn body<P: Pool>(size: usize) -> Timed {
        Ok(wake_each::<P>(size))
    }
}

impl PoolWorkload for WakeAsleep {
    fn body<P: Pool>(size: usize) -> Timed {
        let door: &Door = Box::leak(Box::default());
        let heard: &AtomicUsize = Box::leak(Box::default());
        let task = P::spawn(async move {
            for n in 1..=size {
                door.opened(n).await;
                heard.store(n, Ordering::Release);
            }
        });
        let mut took = Duration::ZERO;
        for n in 1..=size {
            spin(FALLS_ASLEEP);
            let watch = Stopwatch::start();
            door.open(n);
            while heard.load(Ordering::Acquire) < n {
                spin_loop();
            }
            took += watch.stop();
        }
        block_on(P::join(task));
        Ok(took)
    }
}

/// What a task waits for: until it has been opened so often.
#[derive(Debug, Default)]
struct Door {
    times: AtomicUsize,
    waker: AtomicWaker,
}

impl Door {
    fn open(&self, times: usize) {
        self.times.store(times, Ordering::Release);
        self.waker.wake();
    }

    async fn opened(&self, times: usize) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            let opened = self.times.load(Ordering::Acquire) >= times;
            if opened { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Makes tasks that wait, each at a door of its own, and opens these; until all have gone through.
fn wake_each<P: Pool>(size: usize) -> Duration {
    let doors: Vec<Door> = (0..size).map(|_| Door::default()).collect();
    let doors: &[Door] = doors.leak();
    let (begun, through) = (Countdown::leak(size), Countdown::leak(size));
    for door in doors {
        P::detach(P::spawn(async {
            begun.arrive();
            door.opened(1).await;
            through.arrive();
        }));
    }
    block_on(begun.zero());
    spin(FALLS_ASLEEP);
    let watch = Stopwatch::start();
    for door in doors {
        door.open(1);
    }
    block_on(through.zero());
    watch.stop()
}

fn spin(time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        spin_loop();
    }
}
