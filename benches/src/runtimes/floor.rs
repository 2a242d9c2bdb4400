//! The floor: async-task with one queue and nothing else. What runs on less is not async-task.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;

use async_task::{Runnable, Task};
use futures_lite::future::block_on;

use super::async_task::{AsyncTask, Executor};

pub(crate) type Floor = AsyncTask<Bare>;

#[derive(Debug)]
pub(crate) enum Bare {}

thread_local! {
    static READY: RefCell<VecDeque<Runnable>> = const { RefCell::new(VecDeque::new()) };
}

impl Executor for Bare {
    const NAME: &'static str = "floor";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let main = Self::spawn(main);
        while let Some(task) = READY.with_borrow_mut(VecDeque::pop_front) {
            task.run();
        }
        assert!(main.is_finished(), "nothing is ready, and main waits");
        block_on(main)
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        let schedule = |task| READY.with_borrow_mut(|ready| ready.push_back(task));
        let (runnable, task) = async_task::spawn(future, schedule);
        runnable.schedule();
        task
    }
}
