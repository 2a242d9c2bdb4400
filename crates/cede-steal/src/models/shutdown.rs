//! The end of a pool, with real tasks: nothing is lost, and whoever asks learns what became of it.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use cede_core::backend::{Executor, outcome_of};
use cede_core::{JoinHandle, Reason, Task, TaskBuilder, TaskError};
use loom::thread;

use super::explore;
use crate::pool::Pool;
use crate::worker;

/// How a task has ended.
fn fate(task: JoinHandle<()>) -> &'static str {
    assert!(task.done(), "nobody will ever end it");
    match outcome_of(task) {
        Ok(()) => "value",
        Err(TaskError::Cancelled(cancelled)) if cancelled.reason() == Reason::BackendGone => {
            "backend gone"
        }
        Err(error) => panic!("{error}"),
    }
}

fn start() -> (Arc<Pool>, thread::JoinHandle<()>) {
    let (pool, mut lanes) = Pool::new(1);
    let (shared, lane) = (Arc::clone(&pool), lanes.remove(0));
    let worker = thread::spawn(move || {
        worker::work(&shared, lane);
        shared.leave(1);
    });
    (pool, worker)
}

fn create(pool: &Arc<Pool>, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    TaskBuilder::new().create_on(&(Arc::clone(pool) as Arc<dyn Executor>), future)
}

/// A task that is created while the pool closes runs, or is told that nobody will run it.
#[test]
fn shutdown_against_spawn() {
    explore(2, ["value", "backend gone"], || {
        let (pool, worker) = start();
        let shared = Arc::clone(&pool);
        let other = thread::spawn(move || create(&shared, async {}));
        pool.close();
        let task = other.join().unwrap();
        worker.join().unwrap();
        assert_eq!(Arc::strong_count(&pool), 2, "the pool, and the task's handle");
        fate(task)
    });
}

/// A task that is woken by another thread while the pool closes runs to its end, or is told that nobody will run it.
#[test]
fn shutdown_against_a_foreign_wake() {
    explore(2, ["value", "backend gone"], || {
        let (pool, worker) = start();
        // No part of the race: std's.
        let gate: Arc<Mutex<(bool, Option<Waker>)>> = Arc::default();
        let inside = Arc::clone(&gate);
        let task = create(
            &pool,
            poll_fn(move |cx| {
                let mut gate = inside.lock().unwrap();
                gate.1 = Some(cx.waker().clone());
                if gate.0 { Poll::Ready(()) } else { Poll::Pending }
            }),
        );
        let other = thread::spawn(move || {
            let waker = {
                let mut gate = gate.lock().unwrap();
                gate.0 = true;
                gate.1.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        pool.close();
        other.join().unwrap();
        worker.join().unwrap();
        fate(task)
    });
}
