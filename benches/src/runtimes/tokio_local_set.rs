//! tokio's `LocalSet`, on its current-thread runtime.

use std::future::Future;

use tokio::runtime::Builder;
use tokio::task::{JoinHandle, JoinSet, LocalSet, spawn_local};

use super::tokio::{Flavour, Tokio};

pub(crate) type TokioLocalSet = Tokio<Set>;

#[derive(Debug)]
pub(crate) enum Set {}

impl Flavour for Set {
    const NAME: &'static str = "tokio-local-set";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let main = async { spawn_local(main).await.expect("nobody aborts it") };
        LocalSet::new().block_on(&runtime, main)
    }

    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        spawn_local(future)
    }

    fn spawn_into<T: Send + 'static>(
        set: &mut JoinSet<T>,
        future: impl Future<Output = T> + Send + 'static,
    ) {
        set.spawn_local(future);
    }
}
