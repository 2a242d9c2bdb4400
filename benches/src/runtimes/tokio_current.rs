//! tokio's current-thread runtime.

use std::future::Future;

use tokio::runtime::Builder;
use tokio::task::{JoinHandle, JoinSet};

use super::tokio::{Flavour, Tokio};

pub(crate) type TokioCurrent = Tokio<Current>;

#[derive(Debug)]
pub(crate) enum Current {}

impl Flavour for Current {
    const NAME: &'static str = "tokio-current";

    fn run<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async { tokio::spawn(main).await.expect("nobody aborts it") })
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
