//! Unwinding from here: what `resume`, `checkpoint` and an await of a cancelled task do.

use crate::cancel::Cancelled;
use crate::current;
use crate::slots::Key;
use crate::task::state::Asked;
use crate::task::{Runnable, TaskRef};

/// A mark at the scope around this code, or at its task, that it is to unwind. Whoever makes it stays pending, and the scope notices on the way
/// out of the same poll.
///
/// # Dropping
///
/// If nobody has noticed the mark yet (a `select!` around it had another winner), it is taken off, and the request goes back to the task.
#[derive(Debug)]
pub(crate) struct Throw {
    task: TaskRef,
    scope: Option<Key>,
    cancelled: Cancelled,
}

impl Throw {
    /// Throws at the scope around the code that runs here. `None` outside any task.
    pub(crate) fn here(cancelled: Cancelled) -> Option<Self> {
        let (task, scope) = current::with(|context| (context.task().clone(), context.scope()))?;
        let header = task.header();
        header.control(|control| {
            control.tree.throw(scope, cancelled.clone());
            header.state.set_thrown(control.tree.any_thrown());
            if control.tree.is_unwinding() {
                header.state.set_unwinding(true);
            }
        });
        Some(Throw { task, scope, cancelled })
    }

    /// Is the code still where it threw? It may be polled by another task since, or inside another scope.
    pub(crate) fn is_here(&self) -> bool {
        current::is_at(&self.task, self.scope)
    }

    /// Is this the task that it threw at?
    pub(crate) fn is_in_this_task(&self) -> bool {
        current::is_in(&self.task)
    }
}

impl Drop for Throw {
    fn drop(&mut self) {
        let header = self.task.header();
        if !header.state.load().may_unwind() {
            return; // the mark has been noticed
        }
        let asked = header.control(|control| {
            let cancelled = control.tree.take_back(self.scope, self.cancelled.id())?;
            header.state.set_thrown(control.tree.any_thrown());
            header.state.set_unwinding(control.tree.is_unwinding());
            Some(header.lay_down(control, cancelled))
        });
        if asked == Some(Asked::Woken) {
            Runnable::schedule(&self.task);
        }
    }
}
