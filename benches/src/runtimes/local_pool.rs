//! futures' `LocalPool`.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use async_io::Timer;
use futures_executor::{LocalPool, LocalSpawner};
use futures_lite::future::{or, yield_now};
use futures_util::future::RemoteHandle;
use futures_util::task::{LocalSpawnExt as _, SpawnExt as _};

use super::Runtime;

#[derive(Debug)]
pub(crate) enum OnLocalPool {}

thread_local! {
    static HERE: RefCell<Option<LocalSpawner>> = const { RefCell::new(None) };
}

impl Runtime for OnLocalPool {
    const NAME: &'static str = "local-pool";

    type Task<T: Send + 'static> = RemoteHandle<T>;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let mut pool = LocalPool::new();
        HERE.set(Some(pool.spawner()));
        let main = pool.spawner().spawn_local_with_handle(main).expect("the pool is there");
        pool.run_until(main)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> RemoteHandle<T> {
        HERE.with_borrow(|here| {
            let spawner = here.as_ref().expect("inside the pool");
            spawner.spawn_with_handle(future).expect("the pool is there")
        })
    }

    fn detach<T: Send + 'static>(task: RemoteHandle<T>) {
        task.forget();
    }

    async fn join<T: Send + 'static>(task: RemoteHandle<T>) -> T {
        task.await
    }

    /// Dropping a handle cancels its task, and there is nothing to wait for: they have ended when all that is ready has had its turn. A few yields, since
    /// the pool looks for new tasks only when one that was ready has yielded twice.
    async fn cancel_all<T: Send + 'static>(tasks: Vec<RemoteHandle<T>>) -> usize {
        let asked = tasks.len();
        drop(tasks);
        for _ in 0..4 {
            yield_now().await;
        }
        asked
    }

    async fn sleep(time: Duration) {
        Timer::after(time).await;
    }

    fn timeout<T: Send + 'static>(
        limit: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let in_time = async { Some(future.await) };
        let too_late = async move {
            Self::sleep(limit).await;
            None
        };
        or(in_time, too_late)
    }

    /// Dropping the handle cancels.
    async fn hold(task: RemoteHandle<()>) {
        task.await;
    }
}
