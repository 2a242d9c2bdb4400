//! cede's work-stealing backend.

use std::future::Future;
use std::sync::Arc;

use cede::backend::enter;
use cede::steal::StealExecutor;

use super::cede::{Backend, Cede};
use super::{Pool, WORKERS};

pub(crate) type CedeSteal = Cede<Steal>;

#[derive(Debug)]
pub(crate) enum Steal {}

impl Backend for Steal {
    const NAME: &'static str = "cede-steal";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        pool().block_on(main).expect("nobody cancels it")
    }
}

impl Pool for CedeSteal {
    fn outside<T>(work: impl FnOnce() -> T) -> T {
        let pool = pool();
        let _entered = enter(Arc::clone(pool.executor()));
        work()
    }
}

fn pool() -> StealExecutor {
    StealExecutor::builder().workers(WORKERS).build().expect("threads can be had")
}
