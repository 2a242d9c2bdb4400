//! Requests, on their way through tasks that run on several workers.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use cede::prelude::*;
use cede::yield_now;
use shuttle::future::block_on;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::harness::{Signal, explore, fate};

/// A request from another thread, and a task on its way to its end: the answer and the outcome agree (R2).
#[test]
fn a_request_against_completion() {
    explore([(false, "value"), (true, "cancelled")], |world| {
        let pool = world.pool(2);
        let task = world.create_on(pool.executor(), async {
            yield_now().await;
            yield_now().await;
        });
        let other = {
            let task = task.task_ref();
            thread::spawn(move || task.cancel())
        };
        let outcome = block_on(task.into_future());
        (other.join().unwrap(), fate(outcome))
    });
}

/// A request to the first of three that await each other goes down to the last, wherever that runs (R6). It refuses, or resumes; or has ended by then.
#[test]
fn a_request_down_a_chain() {
    let outcomes = [
        (false, "value", "never asked"),
        (true, "cancelled", "never asked"),
        (true, "cancelled", "resumed"),
        (true, "value", "refused"),
    ];
    explore(outcomes, |world| {
        let pool = world.pool(2);
        let last = world.clone();
        let refuses = thread_rng().gen_bool(0.5);
        let (told, what) = (Signal::default(), Arc::new(Mutex::new("never asked")));
        let (wait, say) = (told.clone(), Arc::clone(&what));
        let first = world.create_on(pool.executor(), async move {
            let second = last.clone();
            let second = last.create(async move {
                let third = second.create(async move {
                    if let Err(cancelled) = catch_cancel(wait.heard()).await {
                        yield_now().await;
                        if refuses {
                            *say.lock().unwrap() = "refused";
                        } else {
                            *say.lock().unwrap() = "resumed";
                            cancelled.resume().await;
                        }
                    }
                });
                third.await.unwrap();
            });
            second.await.unwrap();
        });
        let other = {
            let task = first.task_ref();
            thread::spawn(move || task.cancel())
        };
        let teller = thread::spawn(move || told.tell());
        let outcome = fate(block_on(first.into_future()));
        let asked = other.join().unwrap();
        teller.join().unwrap();
        let what = *what.lock().unwrap();
        (asked, outcome, what)
    });
}

/// Two requests from two threads, the second in the midst of the clean-up of the first, say: the clean-up has its way, or is torn (R5).
#[test]
fn two_requests_against_the_clean_up() {
    let outcomes = [
        ((false, false), "value", "never asked"),
        ((false, true), "cancelled", "clean"),
        ((false, true), "cancelled", "never asked"),
        ((true, false), "cancelled", "clean"),
        ((true, false), "cancelled", "never asked"),
        ((true, true), "cancelled", "clean"),
        ((true, true), "cancelled", "never asked"),
        ((true, true), "cancelled", "torn"),
    ];
    explore(outcomes, |world| {
        let pool = world.pool(2);
        let what = Arc::new(Mutex::new("never asked"));
        let say = Arc::clone(&what);
        let task = world.create_on(pool.executor(), async move {
            if let Err(cancelled) = catch_cancel(yield_now()).await {
                *say.lock().unwrap() = "torn";
                for _ in 0..3 {
                    yield_now().await;
                }
                *say.lock().unwrap() = "clean";
                cancelled.resume().await;
            }
        });
        let others = [0, 1].map(|_| {
            let task = task.task_ref();
            thread::spawn(move || task.cancel())
        });
        let outcome = fate(block_on(task.into_future()));
        let [one, two] = others.map(|other| other.join().unwrap());
        let what = *what.lock().unwrap();
        ((one, two), outcome, what)
    });
}

/// `cancel_and_wait` returns when the clean-up is over, though that gives way and awaits another task.
#[test]
fn waiting_for_the_clean_up() {
    explore(["cleaned", "never began", "too late"], |world| {
        let pool = world.pool(2);
        let world = world.clone();
        pool.block_on(async move {
            let what = Arc::new(Mutex::new("never began"));
            let (say, inside) = (Arc::clone(&what), world.clone());
            let child = world.create(async move {
                *say.lock().unwrap() = "began";
                if let Err(cancelled) = catch_cancel(yield_now()).await {
                    inside.create(yield_now()).await.unwrap();
                    *say.lock().unwrap() = "cleaned";
                    cancelled.resume().await;
                }
                *say.lock().unwrap() = "too late";
            });
            yield_now().await;
            let _ = child.cancel_and_wait().await;
            assert!(child.done());
            let what = *what.lock().unwrap();
            what
        })
        .unwrap()
    });
}

/// A request and an abort at once: nothing is dropped twice, and whoever waits is answered.
#[test]
fn a_request_against_an_abort() {
    let outcomes = [
        (false, false, "value"),
        (false, true, "cancelled"),
        (true, false, "cancelled"),
        (true, true, "cancelled"),
    ];
    explore(outcomes, |world| {
        let pool = world.pool(2);
        let task = world.create_on(pool.executor(), async {
            if let Err(cancelled) = catch_cancel(yield_now()).await {
                yield_now().await;
                cancelled.resume().await;
            }
            yield_now().await;
        });
        let (asks, aborts) = (task.task_ref(), task.task_ref());
        let asks = thread::spawn(move || asks.cancel());
        let aborts = thread::spawn(move || aborts.abort());
        let outcome = fate(block_on(task.into_future()));
        (asks.join().unwrap(), aborts.join().unwrap(), outcome)
    });
}

/// What `critical` holds is not torn, wherever the request finds it.
#[test]
fn a_request_against_a_critical_part() {
    let outcomes = [(false, "value", 2), (true, "cancelled", 0), (true, "cancelled", 2)];
    explore(outcomes, |world| {
        let pool = world.pool(2);
        let steps = Arc::new(AtomicUsize::new(0));
        let inside = Arc::clone(&steps);
        let task = world.create_on(pool.executor(), async move {
            critical(async {
                for _ in 0..2 {
                    inside.fetch_add(1, SeqCst);
                    yield_now().await;
                }
            })
            .await;
            checkpoint().await;
        });
        let other = {
            let task = task.task_ref();
            thread::spawn(move || task.cancel())
        };
        let outcome = fate(block_on(task.into_future()));
        let asked = other.join().unwrap();
        (asked, outcome, steps.load(SeqCst))
    });
}
