//! Tasks of cede, on any backend of it.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use cede::{Cancel as _, JoinHandle, Task as _, TaskError, TaskGroup};
use tokio_util::sync::CancellationToken;

use super::Runtime;

/// A backend of cede: how a program is run on it.
pub(crate) trait Backend: Send + 'static {
    const NAME: &'static str;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T;
}

/// cede on the backend `B`.
#[derive(Debug)]
pub(crate) struct Cede<B>(PhantomData<B>);

impl<B: Backend> Runtime for Cede<B> {
    const NAME: &'static str = B::NAME;

    type Task<T: Send + 'static> = JoinHandle<T>;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        B::run(main)
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        cede::create_task(future)
    }

    fn detach<T: Send + 'static>(task: JoinHandle<T>) {
        task.detach();
    }

    async fn join<T: Send + 'static>(task: JoinHandle<T>) -> T {
        task.await.expect("nobody cancels it")
    }

    async fn cancel_all<T: Send + 'static>(tasks: Vec<JoinHandle<T>>) -> usize {
        for task in &tasks {
            task.cancel();
        }
        let mut cancelled = 0;
        for task in tasks {
            cancelled += usize::from(matches!(task.await, Err(TaskError::Cancelled(_))));
        }
        cancelled
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        cede::sleep(time)
    }

    async fn timeout<T: Send + 'static>(
        limit: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        cede::timeout(limit, future).await.ok()
    }

    fn hold(task: JoinHandle<()>) -> impl Future<Output = ()> + Send + 'static {
        Self::join(task)
    }

    async fn gather<T: Send + Sync + 'static>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
        cede::gather(tasks).await.expect("nobody cancels them")
    }

    async fn group(size: usize) -> usize {
        let body = async move |group: TaskGroup<Infallible>| {
            let task = |n| group.create_task(async move { Ok(n) }).expect("it is open");
            let tasks: Vec<_> = (0..size).map(task).collect();
            Ok(tasks)
        };
        let tasks = cede::task_group(body).await.expect("nobody fails");
        let value = |task: &JoinHandle<Result<usize, _>>| {
            *task.result().expect("it has ended").as_ref().expect("nobody fails")
        };
        tasks.iter().map(value).sum()
    }

    fn catching(
        work: impl Future<Output = ()> + Send + 'static,
        clean_up: impl Future<Output = ()> + Send + 'static,
    ) -> (JoinHandle<()>, Option<CancellationToken>) {
        let task = async move {
            if let Err(cancelled) = cede::catch_cancel(work).await {
                clean_up.await;
                cancelled.resume().await;
            }
        };
        (cede::create_task(task), None)
    }

    async fn stop_all(tasks: Vec<(JoinHandle<()>, Option<CancellationToken>)>) {
        Self::cancel_all(tasks.into_iter().map(|(task, _)| task).collect()).await;
    }

    fn all_tasks() -> Option<usize> {
        Some(cede::all_tasks().len())
    }
}
