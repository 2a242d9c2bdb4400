//! Tasks of cede, on any backend of it.

use std::future::Future;
use std::marker::PhantomData;

use cede::{Cancel as _, JoinHandle, TaskError};

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
}
