//! What the tasks do: a bit of everything, drawn at random.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use cede::prelude::*;
use cede::{Executor, sleep, yield_now};
use cede_sync::{Mutex, MutexGuard};

use crate::ledger::{Ledger, Token};

/// What the tasks of a round and the threads around it share.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) ledger: Ledger,
    pub(crate) executor: Arc<dyn Executor>,
    /// Tasks that other threads may ask, and wakers that they may wake.
    pub(crate) reachable: Arc<Mutex<Reachable>>,
}

#[derive(Default)]
pub(crate) struct Reachable {
    pub(crate) tasks: Vec<TaskRef>,
    pub(crate) wakers: Vec<Waker>,
}

type Boxed = Pin<Box<dyn Future<Output = Token> + Send>>;

/// No more than so many are kept for other threads.
const REACHABLE: usize = 256;

impl Place {
    /// A task that does something, and creates others up to this depth. Any thread may call this.
    pub(crate) fn create(&self, depth: u32) -> JoinHandle<Token> {
        let work = self.work(depth);
        let inside = self.ledger.token();
        let task = TaskBuilder::new().create_on(&self.executor, async move {
            let _inside = inside;
            work.await
        });
        self.ledger.count(&task);
        if fastrand::u8(..4) == 0 {
            let mut reachable = self.reachable();
            if reachable.tasks.len() < REACHABLE {
                reachable.tasks.push(task.task_ref());
            } else {
                let at = fastrand::usize(..REACHABLE);
                let before = std::mem::replace(&mut reachable.tasks[at], task.task_ref());
                drop(reachable);
                drop(before);
            }
        }
        task
    }

    pub(crate) fn reachable(&self) -> MutexGuard<'_, Reachable> {
        self.reachable.lock()
    }

    fn work(&self, depth: u32) -> Boxed {
        let place = self.clone();
        let kinds = if depth == 0 { 8 } else { 14 };
        match fastrand::u8(..kinds) {
            0 => Box::pin(async move { place.ledger.token() }),
            1 => Box::pin(async move {
                for _ in 0..fastrand::u8(..20) {
                    yield_now().await;
                }
                place.ledger.token()
            }),
            2 => Box::pin(async move {
                nap().await;
                place.ledger.token()
            }),
            3 => Box::pin(async move {
                yield_now().await;
                panic!("on purpose")
            }),
            4 => Box::pin(async move {
                // Cleans up, and then resumes or refuses.
                if let Err(cancelled) = catch_cancel(nap()).await {
                    nap().await;
                    if fastrand::bool() {
                        cancelled.resume().await;
                    }
                }
                place.ledger.token()
            }),
            5 => Box::pin(async move {
                let _ = cede::timeout(Duration::from_micros(fastrand::u64(..500)), nap()).await;
                place.ledger.token()
            }),
            6 => Box::pin(async move {
                critical(nap()).await;
                checkpoint().await;
                place.ledger.token()
            }),
            7 => Box::pin(async move {
                place.wait_for_a_foreign_wake().await;
                place.ledger.token()
            }),
            8 | 9 => Box::pin(async move { place.family(depth - 1).await }),
            10 | 11 => Box::pin(async move { place.group(depth - 1).await }),
            12 => Box::pin(async move {
                let children: Vec<_> =
                    (0..fastrand::usize(1..5)).map(|_| place.create(depth - 1)).collect();
                let _ = gather(children).await;
                place.ledger.token()
            }),
            _ => Box::pin(async move {
                let child = place.create(depth - 1);
                child.cancel();
                let _ = child.await;
                place.ledger.token()
            }),
        }
    }

    /// Children that are awaited, detached, asked, aborted.
    async fn family(self, depth: u32) -> Token {
        for _ in 0..fastrand::u8(1..6) {
            let child = self.create(depth);
            match fastrand::u8(..5) {
                0 => child.detach(),
                1 => {
                    yield_now().await;
                    child.abort();
                }
                2 => drop(child.cancel_and_wait().await),
                3 => drop(wait([&child]).timeout(Duration::from_micros(300)).await),
                _ => drop(child.await),
            }
        }
        self.ledger.token()
    }

    /// A group, some children of which fail.
    async fn group(self, depth: u32) -> Token {
        let place = self.clone();
        let _ = task_group(async move |group: TaskGroup<&str>| {
            for _ in 0..fastrand::u8(1..5) {
                let (work, inside) = (place.work(depth), place.ledger.token());
                let child = group.create_task(async move {
                    let _inside = inside;
                    let value = work.await;
                    if fastrand::u8(..4) == 0 { Err("on purpose") } else { Ok(value) }
                });
                if let Ok(child) = child {
                    place.ledger.count(&child);
                }
            }
            nap().await;
            Ok(())
        })
        .await;
        self.ledger.token()
    }

    async fn wait_for_a_foreign_wake(&self) {
        let mut waited = false;
        std::future::poll_fn(|cx| {
            if waited {
                return Poll::Ready(());
            }
            waited = true;
            let waker = cx.waker().clone();
            self.reachable().wakers.push(waker);
            Poll::Pending
        })
        .await;
    }
}

/// For a short time, or until somebody asks.
async fn nap() {
    match fastrand::u8(..8) {
        0 => {
            let _ = cede::timeout(Duration::from_millis(2), pending::<()>()).await;
        }
        1 => sleep(Duration::from_millis(1)).await,
        2 | 3 => sleep(Duration::from_micros(fastrand::u64(..200))).await,
        _ => yield_now().await,
    }
}
