//! A part that no request touches, entered and left against requests (R12a).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{explore, fate};
use crate::{Cancel, Task, critical};

/// Once begun, the critical part is always done; the request is met by the await after it, if there is one.
#[test]
fn critical_entered_and_left_against_cancel() {
    let expected = [
        (true, "cancelled", "never ran"),
        (true, "cancelled", "left the critical part"),
        (true, "cancelled", "ran to its end"),
        (false, "value", "ran to its end"),
    ];
    explore(expected, |world| {
        let at = Arc::new(AtomicUsize::new(0));
        let task = world.create({
            let (at, value) = (at.clone(), world.token());
            async move {
                at.store(1, Ordering::Relaxed);
                critical(crate::yield_now()).await;
                at.store(2, Ordering::Relaxed);
                crate::yield_now().await;
                at.store(3, Ordering::Relaxed);
                value
            }
        });
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.cancel()
        });
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        let how_far = ["never ran", "torn", "left the critical part", "ran to its end"];
        (asked, fate(&task.task_ref()), how_far[at.load(Ordering::Relaxed)])
    });
}

/// The request is let go of while it is held back, or when it has been set free.
#[test]
fn uncancel_against_the_end_of_a_critical_part() {
    explore([("value", 0), ("cancelled", 0)], |world| {
        let value = world.token();
        let task = world.create(async move {
            critical(crate::yield_now()).await;
            crate::yield_now().await;
            value
        });
        world.run(world.take());
        assert!(task.cancel());
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.uncancel()
        });
        world.run_ready();
        let left = other.join().unwrap();
        (fate(&task.task_ref()), left)
    });
}
