//! `checkpoint`: an await that exists only to be a place for a request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::cancel::forward::{self, Open};
use crate::cancel::{Cancelled, Steps, Throw};
use crate::current;
use crate::guard;
use crate::slots::Key;
use crate::task::TaskRef;

/// Delivers a request that is pending, and else goes on at once.
///
/// A task that computes for long without suspending can't be cancelled; this makes it so. It does not give
/// way: other tasks do not run. Await [`yield_now`](crate::yield_now) for that.
///
/// # Dropping
///
/// Nothing is lost.
///
/// # Cancel safety
///
/// If there is a request, this never returns: the scope around it gets the request, or the task ends.
///
/// # asyncio
///
/// There is nothing like it: `sleep(0)` gives way as well. [trio](https://trio.readthedocs.io) has the name.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, catch_cancel, checkpoint, current_task};
///
/// cede::run(async {
///     let done = catch_cancel(async {
///         for n in 0.. {
///             if n == 1000 {
///                 current_task().unwrap().cancel();
///             }
///             checkpoint().await;
///         }
///     });
///     assert!(done.await.is_err());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn checkpoint() -> Checkpoint {
    Checkpoint { throw: None }
}

/// The future of [`checkpoint`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Checkpoint {
    throw: Option<Throw>,
}

impl Future for Checkpoint {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some((task, scope)) =
            current::with(|context| (context.task().clone(), context.scope()))
        else {
            return Poll::Ready(());
        };
        if !self.throw.as_ref().is_some_and(Throw::is_here) {
            self.throw = take_request(&task, scope).and_then(Throw::here);
        }
        // An abort needs no place; the runner sees to it once this poll is over.
        let stop = self.throw.is_some() || task.header().state.load().is_aborted();
        if stop { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Takes the pending request, unless a `critical` holds it back. Every other leaf gets it, too (R15).
fn take_request(task: &TaskRef, scope: Option<Key>) -> Option<Cancelled> {
    let header = task.header();
    if !header.state.load().is_requested() {
        return None;
    }
    // Of what else is awaited, some may not have been polled in this step yet.
    let steps = Steps::during(header.step());
    let (met, cancelled, open, wakers) = header.control(|control| {
        let pending = control.request.as_ref()?;
        let met = control.tree.part(&pending.cancelled, scope, steps)?;
        let cancelled = control.request.take()?.cancelled;
        header.state.clear_request();
        let open = Open::find(header, control, &cancelled, steps);
        let beside = control.tree.deliver_beside(scope, &met, &cancelled, steps);
        header.hold(control, beside.held);
        if control.tree.any_thrown() {
            header.state.set_thrown(true);
            // Scopes that this step has passed already notice in the next.
            let idle = header.state.wake();
            debug_assert!(!idle, "the runner has the task");
        }
        Some((met, cancelled, open, beside.wakers))
    })?;
    wakers.into_iter().for_each(guard::wake);
    if let Some(open) = open {
        forward::descend(task, open.beside(), &cancelled);
    }
    Some(met)
}
