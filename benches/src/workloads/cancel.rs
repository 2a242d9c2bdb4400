//! Cancelling tasks that don't object.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Timed, Workload, Wrong, same};
use crate::countdown::{ArriveOnDrop, Countdown};
use crate::runtimes::{Class, Runtime, profile};
use crate::stopwatch::Stopwatch;

/// Makes tasks that wait for ever, until the last of them does. What [`CancelSleeping`] cancels.
#[derive(Debug)]
pub(crate) enum SpawnSleeping {}

/// Cancels tasks that wait for ever, and waits until they have ended. Making them doesn't count.
#[derive(Debug)]
pub(crate) enum CancelSleeping {}

/// Makes tasks and cancels them before they have begun; all of that counts. A pool may have begun with some, and so has who must wait for the
/// first before it can ask the next.
#[derive(Debug)]
pub(crate) enum CancelUnstarted {}

impl Workload for SpawnSleeping {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let (tasks, gone) = sleepers::<R>(size).await;
        let took = watch.stop();
        end::<R>(tasks, gone).await?;
        Ok(took)
    }
}

impl Workload for CancelSleeping {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let (tasks, gone) = sleepers::<R>(size).await;
        let watch = Stopwatch::start();
        end::<R>(tasks, gone).await?;
        Ok(watch.stop())
    }
}

impl Workload for CancelUnstarted {
    async fn body<R: Runtime>(size: usize) -> Timed {
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let gone = Countdown::leak(size);
        let watch = Stopwatch::start();
        let task = |_| {
            let guard = ArriveOnDrop(gone);
            R::spawn(async move {
                BEGUN.fetch_add(1, Ordering::Relaxed);
                let _guard = guard;
                pending::<()>().await;
            })
        };
        let tasks = (0..size).map(task).collect();
        end::<R>(tasks, gone).await?;
        let took = watch.stop();
        let local = profile(R::NAME).is_some_and(|runtime| runtime.class == Class::Single);
        if local && R::ASKS_FIRST {
            same("tasks that began", BEGUN.load(Ordering::Relaxed), 0)?;
        }
        Ok(took)
    }
}

/// Tasks that wait for ever, all of them begun, and what counts their ends.
async fn sleepers<R: Runtime>(size: usize) -> (Vec<R::Task<()>>, &'static Countdown) {
    let (begun, gone) = (Countdown::leak(size), Countdown::leak(size));
    let task = |_| {
        R::spawn(async {
            let _guard = ArriveOnDrop(gone);
            begun.arrive();
            pending::<()>().await;
        })
    };
    let tasks = (0..size).map(task).collect();
    begun.zero().await;
    (tasks, gone)
}

/// Cancels the tasks; every future must be gone then.
pub(super) async fn end<R: Runtime>(
    tasks: Vec<R::Task<()>>,
    gone: &'static Countdown,
) -> Result<(), Wrong> {
    let asked = tasks.len();
    let cancelled = R::cancel_all(tasks).await;
    same("cancelled tasks", cancelled, asked)?;
    same("futures that are left", gone.left(), 0)
}
