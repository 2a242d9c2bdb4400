//! What is measured: cede's backends, their rivals, and the floor.

mod async_task;
mod cede;
mod cede_local;
mod cede_steal;
mod executor;
mod floor;
mod list;
mod local_executor;
mod local_pool;
mod static_executor;
mod static_local_executor;
mod tokio;
mod tokio_current;
mod tokio_local_set;
mod tokio_multi;

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

pub(crate) use cede_local::CedeLocal;
pub(crate) use cede_steal::CedeSteal;
pub(crate) use executor::OnExecutor;
pub(crate) use floor::Floor;
pub(crate) use list::{Class, LIST, Role, profile};
pub(crate) use local_executor::OnLocalExecutor;
pub(crate) use local_pool::OnLocalPool;
pub(crate) use static_executor::OnStaticExecutor;
pub(crate) use static_local_executor::OnStaticLocalExecutor;
pub(crate) use tokio_current::TokioCurrent;
pub(crate) use tokio_local_set::TokioLocalSet;
pub(crate) use tokio_multi::TokioMulti;

/// How many threads a pool has.
pub(crate) const WORKERS: usize = 2;

/// What a workload needs of a runtime, as its users would write it.
///
/// Futures are `Send` throughout, so that one source does for all.
pub(crate) trait Runtime: Send + 'static {
    const NAME: &'static str;
    /// Does [`cancel_all`](Runtime::cancel_all) ask all before it waits for the first?
    const ASKS_FIRST: bool = true;

    /// The handle of a task.
    type Task<T: Send + 'static>: Send + 'static;

    /// Runs `main` as a task of a new instance of the runtime. Called once in a process.
    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T;

    /// Makes a task; inside the runtime.
    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Self::Task<T>;

    fn detach<T: Send + 'static>(task: Self::Task<T>);

    /// The value of a task that nobody cancels.
    fn join<T: Send + 'static>(task: Self::Task<T>) -> impl Future<Output = T> + Send + 'static;

    /// Asks all of them to stop, and waits until they have ended, if the runtime can tell. Gives the number of those that ended cancelled.
    fn cancel_all<T: Send + 'static>(
        tasks: Vec<Self::Task<T>>,
    ) -> impl Future<Output = usize> + Send + 'static;

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static;

    /// The value of `future`, unless it takes longer than `limit`.
    fn timeout<T: Send + 'static>(
        limit: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static;

    /// Waits for a task in such a way that who is cancelled here takes the task along.
    fn hold(task: Self::Task<()>) -> impl Future<Output = ()> + Send + 'static;

    /// The values of all of them, in their order.
    fn gather<T: Send + Sync + 'static>(
        tasks: Vec<Self::Task<T>>,
    ) -> impl Future<Output = Vec<T>> + Send + 'static {
        join_all(tasks.into_iter().map(Self::join))
    }

    /// Runs a group of `size` tasks, of which each returns its number; gives the sum.
    fn group(size: usize) -> impl Future<Output = usize> + Send + 'static {
        let task = |n| Self::join(Self::spawn(async move { n }));
        let group: FuturesUnordered<_> = (0..size).map(task).collect();
        group.fold(0, async |sum, n| sum + n)
    }

    /// Makes a task that does `work`, and when it is asked to stop, `clean_up`.
    ///
    /// Where a task can't catch its cancellation, its users hand it a token.
    fn catching(
        work: impl Future<Output = ()> + Send + 'static,
        clean_up: impl Future<Output = ()> + Send + 'static,
    ) -> (Self::Task<()>, Option<CancellationToken>) {
        let token = CancellationToken::new();
        let ours = token.clone();
        let task = async move {
            if ours.run_until_cancelled(work).await.is_none() {
                clean_up.await;
            }
        };
        (Self::spawn(task), Some(token))
    }

    /// Asks tasks that [catch](Runtime::catching) it to stop, and waits until they have ended.
    fn stop_all(
        tasks: Vec<(Self::Task<()>, Option<CancellationToken>)>,
    ) -> impl Future<Output = ()> + Send + 'static {
        async {
            for token in tasks.iter().filter_map(|(_, token)| token.as_ref()) {
                token.cancel();
            }
            for (task, _) in tasks {
                Self::join(task).await;
            }
        }
    }

    /// How many tasks are alive, by the list of them; `None` where nobody keeps such a list.
    fn all_tasks() -> Option<usize> {
        None
    }
}

/// A runtime with threads of its own.
pub(crate) trait Pool: Runtime {
    /// Calls `work` on this thread, which is none of the pool's, but may make tasks. Called once in a process.
    fn outside<T>(work: impl FnOnce() -> T) -> T;
}
