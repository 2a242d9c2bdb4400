//! What is rare about a task: requests, awaits and scopes, watchers, a name, a failure.

use std::sync::Arc;
use std::task::Waker;

use crate::cancel::{Cancelled, Steps, Tree};
use crate::error::TaskError;
use crate::local::Locals;
use crate::slots::{Key, Slots};
use crate::task::{Callback, Pooled};

/// What a task keeps behind its one lock. Most live and die without; what befalls many, but does so alone, needs no control block.
#[derive(Default)]
pub(crate) enum Rare {
    #[default]
    Nothing,
    /// There is one request, for all of the task. If it has been delivered, it ends the task, which has caught none; else REQUESTED is set.
    Asked {
        cancelled: Cancelled,
        hit: bool,
        delivered: bool,
    },
    /// One wants to know of the end, by [`Slots::FIRST`].
    Watched(Watcher),
    Block(Pooled<Control>),
}

/// The control block: all that is rare.
#[derive(Default)]
pub(crate) struct Control {
    /// How many requests there were, less those that were taken back.
    pub(crate) cancelling: usize,
    /// Those of them that do not count one each, or are for one scope.
    pub(crate) counted: Vec<Cancelled>,
    /// A request that has not been delivered; there if and only if REQUESTED is set.
    pub(crate) request: Option<Pending>,
    /// A request that has no way in: a `critical` is before every await, or its scope is not being awaited.
    pub(crate) held: Option<Cancelled>,
    /// The last step was there only to see whether what holds it back is still awaited.
    pub(crate) looked_again: bool,
    /// The requests, passed on to an awaited task, by whose end an await has unwound this one last.
    pub(crate) unwound_by: Option<Cancelled>,
    /// Scopes, criticals and awaited tasks.
    pub(crate) tree: Tree,
    /// Who wants to know of the end, in the order in which they came.
    pub(crate) watchers: Slots<Watcher>,
    /// The outcome, unless it is a value. Set before DONE is; if the task ends cancelled, before its future or its value is dropped, which may
    /// yet panic.
    pub(crate) failure: Option<TaskError>,
    /// Apart, for a block is written from end to end when it is made.
    pub(crate) seldom: Option<Box<Seldom>>,
}

/// What is rarer still.
#[derive(Default)]
pub(crate) struct Seldom {
    pub(crate) name: Option<Arc<str>>,
    /// What `abort` left for the end.
    pub(crate) aborted: Option<Cancelled>,
    /// How to wake the `Running` that drives the task, if one does.
    pub(crate) driver: Option<Waker>,
    /// The values of task-locals; LOCALS is set if there are any.
    pub(crate) locals: Locals,
}

/// What a task leaves that is done.
pub(crate) enum Left {
    Nothing,
    /// One who wants to know of the end.
    Watcher(Watcher),
    More(Leavings),
}

/// What there was in a control block.
pub(crate) struct Leavings {
    /// Who wants to know of the end.
    pub(crate) watchers: Slots<Watcher>,
    _gone: Option<Pooled<Control>>,
}

/// A request on its way.
pub(crate) struct Pending {
    pub(crate) cancelled: Cancelled,
    /// It has ended the await that the task was suspended at: it can't be withdrawn, and no later message
    /// replaces its own. asyncio: the future that the task waited for is cancelled, against `_must_cancel`.
    pub(crate) hit: bool,
    /// The awaited tasks have been asked, and none took it: it is delivered here.
    pub(crate) stays: bool,
}

/// Somebody who wants to know of the end.
pub(crate) enum Watcher {
    Waker(Waker),
    Callback(Callback),
}

impl Rare {
    /// The control block, which is made if there is none.
    #[inline]
    pub(crate) fn control(&mut self) -> &mut Control {
        if !matches!(self, Rare::Block(_)) {
            let before = std::mem::take(self);
            let mut control = Pooled::new(Control::default);
            before.move_to(&mut control);
            *self = Rare::Block(control);
        }
        match self {
            Rare::Block(control) => control,
            _ => unreachable!("it has just been made"),
        }
    }

    /// The control block, if there is something to be in it.
    pub(crate) fn peek(&mut self) -> Option<&mut Control> {
        if matches!(self, Rare::Nothing) { None } else { Some(self.control()) }
    }

    /// Puts a watcher in.
    pub(crate) fn watch(&mut self, watcher: Watcher) -> Key {
        if matches!(self, Rare::Nothing) {
            *self = Rare::Watched(watcher);
            return Slots::<Watcher>::FIRST;
        }
        self.control().watchers.insert(watcher)
    }

    /// Takes a watcher out.
    pub(crate) fn unwatch(&mut self, key: Key) -> Option<Watcher> {
        if matches!(self, Rare::Watched(Watcher::Callback(_))) {
            // Whoever added it may keep its key, so that names no other: the control block counts on from there.
            self.control();
        }
        match std::mem::take(self) {
            Rare::Watched(watcher) if key == Slots::<Watcher>::FIRST => Some(watcher),
            other => {
                *self = other;
                match self {
                    Rare::Block(control) => control.watchers.remove(key),
                    _ => None,
                }
            }
        }
    }

    /// The waker of a watcher.
    pub(crate) fn waker(&mut self, key: Key) -> Option<&mut Waker> {
        let watcher = match self {
            Rare::Watched(watcher) if key == Slots::<Watcher>::FIRST => watcher,
            Rare::Block(control) => control.watchers.get_mut(key)?,
            _ => return None,
        };
        match watcher {
            Watcher::Waker(waker) => Some(waker),
            Watcher::Callback(_) => None,
        }
    }

    /// The task is done: how it ended stays, and what it was called.
    pub(crate) fn leave(&mut self) -> Left {
        match std::mem::take(self) {
            Rare::Watched(watcher) => Left::Watcher(watcher),
            Rare::Block(mut block) => {
                let watchers = std::mem::take(&mut block.watchers);
                let gone = if block.stays() {
                    let gone = (!block.is_settled()).then(|| block.take_unsettled());
                    *self = Rare::Block(block);
                    gone
                } else {
                    Some(block)
                };
                Left::More(Leavings { watchers, _gone: gone })
            }
            other => {
                *self = other;
                Left::Nothing
            }
        }
    }

    /// What there was before the control block.
    fn move_to(self, control: &mut Control) {
        match self {
            Rare::Nothing => {}
            Rare::Asked { cancelled, hit, delivered } => {
                control.cancelling = 1;
                if delivered {
                    control.failure = Some(TaskError::Cancelled(cancelled));
                } else {
                    control.request = Some(Pending { cancelled, hit, stays: false });
                }
            }
            Rare::Watched(watcher) => {
                let key = control.watchers.insert(watcher);
                debug_assert!(key == Slots::<Watcher>::FIRST, "it was the only one");
            }
            Rare::Block(_) => unreachable!("there was none"),
        }
    }
}

impl Control {
    /// Is there anything in it that outlives the task?
    fn stays(&self) -> bool {
        let seldom = |it: &Seldom| it.name.is_some() || it.locals.is_closed();
        self.seldom.as_deref().is_some_and(seldom)
            || self.cancelling > 0
            || !self.counted.is_empty()
            || self.unwound_by.is_some()
            || self.failure.is_some()
    }

    /// Is there nothing in it that must go with the task? What its scopes have noticed may stay: that is memory, and no code of anybody's.
    fn is_settled(&self) -> bool {
        self.tree.is_empty()
            && self.request.is_none()
            && self.held.is_none()
            && self.seldom.as_ref().is_none_or(|it| it.aborted.is_none() && it.driver.is_none())
    }

    /// Takes out what must go with the task.
    fn take_unsettled(&mut self) -> Pooled<Control> {
        let mut gone = Pooled::new(Control::default);
        gone.tree = std::mem::take(&mut self.tree);
        gone.request = self.request.take();
        gone.held = self.held.take();
        if let Some(seldom) = &mut self.seldom {
            let gone = gone.seldom();
            gone.aborted = seldom.aborted.take();
            gone.driver = seldom.driver.take();
        }
        gone
    }

    /// What is rarer still; it is made if there is none.
    pub(crate) fn seldom(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    /// The task ends by this, and meets what else is on its way to it: whoever has passed that on to it learns so.
    pub(crate) fn end_by(&mut self, cancelled: Cancelled) {
        let pending = self.request.as_ref().map(|pending| &pending.cancelled);
        let cancelled = pending.into_iter().chain(&self.held).fold(cancelled, Cancelled::and);
        self.failure = Some(TaskError::Cancelled(cancelled));
    }

    pub(crate) fn take_aborted(&mut self) -> Option<Cancelled> {
        self.seldom.as_mut()?.aborted.take()
    }

    /// Lays a request down; REQUESTED is set, or about to be, under the same lock. One that has hit keeps showing its message; else the last one
    /// does.
    #[inline]
    pub(crate) fn lay_down(&mut self, cancelled: Cancelled, hit: bool) {
        let Some(old) = self.request.take() else {
            self.request = Some(Pending { cancelled, hit, stays: false });
            return;
        };
        let all = cancelled.and(&old.cancelled);
        let cancelled = if old.hit { old.cancelled.for_requests(&all) } else { all };
        self.request = Some(Pending { cancelled, hit: old.hit || hit, stays: old.stays });
    }

    /// Counts one request more, or several that came as one. The task was still to meet those of `again` already.
    #[inline]
    pub(crate) fn count(&mut self, cancelled: &Cancelled, again: Option<&Cancelled>) {
        self.cancelling += 1;
        if again.is_none() && cancelled.is_alone() && !cancelled.is_for_scopes() {
            return;
        }
        let kept = std::mem::take(&mut self.counted).into_iter();
        let stays = |it: &Cancelled| it.is_for_scopes() || self.undelivered_of(it).is_some();
        self.counted = kept.filter(stays).collect();
        for request in again.into_iter().flat_map(Cancelled::requests) {
            if !self.counted.iter().any(|counted| counted.includes(request)) {
                self.counted.push(request.clone());
            }
        }
        self.counted.push(cancelled.clone());
    }

    /// Counts it no longer.
    pub(crate) fn forget(&mut self, cancelled: &Cancelled) {
        self.cancelling = self.cancelling.saturating_sub(1);
        self.counted.retain(|counted| counted != cancelled);
    }

    /// How many requests concern the code at `here`: not those for scopes which that is not in, nor those which a `critical` keeps out.
    pub(crate) fn cancelling_at(&self, here: Option<Key>, steps: Steps) -> usize {
        let concerns = |request: &Cancelled| {
            if self.undelivered().any(|due| due == request) {
                self.tree.gets_to(here, request, steps)
            } else {
                request.scope().is_none_or(|scope| self.tree.is_in(here, scope))
            }
        };
        let is_counted = |request: &Cancelled| self.counted.iter().any(|it| it.includes(request));
        let counted = self.counted.iter().filter(|it| !it.requests().any(concerns)).count();
        let due = self.undelivered().filter(|it| !concerns(it) && !is_counted(it)).count();
        self.cancelling.saturating_sub(counted + due)
    }

    /// The request, if it is plain and only one place can meet it: that place is thrown at. False: there is more to it.
    pub(crate) fn throw_plainly(&mut self, steps: Steps) -> bool {
        let is_plain = |pending: &Pending| pending.cancelled.is_plain();
        if self.held.is_some() || !self.request.as_ref().is_some_and(is_plain) {
            return false;
        }
        let Some(leaf) = self.tree.only_leaf(steps) else { return false };
        if let Some(pending) = self.request.take() {
            self.tree.throw_at_only(leaf, pending.cancelled);
        }
        true
    }

    /// Those of the requests that the task is still to meet.
    pub(crate) fn undelivered_of(&self, cancelled: &Cancelled) -> Option<Cancelled> {
        if self.request.is_none() && self.held.is_none() {
            return None;
        }
        cancelled.filter(|request| self.undelivered().any(|due| due == request))
    }

    /// Each request that the task is still to meet.
    fn undelivered(&self) -> impl Iterator<Item = &Cancelled> {
        let pending = self.request.as_ref().map(|pending| &pending.cancelled);
        pending.into_iter().chain(&self.held).flat_map(Cancelled::requests)
    }

    /// Holds a request back.
    pub(crate) fn hold(&mut self, cancelled: Cancelled) {
        self.held = Cancelled::both(Some(cancelled), self.held.take());
    }
}
