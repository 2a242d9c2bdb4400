//! Done callbacks against the end of the task: each is called once, or taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::explore;
use crate::{Task, TaskRef};

fn count(calls: &Arc<AtomicUsize>) -> impl FnOnce(&TaskRef) + Send + 'static {
    let calls = calls.clone();
    move |_| {
        calls.fetch_add(1, Ordering::Relaxed);
    }
}

/// The task calls it, or the backend, if the task was done already. Either way it is called once.
#[test]
fn callback_added_against_completion() {
    explore([("by the task", 1), ("soon", 1)], |world| {
        let calls = Arc::new(AtomicUsize::new(0));
        let task = world.create(async {});
        let other = world.spawn({
            let (task, callback) = (task.task_ref(), count(&calls));
            move |_| task.add_done_callback(callback).is_some()
        });
        world.run_ready();
        let kept = other.join().unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), usize::from(kept));
        world.wake_soon();
        (if kept { "by the task" } else { "soon" }, calls.load(Ordering::Relaxed))
    });
}

/// A callback that was taken back is never called.
#[test]
fn callback_removed_against_completion() {
    explore([(true, 0), (false, 1)], |world| {
        let calls = Arc::new(AtomicUsize::new(0));
        let task = world.create(async {});
        let id = task.add_done_callback(count(&calls)).expect("it has not run yet");
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.remove_done_callback(id)
        });
        world.run_ready();
        let removed = other.join().unwrap();
        (removed, calls.load(Ordering::Relaxed))
    });
}
