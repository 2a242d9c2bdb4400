//! The typed handle against the end of the task: who drops the value, and who may look at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Token, explore};
use crate::{ResultError, Task, current_task};

/// A value that tells whether the task dropped it, or somebody outside.
struct Value {
    _token: Token,
    dropped_by: Arc<AtomicUsize>,
}

impl Drop for Value {
    fn drop(&mut self) {
        let by = if current_task().is_some() { 1 } else { 2 };
        self.dropped_by.store(by, Ordering::Relaxed);
    }
}

/// The task or the handle drops the value, whichever goes last (R9).
#[test]
fn handle_dropped_against_completion() {
    explore(["the task", "the handle"], |world| {
        let dropped_by = Arc::new(AtomicUsize::new(0));
        let value = Value { _token: world.token(), dropped_by: dropped_by.clone() };
        let handle = world.create(async move { value });
        let other = world.spawn(move |_| drop(handle));
        world.run_ready();
        other.join().unwrap();
        ["nobody", "the task", "the handle"][dropped_by.load(Ordering::Relaxed)]
    });
}

/// A result is seen whole, or not at all (R7).
#[test]
fn result_against_completion() {
    explore([None, Some(7)], |world| {
        let handle = world.create(async { 7 });
        let other = world.spawn(move |_| match handle.result() {
            Ok(value) => Some(*value),
            Err(ResultError::InvalidState(_)) => None,
            Err(error) => panic!("{error}"),
        });
        world.run_ready();
        other.join().unwrap()
    });
}

/// The failure is there as soon as the task is done.
#[test]
fn failure_against_completion() {
    explore(["not done", "cancelled"], |world| {
        let handle = world.create(std::future::pending::<()>());
        crate::Cancel::cancel(&handle);
        let other = world.spawn(move |_| match handle.result() {
            Ok(()) => "value",
            Err(ResultError::InvalidState(_)) => "not done",
            Err(ResultError::Cancelled(_)) => "cancelled",
            Err(ResultError::Panicked(_)) => "panicked",
        });
        world.run_ready();
        other.join().unwrap()
    });
}
