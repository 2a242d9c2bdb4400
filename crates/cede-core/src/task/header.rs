//! What every task has, whatever its future: identity, state, and the control block for all that is rare.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::Waker;

use cede_sync::{AtomicU32, Mutex, Ordering};

use crate::backend::Executor;
use crate::cancel::{Cancelled, Steps, Tree};
use crate::error::TaskError;
use crate::guard;
use crate::id::{Label, TaskId};
use crate::local::Locals;
use crate::slots::{Key, Slots};
use crate::task::TaskRef;
use crate::task::state::{Asked, Snapshot, State};
use crate::unobserved::{self, Unobserved};

/// The part of a task's cell that does not depend on its type.
pub(crate) struct Header {
    pub(crate) id: TaskId,
    pub(crate) state: State,
    /// How often the task has been polled, as far as 32 bits go. Only its runner writes it.
    step: AtomicU32,
    pub(crate) executor: Arc<dyn Executor>,
    /// Where the task was created.
    pub(crate) created: &'static Location<'static>,
    /// Where the backend's registry keeps it.
    pub(crate) slot: Slot,
    /// Made when it is first needed: most tasks live and die without.
    control: Mutex<Option<Box<Control>>>,
}

/// A place in a registry, or none. It is written once, before anybody can run the task.
#[derive(Debug)]
pub(crate) struct Slot(AtomicUsize);

/// All that is rare, behind the one lock that a task has.
#[derive(Default)]
pub(crate) struct Control {
    pub(crate) name: Option<Arc<str>>,
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
    /// What `abort` left for the end.
    pub(crate) aborted: Option<Cancelled>,
    /// Scopes, criticals and awaited tasks.
    pub(crate) tree: Tree,
    /// Who wants to know of the end, in the order in which they came.
    pub(crate) watchers: Slots<Watcher>,
    /// How to wake the `Running` that drives the task, if one does.
    pub(crate) driver: Option<Waker>,
    /// The values of task-locals; LOCALS is set if there are any.
    pub(crate) locals: Locals,
    /// The outcome, unless it is a value. Set before DONE is, and never again.
    pub(crate) failure: Option<TaskError>,
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

/// What an `uncancel` has withdrawn.
pub(crate) struct Withdrawn {
    _held: Option<Cancelled>,
    _pending: Option<Pending>,
}

/// Somebody who wants to know of the end.
pub(crate) enum Watcher {
    Waker(Waker),
    Callback(Box<dyn FnOnce(&TaskRef) + Send>),
}

impl Header {
    pub(crate) fn new(
        executor: Arc<dyn Executor>,
        created: &'static Location<'static>,
        name: Option<Arc<str>>,
    ) -> Self {
        let control = name.map(|name| Box::new(Control { name: Some(name), ..Control::default() }));
        Header {
            id: TaskId::next(),
            state: State::new(),
            step: AtomicU32::new(0),
            executor,
            created,
            slot: Slot(AtomicUsize::new(Slot::NONE)),
            control: Mutex::new(control),
        }
    }

    /// With these values of task-locals to begin with.
    pub(crate) fn with_locals(self, locals: Option<Locals>) -> Self {
        if let Some(locals) = locals {
            self.control(|control| control.locals = locals);
            self.state.set_locals();
        }
        self
    }

    /// The number of the last poll, or of the one that is under way.
    ///
    /// Whoever is not the runner may be told an old one while the task runs. That makes nodes of the tree look as if they were aside, so that
    /// the request is laid down at the task, and the runner finds their place.
    pub(crate) fn step(&self) -> u32 {
        self.step.load(Ordering::Relaxed)
    }

    /// A poll begins.
    pub(crate) fn next_step(&self) {
        self.step.store(self.step().wrapping_add(1), Ordering::Relaxed);
    }

    /// The nodes that the last poll has passed are awaited.
    pub(crate) fn steps(&self) -> Steps {
        Steps::only(self.step())
    }

    /// Works on the control block, which is made if there is none.
    pub(crate) fn control<R>(&self, f: impl FnOnce(&mut Control) -> R) -> R {
        f(self.control.lock().get_or_insert_default())
    }

    /// Works on the control block if there is one.
    pub(crate) fn peek<R>(&self, f: impl FnOnce(&mut Control) -> R) -> Option<R> {
        self.control.lock().as_deref_mut().map(f)
    }

    pub(crate) fn label(&self) -> Label {
        Label { id: self.id, name: self.peek(|control| control.name.clone()).flatten() }
    }

    /// Lays a request down at the task, under its lock. What the caller must do then is in the answer.
    pub(crate) fn lay_down(&self, control: &mut Control, cancelled: Cancelled) -> Asked {
        let asked = self.state.request();
        match asked {
            Asked::Done => {}
            Asked::Noted => control.lay_down(Pending::new(cancelled)),
            // Inside a `critical` it hits nothing.
            Asked::Woken if !control.tree.has_way(&cancelled, self.steps()) => {
                control.lay_down(Pending::new(cancelled));
            }
            Asked::Woken => control.lay_down(Pending::that_hit(cancelled)),
        }
        asked
    }

    /// Holds back what has no way in at present, under the task's lock.
    pub(crate) fn hold(&self, control: &mut Control, cancelled: Option<Cancelled>) {
        if let Some(cancelled) = cancelled {
            control.hold(cancelled);
            control.looked_again = false;
            self.state.set_held(true);
        }
    }

    /// Takes what was held back and has a way in now, under the task's lock.
    pub(crate) fn set_free(&self, control: &mut Control) -> Option<Cancelled> {
        let (free, held) = control.tree.split(control.held.as_ref()?, self.steps());
        if free.is_some() || held.is_none() {
            self.state.set_held(held.is_some());
            control.held = held;
        }
        free
    }

    /// Counts one request less, under the task's lock. At zero, what has not hit anything is withdrawn; it is to be dropped outside the lock.
    pub(crate) fn count_down(&self, control: &mut Control) -> (usize, Option<Withdrawn>) {
        let was = control.cancelling;
        control.cancelling = was.saturating_sub(1);
        if was != 1 {
            return (control.cancelling, None);
        }
        let held = control.held.take();
        self.state.set_held(false);
        let pending = control.request.take_if(|pending| !pending.hit);
        if pending.is_some() {
            self.state.clear_request();
        }
        (0, Some(Withdrawn { _held: held, _pending: pending }))
    }

    /// The outcome of a task that is done, unless that is a value. Does not count as looking at it.
    pub(crate) fn failure(&self) -> Option<TaskError> {
        self.peek(|control| control.failure.clone()).flatten()
    }

    /// Asks to be told of the end. `Err`: the task is done, and the watcher comes back.
    pub(crate) fn watch(&self, watcher: Watcher) -> Result<Key, Option<Watcher>> {
        self.control(|control| {
            let key = control.watchers.insert(watcher);
            // The task may be finishing without looking here, if it did not see WATCHED in time.
            if self.state.watch().is_done() { Err(control.watchers.remove(key)) } else { Ok(key) }
        })
    }

    /// Takes that back. What comes out must be dropped outside the lock, so here it is.
    pub(crate) fn unwatch(&self, key: Key) -> Option<Watcher> {
        self.peek(|control| control.watchers.remove(key)).flatten()
    }

    /// Keeps a watcher's waker up to date.
    pub(crate) fn rewatch(&self, key: Key, new: &Waker) {
        let stale = self.control(|control| match control.watchers.get_mut(key) {
            Some(Watcher::Waker(waker)) => !waker.will_wake(new),
            _ => false,
        });
        if stale {
            // A waker's clone and drop are calls: neither happens under the lock.
            let mut new = new.clone();
            self.control(|control| {
                if let Some(Watcher::Waker(waker)) = control.watchers.get_mut(key) {
                    std::mem::swap(waker, &mut new);
                }
            });
            guard::discard(new);
        }
    }
}

impl Slot {
    const NONE: usize = usize::MAX;

    pub(crate) fn set(&self, slot: usize) {
        self.0.store(slot, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|slot| *slot != Slot::NONE)
    }
}

impl Control {
    /// Lays a request down; REQUESTED is set, or about to be, under the same lock. One that has hit keeps showing its message; else the last one
    /// does.
    pub(crate) fn lay_down(&mut self, request: Pending) {
        self.request = Some(match self.request.take() {
            None => request,
            Some(old) => {
                let (hit, stays) = (old.hit || request.hit, old.stays || request.stays);
                let all = request.cancelled.and(&old.cancelled);
                let cancelled = if old.hit { old.cancelled.for_requests(&all) } else { all };
                Pending { cancelled, hit, stays }
            }
        });
    }

    /// Counts one request more, or several that came as one. The task was still to meet those of `again` already.
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

    /// Those of the requests that the task is still to meet.
    pub(crate) fn undelivered_of(&self, cancelled: &Cancelled) -> Option<Cancelled> {
        cancelled.filter(|request| self.undelivered().any(|due| due == request))
    }

    /// Each request that the task is still to meet.
    fn undelivered(&self) -> impl Iterator<Item = &Cancelled> {
        let pending = self.request.as_ref().map(|pending| &pending.cancelled);
        pending.into_iter().chain(&self.held).flat_map(Cancelled::requests)
    }

    /// Holds a request back.
    fn hold(&mut self, cancelled: Cancelled) {
        self.held = Cancelled::both(Some(cancelled), self.held.take());
    }
}

impl Pending {
    /// A request that has come while the task had something to do: its place is to be found.
    pub(crate) fn new(cancelled: Cancelled) -> Self {
        Pending { cancelled, hit: false, stays: false }
    }

    /// A request that has ended the wait of a task that slept.
    pub(crate) fn that_hit(cancelled: Cancelled) -> Self {
        Pending { cancelled, hit: true, stays: false }
    }
}

impl Drop for Header {
    /// The last handle goes: a panic that nobody looked at is told now or never (R8).
    fn drop(&mut self) {
        let now: Snapshot = self.state.load();
        if now.is_panicked() && !now.is_seen() {
            if let Some(error) = self.failure() {
                let failure =
                    Unobserved { task: self.label(), created: self.created, error: Some(error) };
                unobserved::report(&failure);
            }
        }
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("state", &self.state.load())
            .field("created", &format_args!("{}", self.created))
            .finish_non_exhaustive()
    }
}
