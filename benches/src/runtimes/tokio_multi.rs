//! tokio's multi-thread runtime.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, JoinSet};

use super::tokio::{Flavour, Tokio};
use super::{Pool, WORKERS};

pub(crate) type TokioMulti = Tokio<Multi>;

#[derive(Debug)]
pub(crate) enum Multi {}

impl Flavour for Multi {
    const NAME: &'static str = "tokio-multi";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        runtime().block_on(async { tokio::spawn(main).await.expect("nobody aborts it") })
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        tokio::spawn(future)
    }

    fn spawn_into<T: Send + 'static>(
        set: &mut JoinSet<T>,
        future: impl Future<Output = T> + Send + 'static,
    ) {
        set.spawn(future);
    }
}

impl Pool for TokioMulti {
    fn outside<T>(work: impl FnOnce() -> T) -> T {
        let runtime = runtime();
        let _entered = runtime.enter();
        work()
    }
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_time().build().expect("a runtime")
}
