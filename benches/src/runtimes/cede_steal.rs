//! cede's work-stealing backend.

use std::future::Future;

use cede::steal::StealExecutor;

use super::WORKERS;
use super::cede::{Backend, Cede};

pub(crate) type CedeSteal = Cede<Steal>;

#[derive(Debug)]
pub(crate) enum Steal {}

impl Backend for Steal {
    const NAME: &'static str = "cede-steal";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let pool = StealExecutor::builder().workers(WORKERS).build().expect("threads can be had");
        pool.block_on(main).expect("nobody cancels it")
    }
}
