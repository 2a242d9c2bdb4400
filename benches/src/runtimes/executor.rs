//! async-executor's `Executor`, on two threads that drive it as smol's do.

use std::future::{Future, pending};
use std::thread;

use async_executor::Executor as Pool;
use async_task::Task;

use super::WORKERS;
use super::async_task::{AsyncTask, Executor};

pub(crate) type OnExecutor = AsyncTask<Dynamic>;

#[derive(Debug)]
pub(crate) enum Dynamic {}

static POOL: Pool<'static> = Pool::new();

impl Executor for Dynamic {
    const NAME: &'static str = "executor";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        for _ in 0..WORKERS {
            thread::spawn(|| async_io::block_on(POOL.run(pending::<()>())));
        }
        futures_lite::future::block_on(POOL.spawn(main))
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        POOL.spawn(future)
    }
}
