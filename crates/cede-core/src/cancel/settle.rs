//! What a runner does about requests, before it polls a task and after (R3, R4).

use crate::cancel::forward::{self, Open};
use crate::cancel::{Cancelled, Delivery};
use crate::guard;
use crate::task::TaskRef;
use crate::task::state::Snapshot;

/// Before a poll: delivers what there is. `Some`: the task ends, by this.
pub(crate) fn before_poll(task: &TaskRef, before: Snapshot) -> Option<Cancelled> {
    let header = task.header();
    if before.is_aborted() {
        return aborted(task);
    }
    if before.is_started() {
        forward_pending(task);
    }
    let (hit, target) = header.control(|control| {
        let hit = control.request.as_ref()?.hit;
        Some((hit, control.tree.cancelled_target()))
    })?;
    // Woken by a cancelled task that it awaits, the task meets that one's message: asyncio does so.
    let woken_by = target.filter(|_| !hit).and_then(|target| target.cancellation());
    let (cancelled, delivery) = header.control(|control| {
        let pending = control.request.take()?;
        header.state.clear_request();
        let cancelled = match woken_by {
            Some(shown) => shown.for_requests(&pending.cancelled),
            None => pending.cancelled,
        };
        let delivery = control.tree.deliver(&cancelled);
        match delivery {
            Delivery::Held => control.hold(cancelled.clone()),
            Delivery::Scopes(_) => header.state.set_thrown(true),
            Delivery::Task | Delivery::Forwarded => {}
        }
        Some((cancelled, delivery))
    })?;
    match delivery {
        Delivery::Task => return Some(cancelled),
        Delivery::Scopes(wakers) => wakers.into_iter().for_each(guard::wake),
        Delivery::Held | Delivery::Forwarded => {}
    }
    None
}

/// After a poll that was pending: goes on unwinding, and prepares what came meanwhile. `Some`: the task ends.
pub(crate) fn after_poll(task: &TaskRef, now: Snapshot) -> Option<Cancelled> {
    let header = task.header();
    if now.is_aborted() {
        return aborted(task);
    }
    if now.is_unwinding() {
        return header.control(|control| control.tree.take_unwinding());
    }
    forward_pending(task);
    header.control(|control| {
        if control.tree.is_held() {
            let pending = control.request.take()?;
            header.state.clear_request();
            control.hold(pending.cancelled);
            return None;
        }
        let pending = control.request.as_mut()?;
        if !header.state.load().is_woken() {
            // Suspended at something that could be waited for: that wait is over, one hop from now.
            pending.hit = true;
            let running = header.state.wake();
            debug_assert!(!running, "the runner has the task");
        }
        None
    })
}

/// Lets the awaits that can take the pending request over do so.
fn forward_pending(task: &TaskRef) {
    let header = task.header();
    let open = header.control(|control| {
        let pending = control.request.as_ref()?;
        let open = Open::find(&mut control.tree, &pending.cancelled)?;
        header.state.clear_request();
        Some((open, control.request.take()?.cancelled))
    });
    if let Some((open, cancelled)) = open {
        forward::descend(task.clone(), open, &cancelled);
    }
}

fn aborted(task: &TaskRef) -> Option<Cancelled> {
    task.header().control(|control| control.aborted.take())
}
