//! What every task has, whatever its future: identity, state, and one lock for all that is rare.

use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;

use cede_sync::{AtomicU32, Mutex, Ordering};

use crate::backend::Executor;
use crate::cancel::{Cancelled, Steps};
use crate::error::TaskError;
use crate::guard;
use crate::id::{Label, TaskId};
use crate::local::Locals;
use crate::registry::Slot;
use crate::slots::Key;
use crate::task::control::{Control, Left, Pending, Rare, Watcher};
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
    rare: Mutex<Rare>,
}

/// What [`Header::deliver_plainly`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plainly {
    /// The task ends by it.
    Ends,
    /// The scope was thrown at.
    Thrown,
    /// Nothing: there is more to it.
    Not,
}

/// What an `uncancel` has withdrawn.
pub(crate) struct Withdrawn {
    _held: Option<Cancelled>,
    _pending: Option<Pending>,
}

impl Header {
    #[inline]
    pub(crate) fn new(executor: Arc<dyn Executor>, created: &'static Location<'static>) -> Self {
        Header {
            id: TaskId::next(),
            state: State::new(),
            step: AtomicU32::new(0),
            executor,
            created,
            slot: Slot::new(),
            rare: Mutex::new(Rare::Nothing),
        }
    }

    /// Gives the new task its first values of task-locals.
    pub(crate) fn set_locals(&self, locals: Locals) {
        self.control(|control| control.seldom().locals = locals);
        self.state.set_locals();
    }

    /// The number of the last poll, or of the one that is under way.
    ///
    /// Whoever is not the runner may be told an old one while the task runs. That makes nodes of the tree look as if they were aside, so that
    /// the request is laid down at the task, and the runner finds their place.
    #[inline]
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

    /// Works on all that is rare.
    #[inline]
    pub(crate) fn rare<R>(&self, f: impl FnOnce(&mut Rare) -> R) -> R {
        f(&mut self.rare.lock())
    }

    /// Works on the control block, which is made if there is none.
    #[inline]
    pub(crate) fn control<R>(&self, f: impl FnOnce(&mut Control) -> R) -> R {
        f(self.rare.lock().control())
    }

    /// Works on the control block if there is one.
    pub(crate) fn peek<R>(&self, f: impl FnOnce(&mut Control) -> R) -> Option<R> {
        self.rare.lock().peek().map(f)
    }

    pub(crate) fn set_name(&self, name: Arc<str>) {
        let old = self.control(|control| {
            self.state.set_named();
            control.seldom().name.replace(name)
        });
        drop(old);
    }

    #[inline]
    pub(crate) fn label(&self) -> Label {
        let name = if self.state.load().is_named() { self.name() } else { None };
        Label { id: self.id, name }
    }

    #[cold]
    fn name(&self) -> Option<Arc<str>> {
        self.peek(|control| control.seldom.as_ref()?.name.clone()).flatten()
    }

    /// Lays a request down at the task, under its lock. What the caller must do then is in the answer.
    pub(crate) fn lay_down(&self, control: &mut Control, cancelled: Cancelled) -> Asked {
        let asked = self.state.request();
        if asked != Asked::Done {
            // Inside a `critical` it hits nothing.
            let hit = asked == Asked::Woken && control.tree.has_way(&cancelled, self.steps());
            control.lay_down(cancelled, hit);
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
        match &*self.rare.lock() {
            Rare::Asked { cancelled, delivered: true, .. } => {
                Some(TaskError::Cancelled(cancelled.clone()))
            }
            Rare::Block(control) => control.failure.clone(),
            _ => None,
        }
    }

    /// The whole of what a request does to a task about which nothing is rare, and which so awaits no other, under its lock. `None`: it is not such a
    /// task, or this is not such a request.
    pub(crate) fn ask_plainly(&self, rare: &mut Rare, cancelled: &Cancelled) -> Option<Asked> {
        if !matches!(rare, Rare::Nothing) || !cancelled.is_plain() {
            return None;
        }
        let asked = self.state.request();
        if asked != Asked::Done {
            let hit = asked == Asked::Woken;
            *rare = Rare::Asked { cancelled: cancelled.clone(), hit, delivered: false };
        }
        Some(asked)
    }

    /// Delivers a plain request, if only one place can meet it: the one scope that is awaited, or the task about which nothing else is rare.
    pub(crate) fn deliver_plainly(&self) -> Plainly {
        let mut rare = self.rare.lock();
        if let Rare::Block(control) = &mut *rare {
            if !control.throw_plainly(self.steps()) {
                return Plainly::Not;
            }
            self.state.request_thrown();
            return Plainly::Thrown;
        }
        if let Rare::Asked { delivered, .. } = &mut *rare {
            *delivered = true;
            self.state.clear_request();
            return Plainly::Ends;
        }
        Plainly::Not
    }

    /// Asks to be told of the end. `Err`: the task is done, and the watcher comes back.
    pub(crate) fn watch(&self, watcher: Watcher) -> Result<Key, Watcher> {
        let mut rare = self.rare.lock();
        // The task may be finishing without looking here, if it did not see WATCHED in time. If it did, it waits for this lock.
        if self.state.watch().is_done() { Err(watcher) } else { Ok(rare.watch(watcher)) }
    }

    /// Takes that back. What comes out must be dropped outside the lock, so here it is.
    pub(crate) fn unwatch(&self, key: Key) -> Option<Watcher> {
        self.rare.lock().unwatch(key)
    }

    /// What is left when the task is done, to be told or dropped outside the lock.
    pub(crate) fn take_leave(&self) -> Left {
        self.rare.lock().leave()
    }

    /// Keeps a watcher's waker up to date.
    pub(crate) fn rewatch(&self, key: Key, new: &Waker) {
        let stale = self.rare.lock().waker(key).is_some_and(|waker| !waker.will_wake(new));
        if stale {
            // A waker's clone and drop are calls: neither happens under the lock.
            let mut new = new.clone();
            if let Some(waker) = self.rare.lock().waker(key) {
                std::mem::swap(waker, &mut new);
            }
            guard::discard(new);
        }
    }

    /// Nobody has looked at it, and nobody can any more.
    #[cold]
    fn report_failure(&self) {
        if let Some(error) = self.failure() {
            let failure =
                Unobserved { task: self.label(), created: self.created, error: Some(error) };
            unobserved::report(&failure);
        }
    }
}

impl Drop for Header {
    /// The last handle goes: a panic that nobody looked at is told now or never (R8).
    #[inline]
    fn drop(&mut self) {
        let now: Snapshot = self.state.load();
        if now.is_panicked() && !now.is_seen() {
            self.report_failure();
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
