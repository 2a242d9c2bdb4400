//! The waker of a task: one more handle.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::TaskRef;
use crate::task::runnable::Runnable;

/// The waker of `task`, which does not count as a handle.
///
/// # Safety
///
/// `task` outlives it, and it is not dropped.
#[inline]
pub(super) unsafe fn of(task: &TaskRef) -> ManuallyDrop<Waker> {
    let data = task.head.as_ptr().cast_const().cast();
    // SAFETY: these functions are those of a waker that may be sent and shared, as a task is; the head is as they want it, but for the
    // count, which by the caller nobody misses.
    ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(data, &WAKER)) })
}

/// How a task is woken.
static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake, wake_by_ref, drop_waker);

/// # Safety
///
/// This and the following: `data` is the head of a task, and counts as one handle. `wake` and `drop_waker` use that up.
unsafe fn clone_waker(data: *const ()) -> RawWaker {
    // SAFETY: by the contract.
    let task = ManuallyDrop::new(unsafe { from_waker(data) });
    std::mem::forget(TaskRef::clone(&task));
    RawWaker::new(data, &WAKER)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: by the contract.
    let task = unsafe { from_waker(data) };
    if task.header().state.wake() {
        Runnable::schedule_by(task);
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: by the contract.
    let task = ManuallyDrop::new(unsafe { from_waker(data) });
    task.wake();
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: by the contract.
    drop(unsafe { from_waker(data) });
}

unsafe fn from_waker(data: *const ()) -> TaskRef {
    // SAFETY: by the contract it is not null.
    TaskRef { head: unsafe { NonNull::new_unchecked(data.cast_mut().cast()) } }
}

impl TaskRef {
    /// Is `waker` this task's own?
    pub(crate) fn owns_waker(&self, waker: &Waker) -> bool {
        // Its data is the head, which lives as long as this does: no other waker has that address.
        std::ptr::addr_eq(waker.data(), self.head.as_ptr())
    }

    fn wake(&self) {
        if self.header().state.wake() {
            Runnable::schedule(self);
        }
    }
}
