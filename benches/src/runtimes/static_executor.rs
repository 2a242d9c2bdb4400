//! async-executor's `StaticExecutor`, which keeps no list of its tasks, on two threads.

use std::future::{Future, pending};
use std::thread;

use async_executor::StaticExecutor;
use async_task::Task;

use super::async_task::{AsyncTask, Executor};
use super::{Pool, WORKERS};

pub(crate) type OnStaticExecutor = AsyncTask<Static>;

#[derive(Debug)]
pub(crate) enum Static {}

static POOL: StaticExecutor = StaticExecutor::new();

impl Executor for Static {
    const NAME: &'static str = "static-executor";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        start();
        futures_lite::future::block_on(POOL.spawn(main))
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        POOL.spawn(future)
    }
}

impl Pool for OnStaticExecutor {
    fn outside<T>(work: impl FnOnce() -> T) -> T {
        start();
        work()
    }
}

/// The threads end with the process.
fn start() {
    for _ in 0..WORKERS {
        thread::spawn(|| async_io::block_on(POOL.run(pending::<()>())));
    }
}
