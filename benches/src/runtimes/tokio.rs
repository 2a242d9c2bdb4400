//! Tasks of tokio, on any flavour of it.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio_util::task::AbortOnDropHandle;

use super::Runtime;

/// A flavour of tokio: how a program is run on it, and how tasks are made.
pub(crate) trait Flavour: Send + 'static {
    const NAME: &'static str;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T;

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T>;

    fn spawn_into<T: Send + 'static>(
        set: &mut JoinSet<T>,
        future: impl Future<Output = T> + Send + 'static,
    );
}

/// tokio in the flavour `F`.
#[derive(Debug)]
pub(crate) struct Tokio<F>(PhantomData<F>);

impl<F: Flavour> Runtime for Tokio<F> {
    const NAME: &'static str = F::NAME;

    type Task<T: Send + 'static> = JoinHandle<T>;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        F::run(main)
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        F::spawn(future)
    }

    fn detach<T: Send + 'static>(task: JoinHandle<T>) {
        drop(task);
    }

    async fn join<T: Send + 'static>(task: JoinHandle<T>) -> T {
        task.await.expect("nobody aborts it")
    }

    async fn cancel_all<T: Send + 'static>(tasks: Vec<JoinHandle<T>>) -> usize {
        for task in &tasks {
            task.abort();
        }
        let mut cancelled = 0;
        for task in tasks {
            cancelled += usize::from(task.await.is_err_and(|error| error.is_cancelled()));
        }
        cancelled
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep(time)
    }

    async fn timeout<T: Send + 'static>(
        limit: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        tokio::time::timeout(limit, future).await.ok()
    }

    async fn hold(task: JoinHandle<()>) {
        AbortOnDropHandle::new(task).await.expect("only who waits is aborted");
    }

    async fn group(size: usize) -> usize {
        let mut set = JoinSet::new();
        for n in 0..size {
            F::spawn_into(&mut set, async move { n });
        }
        let mut sum = 0;
        while let Some(n) = set.join_next().await {
            sum += n.expect("nobody aborts it");
        }
        sum
    }
}
