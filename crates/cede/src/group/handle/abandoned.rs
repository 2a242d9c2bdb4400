//! A group that is dropped half way.

use cede_core::Cancelled;

use super::{Phase, TaskGroup};

/// Asks the children to stop when the group is dropped half way.
pub(in crate::group) struct Abandoned<'a, E> {
    pub(in crate::group) group: &'a TaskGroup<E>,
    /// What the group has caught, and is to pass on when it is over.
    pub(in crate::group) unwinding: Option<Cancelled>,
}

impl<E> Drop for Abandoned<'_, E> {
    /// If the group was dropped half way: it is over, leaves no request of its own behind, and gives back what it has caught.
    fn drop(&mut self) {
        let Abandoned { group, unwinding } = self;
        group.shut_down();
        let (waker, own) = {
            let mut state = group.state();
            if state.phase == Phase::Over {
                return;
            }
            state.phase = Phase::Over;
            (state.waker.take(), state.interrupt.take())
        };
        drop(waker); // the end of the last child is nobody's business any more
        let owner = &group.0.owner;
        let mut unwinding = unwinding.take();
        if let Some(own) = own {
            owner.take_back(&own);
            unwinding = unwinding.and_then(|cancelled| cancelled.without(&own));
        }
        if let Some(cancelled) = unwinding {
            owner.hand_back(cancelled);
        }
    }
}
