//! Threads that are no workers: they create, wake, ask and wait.

use std::sync::Arc;

use cede::yield_now;
use shuttle::future::block_on;
use shuttle::thread;

use crate::harness::{Signal, explore, fate};

/// Tasks from two other threads: each is answered, however sound the workers sleep.
#[test]
fn tasks_from_other_threads() {
    explore([()], |world| {
        let pool = world.pool(2);
        let threads = [1, 2].map(|number| {
            let (world, executor) = (world.clone(), Arc::clone(pool.executor()));
            thread::spawn(move || {
                for round in 0..2 {
                    let task = world.create_on(&executor, async move {
                        yield_now().await;
                        10 * number + round
                    });
                    let value = block_on(task.into_future()).unwrap();
                    assert_eq!(value, 10 * number + round);
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Two tasks that wait, and two threads that wake them.
#[test]
fn wakes_from_other_threads() {
    explore([()], |world| {
        let pool = world.pool(2);
        let tasks = [0, 1].map(|_| {
            let (signal, then): (Signal, Signal) = Default::default();
            let waits = (signal.clone(), then.clone());
            let task = world.create_on(pool.executor(), async move {
                waits.0.heard().await;
                waits.1.heard().await;
            });
            let teller = thread::spawn(move || {
                signal.tell();
                then.tell();
            });
            (task, teller)
        });
        for (task, teller) in tasks {
            assert_eq!(fate(block_on(task.into_future())), "value");
            teller.join().unwrap();
        }
    });
}
