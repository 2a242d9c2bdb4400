//! async-executor's `Executor`, on two threads that drive it as smol's do.

use std::future::{Future, pending};
use std::thread;

use async_executor::Executor as Dynamically;
use async_task::Task;

use super::async_task::{AsyncTask, Executor};
use super::{Pool, WORKERS};

pub(crate) type OnExecutor = AsyncTask<Dynamic>;

#[derive(Debug)]
pub(crate) enum Dynamic {}

static POOL: Dynamically<'static> = Dynamically::new();

impl Executor for Dynamic {
    const NAME: &'static str = "executor";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        start();
        futures_lite::future::block_on(POOL.spawn(main))
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        POOL.spawn(future)
    }
}

impl Pool for OnExecutor {
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
