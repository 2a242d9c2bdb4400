//! Taking a request back, against its delivery.

use super::{Signal, explore, explore_within, fate};
use crate::{Cancel, Task};

/// A request that has hit nothing yet is withdrawn, and the task goes on; else it comes too late.
#[test]
fn uncancel_against_delivery() {
    explore(["value", "cancelled"], |world| {
        let value = world.token();
        let task = world.create(async move { value });
        assert!(task.cancel());
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.uncancel()
        });
        world.run_ready();
        assert_eq!(other.join().unwrap(), 0);
        assert_eq!(task.cancelling(), 0);
        fate(&task.task_ref())
    });
}

/// A request comes and is taken back while the task runs to its end.
#[test]
fn cancel_and_uncancel_against_completion() {
    let expected = [(true, "value"), (true, "cancelled"), (false, "value")];
    explore(expected, |world| {
        let value = world.token();
        let task = world.create(async move {
            crate::yield_now().await;
            value
        });
        let other = world.spawn({
            let task = task.task_ref();
            move |_| {
                let asked = task.cancel();
                task.uncancel();
                asked
            }
        });
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        (asked, fate(&task.task_ref()))
    });
}

/// A request that is on its way to an awaited task is counted, may be taken back, and may be refused in the end.
#[test]
fn uncancel_against_forwarding() {
    let expected =
        [(true, 0, "cancelled"), (true, 1, "cancelled"), (true, 0, "value"), (false, 0, "value")];
    explore_within(2, expected, |world| {
        let signal = Signal::new();
        let awaited = world.start({
            let signal = signal.clone();
            async move { signal.wait().await }
        });
        let awaiting = world.start(awaited.task_ref().into_future());
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        let withdrawal = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.uncancel()
        });
        signal.give();
        world.run_ready();
        let asked = other.join().unwrap();
        withdrawal.join().unwrap();
        world.run_ready();
        (asked, awaiting.cancelling(), fate(&awaiting.task_ref()))
    });
}
