//! A cancel request against whatever else may happen to its task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Signal, explore, fate};
use crate::{Cancel, Task, TaskError};

/// The return value and the outcome agree (R2); a request that comes while the task runs ends it all the same (R4).
#[test]
fn cancel_against_completion() {
    let expected = [
        (true, "cancelled", "before it went on"),
        (true, "cancelled", "while it ran"),
        (false, "value", "too late"),
    ];
    explore(expected, |world| {
        let (signal, went_on) = (Signal::new(), Arc::new(AtomicBool::new(false)));
        let task = world.start({
            let (signal, went_on, value) = (signal.clone(), went_on.clone(), world.token());
            async move {
                signal.wait().await;
                went_on.store(true, Ordering::Relaxed);
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
        let when = match (went_on.load(Ordering::Relaxed), asked) {
            (false, _) => "before it went on",
            (true, true) => "while it ran",
            (true, false) => "too late",
        };
        assert_eq!(task.cancelling(), usize::from(asked));
        (asked, fate(&task.task_ref()), when)
    });
}

/// Each request that was promised counts, and the first one's message is met by the task.
#[test]
fn cancel_against_cancel() {
    let expected = [(true, true, "a"), (true, true, "b"), (true, false, "a"), (false, true, "b")];
    explore(expected, |world| {
        let value = world.token();
        let task = world.start(async move {
            std::future::pending::<()>().await;
            value
        });
        let ask = |message: &'static str| {
            let task = task.task_ref();
            world.spawn(move |_| task.cancel_with(message))
        };
        let (a, b) = (ask("a"), ask("b"));
        world.run_ready();
        let (a, b) = (a.join().unwrap(), b.join().unwrap());
        world.run_ready();
        assert_eq!(task.cancelling(), usize::from(a) + usize::from(b));
        let Some(TaskError::Cancelled(cancelled)) = task.task_ref().failure() else {
            panic!("it is {}", fate(&task.task_ref()));
        };
        let message = if cancelled.message() == Some("a") { "a" } else { "b" };
        (a, b, message)
    });
}

/// A task that is cancelled before its first poll never runs at all (R3).
#[test]
fn cancel_against_the_first_poll() {
    let expected =
        [(true, "cancelled", "never ran"), (true, "cancelled", "ran"), (false, "value", "ran")];
    explore(expected, |world| {
        let ran = Arc::new(AtomicBool::new(false));
        let task = world.create({
            let (ran, value) = (ran.clone(), world.token());
            async move {
                ran.store(true, Ordering::Relaxed);
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
        let ran = if ran.load(Ordering::Relaxed) { "ran" } else { "never ran" };
        (asked, fate(&task.task_ref()), ran)
    });
}

/// Either may find the task asleep; one of them hands out its one `Runnable`, whichever of two threads then runs it.
#[test]
fn cancel_against_a_wake() {
    let expected = [(true, "cancelled", "went on"), (true, "cancelled", "went no further")];
    explore(expected, |world| {
        let (signal, went_on) = (Signal::new(), Arc::new(AtomicBool::new(false)));
        let task = world.start({
            let (signal, went_on, value) = (signal.clone(), went_on.clone(), world.token());
            async move {
                signal.wait().await;
                went_on.store(true, Ordering::Relaxed);
                std::future::pending::<()>().await;
                value
            }
        });
        let other = world.spawn(move |world| {
            signal.give();
            world.run_ready();
        });
        let asked = task.cancel();
        world.run_ready();
        other.join().unwrap();
        world.run_ready();
        let how_far = if went_on.load(Ordering::Relaxed) { "went on" } else { "went no further" };
        (asked, fate(&task.task_ref()), how_far)
    });
}
