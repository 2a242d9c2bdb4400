//! async-executor's `StaticLocalExecutor`, which keeps no list of its tasks.

use std::cell::Cell;
use std::future::Future;

use async_executor::{LocalExecutor, StaticLocalExecutor};
use async_task::Task;

use super::async_task::{AsyncTask, Executor};

pub(crate) type OnStaticLocalExecutor = AsyncTask<StaticLocal>;

#[derive(Debug)]
pub(crate) enum StaticLocal {}

thread_local! {
    /// Tasks are `Send` here and can't hold a reference to it; this costs as little.
    static HERE: Cell<Option<&'static StaticLocalExecutor>> = const { Cell::new(None) };
}

impl Executor for StaticLocal {
    const NAME: &'static str = "static-local-executor";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let executor = LocalExecutor::new().leak();
        HERE.set(Some(executor));
        async_io::block_on(executor.run(executor.spawn(main)))
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        HERE.get().expect("inside the executor").spawn(future)
    }
}
