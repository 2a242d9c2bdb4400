//! What every task has, whatever its future: identity, state, and the control block for all that is rare.

use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;

use crate::backend::Executor;
use crate::cancel::{Cancelled, Tree};
use crate::error::TaskError;
use crate::id::{Label, TaskId};
use crate::slots::{Key, Slots};
use crate::sync::Mutex;
use crate::task::TaskRef;
use crate::task::state::{Snapshot, State};
use crate::unobserved::{self, Unobserved};

/// The part of a task's cell that does not depend on its type.
pub(crate) struct Header {
    pub(crate) id: TaskId,
    pub(crate) state: State,
    pub(crate) executor: Arc<dyn Executor>,
    /// Where the task was created.
    pub(crate) created: &'static Location<'static>,
    /// Where the backend's registry keeps it.
    pub(crate) slot: usize,
    /// Made when it is first needed: most tasks live and die without.
    control: Mutex<Option<Box<Control>>>,
}

/// All that is rare, behind the one lock that a task has.
#[derive(Default)]
pub(crate) struct Control {
    pub(crate) name: Option<Arc<str>>,
    /// How many requests there were, less those that were taken back.
    pub(crate) cancelling: usize,
    /// A request that has not been delivered; there if and only if REQUESTED is set.
    pub(crate) request: Option<Pending>,
    /// A request that every `critical` around the code holds back.
    pub(crate) held: Option<Cancelled>,
    /// What `abort` left for the end.
    pub(crate) aborted: Option<Cancelled>,
    /// Scopes, criticals and awaited tasks.
    pub(crate) tree: Tree,
    /// Who wants to know of the end, in the order in which they came.
    pub(crate) watchers: Slots<Watcher>,
    /// How to wake the `Running` that drives the task, if one does.
    pub(crate) driver: Option<Waker>,
    /// The outcome, unless it is a value. Set before DONE is, and never again.
    pub(crate) failure: Option<TaskError>,
}

/// A request on its way.
pub(crate) struct Pending {
    pub(crate) cancelled: Cancelled,
    /// It has ended the await that the task was suspended at: it can't be withdrawn, and no later message
    /// replaces its own. asyncio: the future that the task waited for is cancelled, against `_must_cancel`.
    pub(crate) hit: bool,
}

/// Somebody who wants to know of the end.
pub(crate) enum Watcher {
    Waker(Waker),
    Callback(Box<dyn FnOnce(&TaskRef) + Send>),
}

impl Header {
    pub(crate) fn new(
        executor: Arc<dyn Executor>,
        slot: usize,
        created: &'static Location<'static>,
        name: Option<Arc<str>>,
    ) -> Self {
        let control = name.map(|name| Box::new(Control { name: Some(name), ..Control::default() }));
        Header {
            id: TaskId::next(),
            state: State::new(),
            executor,
            created,
            slot,
            control: Mutex::new(control),
        }
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
            drop(new);
        }
    }
}

impl Control {
    /// Lays a request down; REQUESTED is set, or about to be, under the same lock. A request that has hit keeps
    /// showing its message; else the last one does.
    pub(crate) fn lay_down(&mut self, cancelled: &Cancelled, hit: bool) {
        let cancelled = cancelled.clone();
        self.request = Some(match self.request.take() {
            None => Pending { cancelled, hit },
            Some(old) if old.hit => Pending { cancelled: old.cancelled.and(&cancelled), hit: true },
            Some(old) => Pending { cancelled: cancelled.and(&old.cancelled), hit },
        });
    }

    /// Holds a request back, behind every `critical`.
    pub(crate) fn hold(&mut self, cancelled: Cancelled) {
        self.held = Some(match self.held.take() {
            None => cancelled,
            Some(old) => cancelled.and(&old),
        });
    }
}

impl Drop for Header {
    /// The last handle goes: a panic that nobody looked at is told now or never (R8).
    fn drop(&mut self) {
        let now: Snapshot = self.state.load();
        if now.is_panicked() && !now.is_seen() {
            if let Some(error) = self.failure() {
                let failure = Unobserved { task: self.label(), created: self.created, error };
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
