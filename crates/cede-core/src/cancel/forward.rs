//! Asking a task to stop: the request goes to the task itself, or down the chain of the tasks it awaits (R2, R6).
//!
//! The walk is a depth-first search with a stack of its own, and locks one task at a time: it neither recurses
//! nor blocks, however long the chain. A cycle of tasks that await each other is noticed, and the request stays with
//! the last task before the cycle closes.
//!
//! A request may be on its way in several walks: one ends at a task that runs, and when that suspends its runner goes on from there. So a walk may come to a
//! task that has passed this request on before. Then it *retraces*: it goes where the request went, and asks nobody. If that leads back
//! to its own path, the cycle has closed behind the request, and nobody has it: it stays with the last task before that. Otherwise somebody has.
//! Whichever walk marks the last await of a cycle finds all others marked, so that one notices.

use smallvec::{SmallVec, smallvec};

use crate::cancel::visits::{Visit, Visits};
use crate::cancel::{Cancelled, Passed, Steps, together};
use crate::slots::Key;
use crate::task::TaskRef;
use crate::task::control::Control;
use crate::task::header::Header;
use crate::task::state::Asked;

/// Asks `target` to stop. False: it is done.
#[inline]
pub(crate) fn request(target: &TaskRef, cancelled: &Cancelled) -> bool {
    match enter(target, cancelled, Way::Asking) {
        Entered::Refused => false,
        Entered::Accepted => true,
        Entered::Descend(open, _) => descend(target, open, cancelled),
    }
}

/// The awaits of one task that have taken a request over for now.
pub(crate) struct Open {
    awaits: SmallVec<[Passed; 1]>,
    /// There is a leaf besides, which has to be thrown at.
    bare: bool,
}

/// What a task did about a request.
enum Entered {
    Refused,
    Accepted,
    Descend(Open, Way),
}

/// What a walk does at a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It passes the request on.
    Asking,
    /// The task has passed it on before; this is one more way on which it came, which counts.
    AskedBefore,
    /// Neither: the walk came from a task that has passed it on before.
    Retracing,
}

/// A task on the path from the one that was asked. Which one, and by what it is asked, says the await before it.
struct Frame {
    open: Open,
    /// The await that the walk is in, or comes to next.
    at: usize,
    refused: Vec<Key>,
    accepted: bool,
    way: Way,
}

/// Hands the request of `root`, whose awaits `open` are marked, to the tasks that these await. False: all of them
/// were done, and so is `root`.
pub(crate) fn descend(root: &TaskRef, open: Open, cancelled: &Cancelled) -> bool {
    let mut visits = Visits::new(root);
    let mut path: SmallVec<[Frame; 4]> = smallvec![Frame::new(open, Way::Asking)];
    loop {
        let frame = path.last_mut().expect("the root returns");
        let Some(Passed { target: child, request, .. }) = frame.open.awaits.get(frame.at) else {
            let frame = path.pop().expect("it was there");
            let Some(before) = path.last_mut() else { return frame.close(root, cancelled) };
            let Passed { target, request, .. } = &before.open.awaits[before.at];
            visits.leave(target);
            let accepted = frame.close(target, request);
            before.answer(accepted);
            continue;
        };
        let accepted = match visits.of(child) {
            Some(Visit::OnPath) => false,
            // Two that were asked await the same third: it is asked once, and counts both.
            Some(Visit::Over) if frame.way == Way::Asking => count(child, request),
            Some(Visit::Over) => true,
            None => match enter(child, request, frame.way) {
                // On a way that the request went before, that task may have ended by it.
                Entered::Refused => frame.way != Way::Asking,
                Entered::Accepted => {
                    visits.add(child, Visit::Over);
                    true
                }
                Entered::Descend(open, way) => {
                    visits.add(child, Visit::OnPath);
                    path.push(Frame::new(open, way));
                    continue;
                }
            },
        };
        frame.answer(accepted);
    }
}

impl Open {
    /// Marks the awaits of a task that can take `cancelled` over. `None`: there is no such await.
    pub(crate) fn find(
        header: &Header,
        control: &mut Control,
        cancelled: &Cancelled,
        steps: Steps,
    ) -> Option<Self> {
        if let Some(passed) = control.tree.forward_by_only(cancelled, steps) {
            header.state.set_forwarded(true);
            return Some(Open { awaits: smallvec![passed], bare: false });
        }
        let awaits = control.tree.forward(cancelled, steps);
        if awaits.is_empty() {
            return None;
        }
        header.state.set_forwarded(true);
        let bare = control.tree.has_bare_leaf(cancelled, steps);
        Some(Open { awaits, bare })
    }

    /// The task itself has the request already: what no await takes needs no place.
    pub(crate) fn beside(self) -> Self {
        Open { bare: false, ..self }
    }
}

impl Frame {
    fn new(open: Open, way: Way) -> Self {
        Frame { open, at: 0, refused: Vec::new(), accepted: false, way }
    }

    /// The task behind the current await has accepted the request, or was done.
    fn answer(&mut self, accepted: bool) {
        if accepted {
            self.accepted = true;
        } else {
            self.refused.push(self.open.awaits[self.at].at);
        }
        self.at += 1;
    }

    /// All awaits of `task` were tried. What none of them took is the task's own.
    fn close(self, task: &TaskRef, cancelled: &Cancelled) -> bool {
        let is_plain = self.refused.is_empty() && !self.open.bare && self.way != Way::AskedBefore;
        if self.accepted && is_plain {
            return true; // they took all of it
        }
        let header = task.header();
        let (asked, accepted) = header.control(|control| {
            for key in &self.refused {
                control.tree.unforward(*key, cancelled);
            }
            // A task that was done when it was asked may have been cancelled by others before, and the mark at the await have
            // unwound this task by that: then the request has had its effect.
            let unwound = control.unwound_by.as_ref().is_some_and(|by| by.includes(cancelled));
            let accepted = self.accepted || unwound;
            if accepted && self.way == Way::AskedBefore {
                let again = control.undelivered_of(cancelled);
                control.count(cancelled, again.as_ref());
            }
            let bare = !unwound
                && !self.refused.is_empty()
                && control.tree.has_bare_leaf(cancelled, header.steps());
            if accepted && !self.open.bare && !bare {
                return (None, true);
            }
            let asked = header.lay_down(control, cancelled.clone());
            if let Some(pending) = &mut control.request {
                // Else the next step would ask the same tasks again; in a cycle, for ever.
                pending.stays = true;
            }
            let accepted = accepted || asked != Asked::Done;
            if !accepted && self.way == Way::Asking {
                control.forget(cancelled);
            }
            (Some(asked), accepted)
        });
        if asked == Some(Asked::Woken) {
            together::schedule(task);
        }
        accepted
    }
}

/// Asks one task, and finds out who is to be asked in its place. `from` is what the walk did at the task before.
#[inline]
fn enter(task: &TaskRef, cancelled: &Cancelled, from: Way) -> Entered {
    let header = task.header();
    let asks = from == Way::Asking;
    let mut woken = false;
    let entered = header.rare(|rare| {
        if let Some(asked) = asks.then(|| header.ask_plainly(rare, cancelled)).flatten() {
            woken = asked == Asked::Woken;
            return if asked == Asked::Done { Entered::Refused } else { Entered::Accepted };
        }
        let control = rare.control();
        let now = header.state.load();
        if now.is_done() {
            return Entered::Refused;
        }
        let again = control.undelivered_of(cancelled);
        if control.tree.has_awaits() {
            if asks && !now.is_running() {
                if let Some(open) = Open::find(header, control, cancelled, header.steps()) {
                    control.count(cancelled, again.as_ref());
                    return Entered::Descend(open, Way::Asking);
                }
            }
            let awaits = control.tree.passed_on(cancelled);
            if !awaits.is_empty() {
                let way = if asks { Way::AskedBefore } else { Way::Retracing };
                return Entered::Descend(Open { awaits, bare: false }, way);
            }
            if asks {
                control.tree.renew(cancelled);
            }
        }
        if !asks {
            return Entered::Accepted; // the request ends here, or is still on its way
        }
        let asked = header.lay_down(control, cancelled.clone());
        if asked == Asked::Done {
            return Entered::Refused;
        }
        control.count(cancelled, again.as_ref());
        woken = asked == Asked::Woken;
        Entered::Accepted
    });
    if woken {
        together::schedule(task);
    }
    entered
}

/// Counts the request once more at a task that this walk has asked already. False: it is done.
fn count(task: &TaskRef, cancelled: &Cancelled) -> bool {
    let header = task.header();
    header.control(|control| {
        let now = header.state.load();
        if !now.is_done() {
            let again = control.undelivered_of(cancelled);
            control.count(cancelled, again.as_ref());
        }
        !now.is_done()
    })
}
