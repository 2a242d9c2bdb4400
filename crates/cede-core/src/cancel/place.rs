//! A node in a task's tree, held by the future that it stands for: it goes when that goes.

use std::task::Waker;

use crate::cancel::tree::{Kind, Left};
use crate::cancel::{Cancelled, Tree};
use crate::current;
use crate::guard;
use crate::slots::Key;
use crate::task::control::Control;
use crate::task::state::Asked;
use crate::task::{Runnable, TaskRef};

/// A node in the tree of the task that polled its future last.
///
/// # Dropping
///
/// The node is taken out. A request that was thrown at it and that nobody has noticed, and one that only this
/// `critical` held back, go back to the task (R15, R12a).
#[derive(Debug)]
pub(crate) struct Place {
    task: TaskRef,
    key: Key,
    parent: Option<Key>,
    /// The node has been taken out already.
    over: bool,
}

/// A node that has been taken out.
struct Removed {
    left: Left,
    /// The task has something to do by that, and is to be scheduled.
    woken: bool,
}

impl Place {
    /// The node of a future that is being polled here with `waker`: the one it has, or, since it is new or has moved, a new one. `None` outside
    /// any task.
    pub(crate) fn poll<'a>(
        place: &'a mut Option<Place>,
        waker: &Waker,
        kind: impl FnOnce() -> Kind,
    ) -> Option<&'a Place> {
        match place {
            Some(place) if place.is_here() => place.touch(waker),
            _ => {
                *place = None;
                Place::enter(place, waker, kind);
            }
        }
        place.as_ref()
    }

    /// Makes a node where the code runs.
    #[inline]
    fn enter(place: &mut Option<Place>, waker: &Waker, kind: impl FnOnce() -> Kind) {
        let here = |context: &current::Context| (context.task().clone(), context.scope());
        let Some((task, parent)) = current::with(here) else { return };
        let header = task.header();
        let waker = foreign(&task, waker);
        let (key, left) = header.control(|control| {
            let key = control.tree.add(parent, header.step(), kind);
            let touch = |waker| control.tree.touch(key, header.step(), Some(waker));
            (key, waker.and_then(touch))
        });
        guard::discard(left);
        *place = Some(Place { task, key, parent, over: false });
    }

    #[inline]
    fn touch(&self, waker: &Waker) {
        let header = self.task.header();
        let waker = foreign(&self.task, waker);
        let old = self.tree(|tree| tree.touch(self.key, header.step(), waker));
        guard::discard(old);
    }

    /// Is the node still where the code runs? A future that owns one may be polled by another task, or inside another scope, than
    /// the last time.
    #[inline]
    fn is_here(&self) -> bool {
        current::is_at(&self.task, self.parent)
    }

    #[inline]
    pub(crate) fn task(&self) -> &TaskRef {
        &self.task
    }

    #[inline]
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    #[inline]
    pub(crate) fn tree<R>(&self, f: impl FnOnce(&mut Tree) -> R) -> R {
        self.task.header().control(|control| f(&mut control.tree))
    }

    /// If the scope of `place` was thrown at, notices that, and takes its node out.
    #[inline]
    pub(crate) fn notice(place: &mut Option<Place>) -> Option<Cancelled> {
        let scope = place.as_mut().filter(|place| place.is_here())?;
        let header = scope.task.header();
        if !header.state.load().is_thrown() {
            return None;
        }
        let (cancelled, removed) = header.control(|control| {
            let cancelled = control.tree.notice(scope.key)?;
            Some((cancelled, scope.remove(control)))
        })?;
        scope.over = true;
        scope.settle(removed);
        *place = None;
        Some(cancelled)
    }

    /// Takes the node out, at once with a look at the control block.
    #[inline]
    pub(crate) fn leave<R>(mut self, look: impl FnOnce(&mut Control) -> R) -> R {
        let look = |control: &mut Control| (look(control), self.remove(control));
        let (seen, removed) = self.task.header().control(look);
        self.over = true;
        self.settle(removed);
        seen
    }

    /// Takes the node out, under the task's lock.
    #[inline]
    fn remove(&self, control: &mut Control) -> Removed {
        let header = self.task.header();
        let (left, mut back) = control.tree.remove(self.key);
        let now = header.state.load();
        if now.is_thrown() {
            header.state.set_thrown(control.tree.any_thrown());
        }
        if back.is_none() && now.is_held() {
            back = header.set_free(control);
        }
        if control.request.is_some() {
            // The message of a cancelled task is not for what comes together with this.
            back = back.map(Cancelled::unborrowed);
        }
        let asked = back.map(|cancelled| header.lay_down(control, cancelled));
        Removed { left, woken: asked == Some(Asked::Woken) }
    }

    /// What is to be done outside the lock then.
    #[inline]
    fn settle(&self, Removed { left, woken }: Removed) {
        if woken {
            Runnable::schedule(&self.task);
        }
        guard::discard(left);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.over {
            let removed = self.task.header().control(|control| self.remove(control));
            self.settle(removed);
        }
    }
}

/// `waker`, if it is another than the task's own.
#[inline]
fn foreign(task: &TaskRef, waker: &Waker) -> Option<Waker> {
    (!task.owns_waker(waker)).then(|| waker.clone())
}
