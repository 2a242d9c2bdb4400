//! cede's local backend.

use std::future::Future;

use cede::local::LocalExecutor;

use super::cede::{Backend, Cede};

pub(crate) type CedeLocal = Cede<Local>;

#[derive(Debug)]
pub(crate) enum Local {}

impl Backend for Local {
    const NAME: &'static str = "cede-local";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        LocalExecutor::new().block_on(main).expect("nobody cancels it")
    }
}
