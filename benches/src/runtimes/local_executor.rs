//! async-executor's `LocalExecutor`, driven as smol does.

use std::cell::Cell;
use std::future::Future;

use async_executor::LocalExecutor;
use async_task::Task;

use super::async_task::{AsyncTask, Executor};

pub(crate) type OnLocalExecutor = AsyncTask<Local>;

#[derive(Debug)]
pub(crate) enum Local {}

thread_local! {
    /// Tasks are `Send` here and can't hold a reference to it; this costs as little.
    static HERE: Cell<Option<&'static LocalExecutor<'static>>> = const { Cell::new(None) };
}

impl Executor for Local {
    const NAME: &'static str = "local-executor";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let executor: &'static _ = Box::leak(Box::new(LocalExecutor::new()));
        HERE.set(Some(executor));
        async_io::block_on(executor.run(executor.spawn(main)))
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        HERE.get().expect("inside the executor").spawn(future)
    }
}
