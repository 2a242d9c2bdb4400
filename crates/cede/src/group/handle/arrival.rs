//! A child between the moment when a group lets it in and its end.

use cede_core::{Reason, Task, TaskRef};

use super::{Phase, TaskGroup};

/// A child is being created.
pub(super) struct Arrival<'a, E: Send + Sync + 'static>(&'a TaskGroup<E>);

impl<'a, E: Send + Sync + 'static> Arrival<'a, E> {
    /// The group counts it already.
    pub(super) fn new(group: &'a TaskGroup<E>) -> Self {
        Arrival(group)
    }

    /// It is there.
    pub(super) fn of(self, child: &TaskRef) {
        let (place, late) = {
            let mut state = self.0.state();
            state.arriving -= 1;
            (state.children.insert(child.clone()), state.phase != Phase::Open)
        };
        let (group, made) = (self.0.clone(), self.0.0.made);
        std::mem::forget(self); // it does not arrive any more
        child.add_done_callback(move |child| group.ended(child, place));
        if late {
            let _ = child.cancel_for(Reason::Group, None, made);
        }
    }
}

impl<E: Send + Sync + 'static> Drop for Arrival<'_, E> {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.state();
            state.arriving -= 1;
            state.take_waker_if_empty()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
