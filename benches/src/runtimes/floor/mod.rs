//! The floor: async-task with one queue and nothing else. What costs less is not async-task.

mod timers;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

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
        while !main.is_finished() {
            match READY.with_borrow_mut(VecDeque::pop_front) {
                Some(task) => _ = task.run(),
                None => timers::wait(),
            }
        }
        block_on(main)
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        let schedule = |task| READY.with_borrow_mut(|ready| ready.push_back(task));
        let (runnable, task) = async_task::spawn(future, schedule);
        runnable.schedule();
        task
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        timers::Sleep::new(time)
    }
}
