//! Timers, and who wakes up for them.

use std::future::pending;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::prelude::*;
use cede::{Executor, sleep, yield_now};
use shuttle::future::block_on;
use shuttle::sync::mpsc::{Sender, channel};
use shuttle::thread;

use crate::harness::{explore, fate};

const SECOND: Duration = Duration::from_secs(1);

/// Sleeps that two workers and another thread set, the earlier after the later: all come, and leave nothing behind.
#[test]
fn sleeps_from_everywhere() {
    explore([()], |world| {
        let pool = world.pool(2);
        let outside = {
            let (world, executor) = (world.clone(), Arc::clone(pool.executor()));
            thread::spawn(move || {
                let task = world.create_on(&executor, sleep(2 * SECOND));
                block_on(task.into_future()).unwrap();
            })
        };
        let inside = world.clone();
        pool.block_on(async move {
            let children = [3, 1].map(|seconds| inside.create(sleep(seconds * SECOND)));
            sleep(SECOND / 2).await;
            for child in children {
                child.await.unwrap();
            }
        })
        .unwrap();
        outside.join().unwrap();
        assert!(format!("{pool:?}").contains("timers: 0"), "{pool:?}");
    });
}

/// A worker that kept time has woken up, sets a timer, and blocks until that has come, while nobody else has anything to do: the other takes over (T3).
#[test]
fn a_timer_before_a_job_that_blocks() {
    explore([()], |world| {
        let pool = world.pool(2);
        pool.block_on(async {
            sleep(SECOND).await;
            let (tell, told) = channel();
            tell_in_a_second(&cede::backend::ambient().unwrap(), tell);
            yield_now().await; // this wakes nobody: the worker looks there next
            told.recv().unwrap();
        })
        .unwrap();
    });
}

/// The same, where another thread sets the timer while that worker blocks.
#[test]
fn a_timer_from_outside_while_a_job_blocks() {
    explore([()], |world| {
        let pool = world.pool(2);
        let executor = Arc::clone(pool.executor());
        let ((ready, begins), (tell, told)) = (channel(), channel());
        let other = thread::spawn(move || {
            begins.recv().unwrap();
            tell_in_a_second(&executor, tell);
        });
        pool.block_on(async move {
            sleep(SECOND).await;
            ready.send(()).unwrap();
            told.recv().unwrap();
        })
        .unwrap();
        other.join().unwrap();
    });
}

fn tell_in_a_second(executor: &Arc<dyn Executor>, tell: Sender<()>) {
    let tells = Arc::new(Tells(shuttle::sync::Mutex::new(tell)));
    executor.wake_at(executor.now() + SECOND, Waker::from(tells));
}

struct Tells(shuttle::sync::Mutex<Sender<()>>);

impl Wake for Tells {
    fn wake(self: Arc<Self>) {
        self.0.lock().unwrap().send(()).unwrap();
    }
}

/// A timeout and its body: one of them is first, and the task goes on in any case.
#[test]
fn a_timeout_against_its_body() {
    explore(["elapsed", "in time"], |world| {
        let pool = world.pool(2);
        let world = world.clone();
        pool.block_on(async move {
            let child = world.create(yield_now());
            match timeout(SECOND, child).await {
                Ok(value) => {
                    value.unwrap();
                    "in time"
                }
                Err(_) => "elapsed",
            }
        })
        .unwrap()
    });
}

/// A timeout, and a request from outside: neither swallows the other (R12).
#[test]
fn a_timeout_against_a_request() {
    let outcomes = [(false, "elapsed"), (true, "cancelled")];
    explore(outcomes, |world| {
        let pool = world.pool(2);
        let task = world.create_on(pool.executor(), async {
            match timeout(SECOND, timeout(2 * SECOND, pending::<()>())).await {
                Ok(Ok(())) => "value",
                // The inner one is struck first if the worker that has found the outer one due is very slow to say so.
                Ok(Err(_)) | Err(_) => "elapsed",
            }
        });
        let other = {
            let task = task.task_ref();
            thread::spawn(move || task.cancel())
        };
        let outcome = block_on(task.into_future());
        (other.join().unwrap(), outcome.unwrap_or_else(|error| fate::<()>(Err(error))))
    });
}
