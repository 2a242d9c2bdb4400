//! Tasks that create tasks, and await each other, on all workers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use cede::prelude::*;
use cede::yield_now;
use shuttle::future::block_on;
use shuttle::sync::atomic::AtomicBool;
use shuttle::sync::mpsc::channel;

use crate::harness::{Signal, explore, fate, panic_on_purpose, thread_name};

/// Children of children: each value comes back, whoever has run them.
#[test]
fn tasks_that_create_tasks() {
    explore([1, 2, 3], |world| {
        let pool = world.pool(3);
        let world = world.clone();
        let names = pool.block_on(async move {
            let children = [0, 1].map(|_| {
                let inside = world.clone();
                world.create(async move {
                    let grandchildren = [0, 1].map(|_| inside.create(async { thread_name() }));
                    let mut names = BTreeSet::from([thread_name()]);
                    for grandchild in grandchildren {
                        names.insert(grandchild.await.unwrap());
                    }
                    names
                })
            });
            let mut names = BTreeSet::new();
            for child in children {
                names.append(&mut child.await.unwrap());
            }
            names
        });
        names.unwrap().len()
    });
}

/// Three tasks await a fourth by reference, each wherever it is: all are answered, whether it has ended by then or not.
#[test]
fn one_task_awaited_by_three() {
    explore(["panicked", "value"], |world| {
        let pool = world.pool(2);
        let world = world.clone();
        let fates = pool.block_on(async move {
            let switch = Arc::new(AtomicBool::new(false));
            let flipped = Arc::clone(&switch);
            let awaited = Arc::new(world.create(async move {
                yield_now().await;
                if flipped.load(SeqCst) {
                    panic_on_purpose();
                }
            }));
            let awaiting = [0, 1, 2].map(|_| {
                let awaited = Arc::clone(&awaited);
                world.create(async move { fate((&*awaited).await.map(|_| ())) })
            });
            switch.store(true, SeqCst);
            gather(awaiting).await.unwrap()
        });
        let fates = fates.unwrap();
        assert!(fates.iter().all(|fate| *fate == fates[0]), "{fates:?}");
        fates[0]
    });
}

/// Two tasks that wake each other in turn, from worker to worker: no wake-up is lost.
#[test]
fn ping_pong() {
    explore([1, 2], |world| {
        let pool = world.pool(2);
        let world = world.clone();
        pool.block_on(async move {
            let signals: [Signal; 4] = Default::default();
            let [ping, pong] = [0, 1].map(|me| {
                let signals = signals.clone();
                world.create(async move {
                    let mut names = BTreeSet::new();
                    for (turn, signal) in signals.iter().enumerate() {
                        if turn % 2 == me {
                            signal.tell();
                        } else {
                            signal.heard().await;
                        }
                        names.insert(thread_name());
                    }
                    names
                })
            });
            let mut names = ping.await.unwrap();
            names.append(&mut pong.await.unwrap());
            names.len()
        })
        .unwrap()
    });
}

/// A task blocks its worker until those that it has created have run: another worker comes for them, however deep all others sleep.
#[test]
fn what_stands_behind_a_job_that_blocks() {
    explore([()], |world| {
        let pool = world.pool(2);
        let world = world.clone();
        pool.block_on(async move {
            // Until everybody else has gone to sleep, sometimes.
            yield_now().await;
            let (tell, told) = channel();
            for _ in 0..2 {
                let tell = tell.clone();
                world.create(async move { tell.send(()).unwrap() }).detach();
            }
            for _ in 0..2 {
                told.recv().unwrap();
            }
        })
        .unwrap();
    });
}

/// Two jobs that two workers have to run at once, the first being stuck until the second has run.
#[test]
fn a_job_that_waits_for_one_from_outside() {
    explore([()], |world| {
        let pool = world.pool(2);
        let (tell, told) = channel();
        let first = world.create_on(pool.executor(), async move { told.recv().unwrap() });
        let second = world.create_on(pool.executor(), async move { tell.send(()).unwrap() });
        block_on(async {
            first.into_future().await.unwrap();
            second.into_future().await.unwrap();
        });
    });
}

/// The list of all tasks holds who was alive during the whole call, and none that was done before, while others come and go on each worker.
#[test]
fn all_tasks_while_they_come_and_go() {
    explore([1, 2, 3, 4], |world| {
        let pool = world.pool(2);
        let executor = Arc::clone(pool.executor());
        let inside = world.clone();
        let (over, is_over) = (Signal::default(), Signal::default());
        let waits = is_over.clone();
        let stays = world.create_on(&executor, async move { waits.heard().await });
        let done = world.create_on(&executor, async {});
        let done_id = done.id();
        block_on(done.into_future()).unwrap();
        let main = world.create_on(&executor, async move {
            let children = [0, 1].map(|_| inside.create(yield_now()));
            for child in children {
                child.await.unwrap();
            }
            over.tell();
        });
        let listed = executor.all_tasks();
        is_over.tell();
        assert!(listed.iter().any(|task| task.id() == stays.id()));
        assert!(listed.iter().all(|task| task.id() != done_id));
        block_on(async {
            stays.into_future().await.unwrap();
            main.into_future().await.unwrap();
        });
        listed.len()
    });
}
