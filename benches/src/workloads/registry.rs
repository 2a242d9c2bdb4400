//! Listing what is alive.

use std::future::pending;

use super::{Timed, Workload, same};
use crate::countdown::Countdown;
use crate::runtimes::Runtime;
use crate::stopwatch::Stopwatch;

/// Lists all tasks; an operation is a task on the list. Making them doesn't count.
#[derive(Debug)]
pub(crate) enum AllTasks {}

impl Workload for AllTasks {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let begun = Countdown::leak(size);
        let task = |_| {
            R::spawn(async {
                begun.arrive();
                pending::<()>().await;
            })
        };
        let tasks: Vec<_> = (0..size).map(task).collect();
        begun.zero().await;
        let watch = Stopwatch::start();
        let found = R::all_tasks();
        let took = watch.stop();
        R::cancel_all(tasks).await;
        // All of those, and the one that asks.
        same("tasks on the list", found, Some(size + 1))?;
        Ok(took)
    }
}
