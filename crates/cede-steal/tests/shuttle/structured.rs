//! Groups, `gather` and `wait`, whose parts run on all workers.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use cede::prelude::*;
use cede::yield_now;
use shuttle::future::block_on;
use shuttle::thread;

use crate::harness::{explore, fate};

/// Cleans up for a while when it is asked.
async fn until_asked(cleaned: Arc<AtomicUsize>) -> Result<(), &'static str> {
    if let Err(cancelled) = catch_cancel(pending::<()>()).await {
        yield_now().await;
        cleaned.fetch_add(1, SeqCst);
        cancelled.resume().await;
    }
    Ok(())
}

/// The group returns when each child has ended, its clean-up as well; every failure is told.
#[test]
fn a_group_with_children_that_fail() {
    explore([vec!["one"], vec!["one", "two"], vec!["two"]], |world| {
        let pool = world.pool(3);
        let world = world.clone();
        pool.block_on(async move {
            let (begun, cleaned) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let counts = (Arc::clone(&begun), Arc::clone(&cleaned));
            let result = task_group(async move |group: TaskGroup<&'static str>| {
                let (begun, cleaned) = counts;
                let waits = async move {
                    begun.fetch_add(1, SeqCst);
                    until_asked(cleaned).await
                };
                let children = [
                    group.create_task(waits),
                    group.create_task(async {
                        yield_now().await;
                        Err("one")
                    }),
                    group.create_task(async {
                        yield_now().await;
                        Err("two")
                    }),
                ];
                children.iter().flatten().for_each(|child| world.count(child));
                pending::<Result<(), _>>().await
            })
            .await;
            assert_eq!(begun.load(SeqCst), cleaned.load(SeqCst), "it has ended, clean-up and all");
            let text = result.unwrap_err().to_string();
            ["one", "two"].into_iter().filter(|name| text.contains(name)).collect::<Vec<_>>()
        })
        .unwrap()
    });
}

/// A group that is asked from outside while its children end: it goes on outwards when all have ended.
#[test]
fn a_group_against_a_request() {
    explore([(false, "value"), (true, "cancelled")], |world| {
        let pool = world.pool(2);
        let inside = world.clone();
        let task = world.create_on(pool.executor(), async move {
            task_group(async move |group: TaskGroup<&'static str>| {
                for _ in 0..2 {
                    if let Ok(child) = group.create_task(async {
                        yield_now().await;
                        Ok(())
                    }) {
                        inside.count(&child);
                    }
                }
                Ok(())
            })
            .await
            .unwrap();
        });
        let other = {
            let task = task.task_ref();
            thread::spawn(move || task.cancel())
        };
        let outcome = fate(block_on(task.into_future()));
        (other.join().unwrap(), outcome)
    });
}

/// The first of several that ends is told, and the others are asked, and end.
#[test]
fn the_first_of_several() {
    explore([vec![0], vec![0, 1], vec![1]], |world| {
        let pool = world.pool(2);
        let world = world.clone();
        pool.block_on(async move {
            let tasks = [0, 1].map(|_| world.create(yield_now()));
            let _ = wait(&tasks).first_completed().timeout(Duration::from_secs(1)).await;
            let done = (0..2).filter(|n| tasks[*n].done()).collect::<Vec<_>>();
            for task in tasks {
                let _ = task.cancel_and_wait().await;
            }
            done
        })
        .unwrap()
    });
}
