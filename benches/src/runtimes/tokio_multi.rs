//! tokio's multi-thread runtime.

use std::future::Future;

use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use super::WORKERS;
use super::tokio::{Flavour, Tokio};

pub(crate) type TokioMulti = Tokio<Multi>;

#[derive(Debug)]
pub(crate) enum Multi {}

impl Flavour for Multi {
    const NAME: &'static str = "tokio-multi";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(WORKERS).enable_time().build().expect("a runtime");
        runtime.block_on(async { tokio::spawn(main).await.expect("nobody aborts it") })
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        tokio::spawn(future)
    }
}
