//! What a runner does about requests, before it polls a task and after (R3, R4).

use crate::cancel::forward::{self, Open};
use crate::cancel::{Cancelled, Delivery, Steps};
use crate::guard;
use crate::task::TaskRef;
use crate::task::header::{Control, Header};
use crate::task::state::{Asked, Snapshot};

/// Before a poll: delivers what there is. `Some`: the task ends, by this.
pub(crate) fn before_poll(task: &TaskRef, before: Snapshot) -> Option<Cancelled> {
    let header = task.header();
    if before.is_aborted() {
        return aborted(task);
    }
    let steps = header.steps();
    if before.is_started() {
        forward_pending(task, steps);
    }
    let (hit, target, struck) = header.control(|control| {
        let hit = control.request.as_ref()?.hit;
        if control.tree.is_held(steps) {
            return Some((hit, None, Vec::new()));
        }
        Some((hit, control.tree.cancelled_target(), control.tree.struck_targets()))
    })?;
    // Woken by a cancelled task that it awaits, the task meets that one's message: asyncio does so.
    let woken_by = target.filter(|_| !hit).and_then(|target| target.cancellation());
    // It would unwind by what it has passed on, where that has struck: all in one.
    let struck: Vec<Cancelled> = struck
        .into_iter()
        .filter_map(|(target, passed)| target.cancellation()?.struck_of(&passed))
        .collect();
    let (cancelled, delivery) = header.control(|control| {
        let pending = control.request.take()?;
        header.state.clear_request();
        let all = struck.iter().fold(pending.cancelled, Cancelled::and);
        let cancelled = match woken_by {
            Some(shown) => shown.for_requests(&all),
            None => all,
        };
        let delivery = control.tree.deliver(&cancelled, steps);
        match delivery {
            Delivery::Held => {
                control.hold(cancelled.clone());
                header.state.set_held(true);
            }
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
    let steps = header.steps();
    header.control(|control| {
        if let Some(missed) = missed(header, control) {
            let asked = header.lay_down(control, missed);
            debug_assert!(asked == Asked::Noted, "the runner has the task");
        }
    });
    forward_pending(task, steps);
    header.control(|control| {
        if control.tree.is_held(steps) {
            let pending = control.request.take()?;
            header.state.clear_request();
            control.hold(pending.cancelled);
            header.state.set_held(true);
            return None;
        }
        let pending = control.request.as_mut()?;
        if !header.state.load().is_woken() {
            // Suspended at something that could be waited for: that wait is over, one hop from now.
            pending.hit = true;
            let woken = header.state.wake();
            debug_assert!(!woken, "the runner has the task");
        }
        None
    })
}

/// What the poll should have noticed, or can meet now: requests that were thrown at scopes which are not awaited, or taken over by such awaits, or
/// held back by a `critical` that is not awaited any more.
fn missed(header: &Header, control: &mut Control) -> Option<Cancelled> {
    let now = header.state.load();
    let mut missed = None;
    if (now.is_thrown() || now.is_forwarded()) && !now.is_woken() {
        missed = control.tree.unnoticed(header.step());
        header.state.set_thrown(control.tree.any_thrown());
        header.state.set_forwarded(control.tree.any_forwarded());
    }
    if now.is_held() && !control.tree.is_held(header.steps()) {
        header.state.set_held(false);
        let held = control.held.take();
        missed = match (missed, held) {
            (Some(missed), Some(held)) => Some(missed.and(&held)),
            (missed, held) => missed.or(held),
        };
    }
    missed
}

/// Lets the awaits that can take the pending request over do so.
fn forward_pending(task: &TaskRef, steps: Steps) {
    let header = task.header();
    let open = header.control(|control| {
        let pending = control.request.take_if(|pending| !pending.stays)?;
        let open = Open::find(header, control, &pending.cancelled, steps);
        if open.is_none() {
            control.request = Some(pending);
            return None;
        }
        header.state.clear_request();
        Some((open?, pending.cancelled))
    });
    if let Some((open, cancelled)) = open {
        forward::descend(task.clone(), open, &cancelled);
    }
}

fn aborted(task: &TaskRef) -> Option<Cancelled> {
    task.header().control(|control| control.aborted.take())
}
