//! The workloads on async-executor's `LocalExecutor`.

use std::future::pending;
use std::time::{Duration, Instant};

use async_executor::LocalExecutor;
use futures_lite::future::{block_on, yield_now};

use crate::{TASKS, YIELDING};

pub(crate) fn spawn_and_join() -> Duration {
    let executor = LocalExecutor::new();
    timed(&executor, async {
        let tasks: Vec<_> = (0..TASKS).map(|n| executor.spawn(async move { n })).collect();
        for (n, task) in (0..TASKS).zip(tasks) {
            assert_eq!(task.await, n);
        }
    })
}

pub(crate) fn yields() -> Duration {
    let executor = LocalExecutor::new();
    timed(&executor, async {
        let (tasks, times) = YIELDING;
        let yielding = || async move {
            for _ in 0..times {
                yield_now().await;
            }
        };
        let tasks: Vec<_> = (0..tasks).map(|_| executor.spawn(yielding())).collect();
        for task in tasks {
            task.await;
        }
    })
}

pub(crate) fn cancel_and_join() -> Duration {
    let executor = LocalExecutor::new();
    timed(&executor, async {
        let tasks: Vec<_> = (0..TASKS).map(|_| executor.spawn(pending::<()>())).collect();
        yield_now().await;
        for task in tasks {
            assert!(task.cancel().await.is_none());
        }
    })
}

fn timed(executor: &LocalExecutor<'_>, work: impl Future<Output = ()>) -> Duration {
    block_on(executor.run(async {
        let start = Instant::now();
        work.await;
        start.elapsed()
    }))
}
