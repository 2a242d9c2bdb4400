//! A scope that is entered and left, against requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Signal, explore, fate};
use crate::{Cancel, Task, catch_cancel};

/// The request meets the scope only if it comes while the task is inside; else the task ends cancelled (R3, R4, R5).
#[test]
fn scope_entered_and_left_against_cancel() {
    let expected = [
        (true, "cancelled", "never ran"),
        (true, "value", "caught"),
        (true, "cancelled", "left the scope"),
        (false, "value", "left the scope"),
    ];
    explore(expected, |world| {
        let at = Arc::new(AtomicUsize::new(0));
        let task = world.create({
            let (at, inside, value) = (at.clone(), world.token(), world.token());
            async move {
                at.store(1, Ordering::Relaxed);
                let left = catch_cancel(async move {
                    let _inside = inside;
                    crate::yield_now().await;
                });
                let at_last = if left.await.is_err() { 2 } else { 3 };
                at.store(at_last, Ordering::Relaxed);
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
        let how_far = ["never ran", "inside", "caught", "left the scope"];
        (asked, fate(&task.task_ref()), how_far[at.load(Ordering::Relaxed)])
    });
}

/// A scope that resumes what it caught ends the task; one request is met once, however it is timed.
#[test]
fn resume_against_the_awaited() {
    let expected = [(true, "cancelled", 1), (true, "cancelled", 0), (false, "value", 0)];
    explore(expected, |world| {
        let (signal, caught) = (Signal::new(), Arc::new(AtomicUsize::new(0)));
        let task = world.start({
            let (signal, caught, value) = (signal.clone(), caught.clone(), world.token());
            async move {
                if let Err(cancelled) = catch_cancel(signal.wait()).await {
                    caught.fetch_add(1, Ordering::Relaxed);
                    cancelled.resume().await;
                }
                value
            }
        });
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        (asked, fate(&task.task_ref()), caught.load(Ordering::Relaxed))
    });
}

/// A second request strikes in the clean-up of the first (R5), or before that, or with it.
#[test]
fn second_request_against_the_clean_up() {
    let expected = [
        (true, "cancelled", "clean-up torn"),
        (true, "value", "clean-up done"),
        (true, "cancelled", "clean-up done"),
        (false, "value", "clean-up done"),
    ];
    explore(expected, |world| {
        let cleaned = Arc::new(AtomicUsize::new(0));
        let task = world.start({
            let (cleaned, value) = (cleaned.clone(), world.token());
            async move {
                let caught = catch_cancel(std::future::pending::<()>()).await;
                crate::yield_now().await;
                cleaned.store(1, Ordering::Relaxed);
                drop(caught);
                value
            }
        });
        assert!(task.cancel());
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.cancel()
        });
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        let how = ["clean-up torn", "clean-up done"][cleaned.load(Ordering::Relaxed)];
        (asked, fate(&task.task_ref()), how)
    });
}
