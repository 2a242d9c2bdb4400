//! What a runner does about requests, before it polls a task and after (R3, R4).

use crate::cancel::forward::{self, Open};
use crate::cancel::{Cancelled, CancelledTarget, Steps, Struck};
use crate::guard;
use crate::task::TaskRef;
use crate::task::control::Control;
use crate::task::header::Header;
use crate::task::state::{Asked, Snapshot};

/// Before a poll: delivers what there is. True: the task ends, by what has been laid down for that.
pub(crate) fn before_poll(task: &TaskRef, before: Snapshot) -> bool {
    if before.is_aborted() {
        return ends_by(task, Control::take_aborted);
    }
    let header = task.header();
    let steps = header.steps();
    if before.is_started() {
        forward_pending(task, steps);
    }
    let Some(struck) = struck(header) else { return false };
    let mut wakers = Vec::new();
    let ends = ends_by(task, |control| {
        let pending = control.request.take()?;
        header.state.clear_request();
        let delivery = control.tree.deliver(&pending.cancelled, &struck, steps);
        header.hold(control, delivery.held);
        header.state.set_thrown(control.tree.any_thrown());
        wakers = delivery.wakers;
        delivery.ends
    });
    wakers.into_iter().for_each(guard::wake);
    ends
}

/// Which awaits would unwind the task anyway, each by what it has passed on: what strikes there is met in one with that. And a task that such an
/// await has woken meets the message of the one that it awaits, as in asyncio. `None`: there is nothing to deliver.
fn struck(header: &Header) -> Option<Vec<Struck>> {
    let (hit, targets) = header.control(|control| {
        let hit = control.request.as_ref()?.hit;
        Some((hit, control.tree.cancelled_targets()))
    })?;
    let struck = |CancelledTarget { scope, target, passed, quiet }| {
        let cancelled = target.cancellation()?;
        let requests = passed.and_then(|passed| cancelled.struck_of(&passed));
        let shown = (!hit && !quiet).then_some(cancelled);
        Some(Struck { scope, shown, requests })
    };
    Some(targets.into_iter().filter_map(struck).collect())
}

/// After a poll that was pending: goes on unwinding, and prepares what came meanwhile. True: the task ends, by what has been laid down for that.
pub(crate) fn after_poll(task: &TaskRef, now: Snapshot) -> bool {
    if now.is_aborted() {
        return ends_by(task, Control::take_aborted);
    }
    let header = task.header();
    if now.is_unwinding() {
        return ends_by(task, |control| {
            header.state.set_unwinding(false);
            control.tree.take_unwinding()
        });
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
        hold_back(header, control, steps);
        let now = header.state.load();
        if now.is_woken() {
            return;
        }
        let wakes = if let Some(pending) = &mut control.request {
            // Suspended at something that could be waited for: that wait is over, one hop from now.
            pending.hit = true;
            true
        } else {
            // Was the `critical` set aside by the very step that polled it? One more step shows.
            control.looked_again = now.is_held() && !control.looked_again;
            control.looked_again
        };
        if wakes {
            let woken = header.state.wake();
            debug_assert!(!woken, "the runner has the task");
        }
    });
    false
}

/// Lays down what the task ends by, if there is anything.
pub(crate) fn ends_by(task: &TaskRef, by: impl FnOnce(&mut Control) -> Option<Cancelled>) -> bool {
    task.header().control(|control| {
        let by = by(control);
        by.map(|cancelled| control.end_by(cancelled)).is_some()
    })
}

/// What the poll should have noticed, or can meet now: requests that were thrown at scopes which are not awaited, or taken over by such awaits, or
/// held back and have a way in now.
fn missed(header: &Header, control: &mut Control) -> Option<Cancelled> {
    let now = header.state.load();
    let mut missed = None;
    if (now.is_thrown() || now.is_forwarded()) && !now.is_woken() {
        missed = control.tree.unnoticed(header.step());
        header.state.set_thrown(control.tree.any_thrown());
        header.state.set_forwarded(control.tree.any_forwarded());
    }
    if now.is_held() {
        missed = Cancelled::both(missed, header.set_free(control));
    }
    missed
}

/// Lets the awaits that can take the pending request over do so.
fn forward_pending(task: &TaskRef, steps: Steps) {
    let header = task.header();
    let open = header.control(|control| {
        hold_back(header, control, steps);
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
        forward::descend(task, open, &cancelled);
    }
}

/// Holds back what has no way in at present.
fn hold_back(header: &Header, control: &mut Control, steps: Steps) {
    let Some(mut pending) = control.request.take() else { return };
    let (open, held) = control.tree.split(&pending.cancelled, steps);
    header.hold(control, held);
    if let Some(open) = open {
        pending.cancelled = open;
        control.request = Some(pending);
    } else {
        header.state.clear_request();
    }
}
