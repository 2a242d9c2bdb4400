//! Giving way, and switching to and fro.
//!
//! The yield is futures-lite's for everybody: it wakes its own task and returns. tokio's `yield_now` does something else, and would be no match.

use async_channel::bounded;
use futures_lite::future::yield_now;

use super::{Timed, Workload, same};
use crate::runtimes::Runtime;
use crate::stopwatch::Stopwatch;

/// Tasks that yield [`TIMES`] times each.
#[derive(Debug)]
pub(crate) enum YieldMany {}

/// One task that yields, with nobody else about.
#[derive(Debug)]
pub(crate) enum YieldOne {}

/// Two tasks that send a number to and fro over channels; an operation is a round trip.
#[derive(Debug)]
pub(crate) enum PingPong {}

/// How often each of the many yields.
pub(crate) const TIMES: usize = 100;

impl Workload for YieldMany {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let tasks: Vec<_> = (0..size).map(|_| R::spawn(yields(TIMES))).collect();
        let mut yielded = 0;
        for task in tasks {
            yielded += R::join(task).await;
        }
        let took = watch.stop();
        same("yields", yielded, size * TIMES)?;
        Ok(took)
    }
}

impl Workload for YieldOne {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let yielded = R::join(R::spawn(yields(size))).await;
        let took = watch.stop();
        same("yields", yielded, size)?;
        Ok(took)
    }
}

async fn yields(times: usize) -> usize {
    for _ in 0..times {
        yield_now().await;
    }
    times
}

impl Workload for PingPong {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let (to, there) = bounded(1);
        let (back, fro) = bounded(1);
        let watch = Stopwatch::start();
        let echo = R::spawn(async move {
            while let Ok(n) = there.recv().await {
                if back.send(n + 1).await.is_err() {
                    break;
                }
            }
        });
        let server = R::spawn(async move {
            let mut n = 0;
            for _ in 0..size {
                if to.send(n).await.is_err() {
                    break;
                }
                n = fro.recv().await.unwrap_or_default();
            }
            n
        });
        let hits = R::join(server).await;
        R::join(echo).await;
        let took = watch.stop();
        same("round trips", hits, size)?;
        Ok(took)
    }
}
