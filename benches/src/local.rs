//! The workloads on cede's local backend.

use std::future::pending;
use std::time::{Duration, Instant};

use cede::prelude::*;

use crate::{TASKS, YIELDING};

pub(crate) fn spawn_and_join() -> Duration {
    timed(async {
        let tasks: Vec<_> = (0..TASKS).map(|n| create_task(async move { n })).collect();
        for (n, task) in (0..TASKS).zip(tasks) {
            assert_eq!(task.await.expect("nobody cancels it"), n);
        }
    })
}

pub(crate) fn yields() -> Duration {
    timed(async {
        let (tasks, times) = YIELDING;
        let yielding = || async move {
            for _ in 0..times {
                cede::yield_now().await;
            }
        };
        let tasks: Vec<_> = (0..tasks).map(|_| create_task(yielding())).collect();
        for task in tasks {
            task.await.expect("nobody cancels it");
        }
    })
}

pub(crate) fn cancel_and_join() -> Duration {
    timed(async {
        let tasks: Vec<_> = (0..TASKS).map(|_| create_task(pending::<()>())).collect();
        cede::yield_now().await;
        assert!(tasks.iter().all(Cancel::cancel));
        for task in tasks {
            assert!(task.await.is_err());
        }
    })
}

fn timed(work: impl Future<Output = ()> + 'static) -> Duration {
    let timed = async {
        let start = Instant::now();
        work.await;
        start.elapsed()
    };
    cede::run(timed).expect("nobody cancels it")
}
