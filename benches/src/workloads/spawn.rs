//! Making tasks.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Timed, Workload, same};
use crate::countdown::{ArriveOnDrop, Countdown};
use crate::runtimes::Runtime;
use crate::stopwatch::Stopwatch;

/// Makes tasks that return at once, and joins them in the same order.
#[derive(Debug)]
pub(crate) enum SpawnJoin {}

/// Makes tasks whose handles are dropped, and waits until the last has run.
#[derive(Debug)]
pub(crate) enum SpawnDetached {}

/// Joins tasks that have ended. Making them doesn't count.
#[derive(Debug)]
pub(crate) enum JoinEnded {}

/// Makes a task that makes a task, and so on; each ends when it has made the next.
#[derive(Debug)]
pub(crate) enum ChainedSpawn {}

impl Workload for SpawnJoin {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let tasks: Vec<_> = (0..size).map(|n| R::spawn(async move { n })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += R::join(task).await;
        }
        let took = watch.stop();
        same("the sum of the values", sum, size * (size - 1) / 2)?;
        Ok(took)
    }
}

impl Workload for SpawnDetached {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let countdown = Countdown::leak(size);
        let watch = Stopwatch::start();
        for _ in 0..size {
            R::detach(R::spawn(async { countdown.arrive() }));
        }
        countdown.zero().await;
        Ok(watch.stop())
    }
}

impl Workload for JoinEnded {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let ended = Countdown::leak(size);
        let task = |n| {
            let guard = ArriveOnDrop(ended);
            R::spawn(async move {
                let _guard = guard;
                n
            })
        };
        let tasks: Vec<_> = (0..size).map(task).collect();
        ended.zero().await;
        let watch = Stopwatch::start();
        let mut sum = 0;
        for task in tasks {
            sum += R::join(task).await;
        }
        let took = watch.stop();
        same("the sum of the values", sum, size * (size - 1) / 2)?;
        Ok(took)
    }
}

impl Workload for ChainedSpawn {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let countdown = Countdown::leak(size);
        let watch = Stopwatch::start();
        R::detach(R::spawn(Link::<R> { countdown, after: size - 1, runtime: PhantomData }));
        countdown.zero().await;
        Ok(watch.stop())
    }
}

/// One of the chain. Written by hand, for an `async fn` can't name itself.
struct Link<R> {
    countdown: &'static Countdown,
    /// How many come after it.
    after: usize,
    runtime: PhantomData<R>,
}

impl<R: Runtime> Future for Link<R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let countdown = self.countdown;
        if let Some(after) = self.after.checked_sub(1) {
            R::detach(R::spawn(Link::<R> { countdown, after, runtime: PhantomData }));
        }
        countdown.arrive();
        Poll::Ready(())
    }
}
