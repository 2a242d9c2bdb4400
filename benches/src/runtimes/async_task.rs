//! Tasks of async-task, on any executor that makes such.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use async_io::Timer;
use async_task::Task;
use futures_lite::future::or;

use super::Runtime;

/// An executor: how a program is run on it, and how tasks are made.
pub(crate) trait Executor: Send + 'static {
    const NAME: &'static str;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T;

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T>;

    /// By async-io's timers, unless the executor has its own.
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        async move {
            Timer::after(time).await;
        }
    }
}

/// async-task on the executor `E`.
#[derive(Debug)]
pub(crate) struct AsyncTask<E>(PhantomData<E>);

impl<E: Executor> Runtime for AsyncTask<E> {
    const NAME: &'static str = E::NAME;
    /// `Task::cancel` asks and waits in one.
    const ASKS_FIRST: bool = false;

    type Task<T: Send + 'static> = Task<T>;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        E::run(main)
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        E::spawn(future)
    }

    fn detach<T: Send + 'static>(task: Task<T>) {
        task.detach();
    }

    async fn join<T: Send + 'static>(task: Task<T>) -> T {
        task.await
    }

    async fn cancel_all<T: Send + 'static>(tasks: Vec<Task<T>>) -> usize {
        let mut cancelled = 0;
        for task in tasks {
            cancelled += usize::from(task.cancel().await.is_none());
        }
        cancelled
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        E::sleep(time)
    }

    fn timeout<T: Send + 'static>(
        limit: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let in_time = async { Some(future.await) };
        let too_late = async move {
            E::sleep(limit).await;
            None
        };
        or(in_time, too_late)
    }

    /// Dropping the handle cancels.
    async fn hold(task: Task<()>) {
        task.await;
    }
}
