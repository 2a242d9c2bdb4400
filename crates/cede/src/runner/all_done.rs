//! Waiting for the end of tasks without looking at how they ended: what nobody looked at is told of.

use std::sync::Arc;
use std::task::Context;

use cede_core::{Task, TaskRef};
use futures_util::task::AtomicWaker;

/// Waits for tasks, one after the other, outside any task.
pub(super) struct AllDone<'a> {
    /// The first is awaited.
    left: &'a [TaskRef],
    /// The first tells of its end.
    told: bool,
    bell: Arc<AtomicWaker>,
}

impl<'a> AllDone<'a> {
    pub(super) fn new(tasks: &'a [TaskRef]) -> Self {
        AllDone { left: tasks, told: false, bell: Arc::default() }
    }

    /// Are all done? If not, `cx` will be woken.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> bool {
        self.bell.register(cx.waker());
        while let Some((first, rest)) = self.left.split_first() {
            if first.done() {
                self.left = rest;
                self.told = false;
            } else if self.told {
                return false;
            } else {
                // If it ends before this, it is called at once.
                let bell = Arc::clone(&self.bell);
                first.add_done_callback(move |_| bell.wake());
                self.told = true;
            }
        }
        true
    }
}
