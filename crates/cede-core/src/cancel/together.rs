//! Asking several tasks at once.

use std::cell::RefCell;

use crate::task::{Runnable, TaskRef};
use cede_sync::local;

local! {
    /// What the requests of this thread have woken, while they are made together.
    static WOKEN: RefCell<Option<Vec<TaskRef>>> = RefCell::new(None);
}

/// Runs `ask`, which asks tasks to stop: they are woken when it returns, in the order in which they were asked. So none of them does anything about its
/// request before all have been asked, however many threads the backend has; as in asyncio, where the code that asks is not
/// interrupted.
///
/// What it does to tasks that run meanwhile, and to those that are woken by anything else: nothing.
///
/// # Panics
///
/// If `ask` does; the tasks are woken all the same.
///
/// # Examples
///
/// ```
/// use cede::prelude::*;
///
/// cede::run(async {
///     let tasks = [0; 3].map(|_| create_task(std::future::pending::<()>()));
///     cede::backend::together(|| tasks.iter().for_each(|task| assert!(task.cancel())));
///     wait(&tasks).await;
///     assert!(tasks.iter().all(Cancel::cancelled));
/// })?;
/// # Ok::<(), TaskError>(())
/// ```
pub fn together<R>(ask: impl FnOnce() -> R) -> R {
    let _wakes = Wakes::begin();
    ask()
}

/// A request has woken `task`, whose `Runnable` the caller has got: schedules it, now or when all are asked.
pub(crate) fn schedule(task: &TaskRef) {
    let kept = WOKEN.try_with(|woken| match &mut *woken.borrow_mut() {
        Some(woken) => {
            woken.push(task.clone());
            true
        }
        None => false,
    });
    if !kept.unwrap_or(false) {
        Runnable::schedule(task);
    }
}

/// Wakes them when it goes. Inside another, that one does.
struct Wakes {
    outermost: bool,
}

impl Wakes {
    fn begin() -> Self {
        let begin = |woken: &RefCell<Option<Vec<TaskRef>>>| {
            let mut woken = woken.borrow_mut();
            let outermost = woken.is_none();
            woken.get_or_insert_default();
            outermost
        };
        Wakes { outermost: WOKEN.try_with(begin).unwrap_or(false) }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        if self.outermost {
            let woken = WOKEN.try_with(|woken| woken.borrow_mut().take()).ok().flatten();
            woken.iter().flatten().for_each(Runnable::schedule);
        }
    }
}
