//! A node in a task's tree, held by the future that it stands for: it goes when that goes.

use crate::cancel::{Cancelled, Tree};
use crate::current;
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
    /// Adds a node for what is being polled here; `None` outside any task.
    pub(crate) fn here(add: impl FnOnce(&mut Tree, Option<Key>) -> Key) -> Option<Self> {
        current::with(|context| {
            let parent = context.scope();
            let task = context.task().clone();
            let key = task.header().control(|control| add(&mut control.tree, parent));
            Place { task, key, parent }
        })
    }

    /// Is the node still where the code runs? A future that owns one may be polled by another task, or inside another scope, than
    /// the last time.
    pub(crate) fn is_here(&self) -> bool {
        current::with(|context| context.task().same(&self.task) && context.scope() == self.parent)
            .unwrap_or(false)
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
            if header.state.load().is_thrown() {
                header.state.set_thrown(control.tree.any_thrown());
            }
            let mut back = left.undelivered.take();
            if back.is_none() && control.held.is_some() && !control.tree.is_held() {
                back = control.held.take();
            }
            let Some(cancelled) = back else {
                return (left, false);
            };
            let asked = header.state.request();
            if asked != Asked::Done {
                control.lay_down(&cancelled, asked == Asked::Woken);
            }
            (left, asked == Asked::Woken)
        });
        if woken {
            Runnable::schedule(&self.task);
        }
        drop(left);
    }
}
