//! Tasks of tokio, on any flavour of it.

use std::future::Future;
use std::marker::PhantomData;

use tokio::task::JoinHandle;

use super::Runtime;

/// A flavour of tokio: how a program is run on it, and how tasks are made.
pub(crate) trait Flavour: Send + 'static {
    const NAME: &'static str;

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T;

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T>;
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
}
