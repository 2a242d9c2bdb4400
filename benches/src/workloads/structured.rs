//! Clean-up, forwarding, time limits, gathering and groups.

use std::future::pending;
use std::time::Duration;

use futures_lite::future::yield_now;

use super::cancel::end;
use super::{Timed, Workload, same};
use crate::countdown::{ArriveOnDrop, Countdown};
use crate::runtimes::Runtime;
use crate::stopwatch::Stopwatch;

/// Stops tasks that wait for ever, catch it, and await once for their clean-up. Making them doesn't count.
#[derive(Debug)]
pub(crate) enum CatchCancel {}

/// Cancels the first task of chains of [`LINKS`], each of which awaits the next; the last waits for ever. Making them doesn't count.
#[derive(Debug)]
pub(crate) enum Forward {}

/// Cancels tasks that wait for ever inside a timeout that is far away. Making them doesn't count.
#[derive(Debug)]
pub(crate) enum CancelInTimeout {}

/// Makes tasks, and gathers their values.
#[derive(Debug)]
pub(crate) enum Gather {}

/// Runs a group of tasks.
#[derive(Debug)]
pub(crate) enum Group {}

/// The length of a chain.
const LINKS: usize = 10;

impl Workload for CatchCancel {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let (begun, cleaned) = (Countdown::leak(size), Countdown::leak(size));
        let clean_up = async || {
            yield_now().await;
            cleaned.arrive();
        };
        let work = async || {
            begun.arrive();
            pending::<()>().await;
        };
        let tasks = (0..size).map(|_| R::catching(work(), clean_up())).collect();
        begun.zero().await;
        let watch = Stopwatch::start();
        R::stop_all(tasks).await;
        let took = watch.stop();
        same("clean-ups that are missing", cleaned.left(), 0)?;
        Ok(took)
    }
}

impl Workload for Forward {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let (begun, gone) = (Countdown::leak(size * LINKS), Countdown::leak(size));
        let chain = |_| {
            let mut task = R::spawn(async {
                let _guard = ArriveOnDrop(gone);
                begun.arrive();
                pending::<()>().await;
            });
            for _ in 1..LINKS {
                task = R::spawn(async {
                    begun.arrive();
                    R::hold(task).await;
                });
            }
            task
        };
        let chains: Vec<_> = (0..size).map(chain).collect();
        begun.zero().await;
        let watch = Stopwatch::start();
        let cancelled = R::cancel_all(chains).await;
        gone.zero().await;
        let took = watch.stop();
        same("cancelled chains", cancelled, size)?;
        Ok(took)
    }
}

impl Workload for CancelInTimeout {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let (begun, gone) = (Countdown::leak(size), Countdown::leak(size));
        let task = |_| {
            R::spawn(async {
                begun.arrive();
                let guard = ArriveOnDrop(gone);
                let work = async {
                    let _guard = guard;
                    pending::<()>().await;
                };
                R::timeout(Duration::from_secs(60), work).await;
            })
        };
        let tasks = (0..size).map(task).collect();
        begun.zero().await;
        let watch = Stopwatch::start();
        end::<R>(tasks, gone).await?;
        Ok(watch.stop())
    }
}

impl Workload for Gather {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let tasks = (0..size).map(|n| R::spawn(async move { n })).collect();
        let values = R::gather(tasks).await;
        let took = watch.stop();
        same("values in order", values.into_iter().eq(0..size), true)?;
        Ok(took)
    }
}

impl Workload for Group {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let sum = R::group(size).await;
        let took = watch.stop();
        same("the sum of the values", sum, size * (size - 1) / 2)?;
        Ok(took)
    }
}
