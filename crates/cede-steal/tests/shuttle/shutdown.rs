//! The end of a pool in the midst of everything.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use cede::prelude::*;
use cede::{sleep, yield_now};
use shuttle::future::block_on;
use shuttle::thread;

use crate::harness::{Signal, explore, fate};

/// The pool is dropped while its tasks await each other and the time, and another thread creates a task and waits for it: that thread is answered, and every
/// future is dropped.
#[test]
fn dropped_while_another_thread_creates() {
    explore(["backend gone", "value"], |world| {
        let pool = world.pool(2);
        let inside = world.clone();
        world
            .create_on(pool.executor(), async move {
                let child = inside.create(async {
                    let _ = catch_cancel(pending::<()>()).await;
                });
                inside.create(sleep(Duration::from_secs(3600))).detach();
                let _ = child.await;
            })
            .detach();
        let other = {
            let (world, executor) = (world.clone(), Arc::clone(pool.executor()));
            thread::spawn(move || {
                let task = world.create_on(&executor, yield_now());
                fate(block_on(task.into_future()))
            })
        };
        drop(pool);
        other.join().unwrap()
    });
}

/// The pool is dropped while one thread wakes a task of it, a second asks that, and a third waits for it.
#[test]
fn dropped_while_others_wake_and_ask() {
    let outcomes =
        [(false, "backend gone"), (false, "value"), (true, "backend gone"), (true, "cancelled")];
    explore(outcomes, |world| {
        let pool = world.pool(2);
        let signal = Signal::default();
        let heard = signal.clone();
        let task = world.create_on(pool.executor(), async move {
            heard.heard().await;
            yield_now().await;
        });
        let asks = task.task_ref();
        let wakes = thread::spawn(move || signal.tell());
        let asks = thread::spawn(move || asks.cancel());
        let waits = thread::spawn(move || fate(block_on(task.into_future())));
        drop(pool);
        wakes.join().unwrap();
        (asks.join().unwrap(), waits.join().unwrap())
    });
}

/// A runner is closed: all that is left is asked, and cleans up, and so does what the clean-up creates (R10).
#[test]
fn a_runner_that_is_closed() {
    explore([0, 1, 2], |world| {
        let runner = world.runner(2);
        let cleaned = Arc::new(AtomicUsize::new(0));
        let (world, count) = (world.clone(), Arc::clone(&cleaned));
        let main = async move {
            for _ in 0..2 {
                let (count, inside) = (Arc::clone(&count), world.clone());
                world
                    .create(async move {
                        if let Err(cancelled) = catch_cancel(pending::<()>()).await {
                            inside.create(yield_now()).await.unwrap();
                            count.fetch_add(1, SeqCst);
                            cancelled.resume().await;
                        }
                    })
                    .detach();
            }
        };
        runner.run(main).unwrap();
        runner.close().unwrap();
        cleaned.load(SeqCst)
    });
}

/// The last owner of a pool is a task of it: the worker does not wait for itself, and the tasks that are left end all the same.
#[test]
fn dropped_by_a_task_of_its_own() {
    explore(["backend gone"], |world| {
        let pool = world.pool(2);
        let executor = Arc::clone(pool.executor());
        let left = world.create_on(&executor, pending::<()>());
        let main = world.create_on(&executor, async move {
            yield_now().await;
            drop(pool);
        });
        let outcome = fate(block_on(main.into_future()));
        assert!(matches!(outcome, "value" | "backend gone"));
        let fate = fate(block_on(left.into_future()));
        world.settle(); // nobody waits for the workers
        fate
    });
}
