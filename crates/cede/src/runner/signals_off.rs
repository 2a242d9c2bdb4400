//! Signals keep their default effect: in place of `signals` where that can't be.

use std::task::Waker;

use cede_core::{Cancelled, TaskRef};

/// Where signals would be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    Everywhere,
    OnMainThread,
    Nowhere,
}

/// Hears nothing.
pub(super) struct Watch(());

impl Watch {
    pub(super) fn begin(_: Handling, _: bool, _: Option<&TaskRef>, _: bool) -> Self {
        Watch(())
    }

    #[expect(clippy::unused_self, reason = "its namesake uses it")]
    pub(super) fn is_aborting(&self, _: &Waker) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "its namesake uses it")]
    pub(super) fn end_run(self, _: &TaskRef) -> Option<Cancelled> {
        None
    }

    #[expect(clippy::unused_self, reason = "its namesake uses it")]
    pub(super) fn end_close(self) -> bool {
        false
    }
}
