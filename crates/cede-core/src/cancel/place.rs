//! A node in a task's tree, held by the future that it stands for: it goes when that goes.

use std::task::Waker;

use crate::cancel::tree::Kind;
use crate::cancel::{Cancelled, Tree};
use crate::current;
use crate::guard;
use crate::slots::Key;
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
}

impl Place {
    /// The node of a future that is being polled here with `waker`: the one it has, or, since it is new or has moved, a new one. `None` outside
    /// any task.
    pub(crate) fn poll<'a>(
        place: &'a mut Option<Place>,
        waker: &Waker,
        kind: impl FnOnce() -> Kind,
    ) -> Option<&'a Place> {
        if !place.as_ref().is_some_and(Place::is_here) {
            *place = None;
            *place = Place::here(kind());
        }
        let place = place.as_ref()?;
        let foreign = !place.task.owns_waker(waker);
        let waker = foreign.then(|| waker.clone());
        let header = place.task.header();
        let old = place.tree(|tree| tree.touch(place.key, header.step(), waker));
        guard::discard(old);
        Some(place)
    }

    fn here(kind: Kind) -> Option<Self> {
        current::with(|context| (context.task().clone(), context.scope())).map(|(task, parent)| {
            let header = task.header();
            let key = header.control(|control| control.tree.add(parent, kind, header.step()));
            Place { task, key, parent }
        })
    }

    /// Is the node still where the code runs? A future that owns one may be polled by another task, or inside another scope, than
    /// the last time.
    fn is_here(&self) -> bool {
        current::is_at(&self.task, self.parent)
    }

    pub(crate) fn task(&self) -> &TaskRef {
        &self.task
    }

    pub(crate) fn key(&self) -> Key {
        self.key
    }

    pub(crate) fn tree<R>(&self, f: impl FnOnce(&mut Tree) -> R) -> R {
        self.task.header().control(|control| f(&mut control.tree))
    }

    /// Notices that the scope was thrown at.
    pub(crate) fn notice(&self) -> Option<Cancelled> {
        let header = self.task.header();
        if !header.state.load().is_thrown() {
            return None;
        }
        header.control(|control| {
            let cancelled = control.tree.notice(self.key)?;
            header.state.set_thrown(control.tree.any_thrown());
            Some(cancelled)
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let header = self.task.header();
        let (left, woken) = header.control(|control| {
            let mut left = control.tree.remove(self.key);
            let now = header.state.load();
            if now.is_thrown() {
                header.state.set_thrown(control.tree.any_thrown());
            }
            let mut back = left.undelivered.take();
            if back.is_none() && now.is_held() {
                back = header.set_free(control);
            }
            if control.request.is_some() {
                // The message of a cancelled task is not for what comes together with this.
                back = back.map(Cancelled::unborrowed);
            }
            let asked = back.map(|cancelled| header.lay_down(control, cancelled));
            (left, asked == Some(Asked::Woken))
        });
        if woken {
            Runnable::schedule(&self.task);
        }
        guard::discard(left);
    }
}
