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

pub(crate) use cede_local::CedeLocal;
pub(crate) use cede_steal::CedeSteal;
pub(crate) use executor::OnExecutor;
pub(crate) use floor::Floor;
pub(crate) use list::{Class, Role, profile};
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
}
