//! `abort` against everything else that can end a task (R11).

use super::{Signal, explore, reason};
use crate::{Cancel, Task, catch_cancel};

/// A scope would refuse a request; no scope is asked by `abort`. The return values and the outcome agree. An abort that
/// finds the task ending by a request already has nothing to add: the task is cancelled, by that request.
#[test]
fn abort_against_cancel_against_completion() {
    let expected = [
        (false, false, "value"),
        (false, true, "value"),
        (false, true, "cancelled"),
        (true, false, "aborted"),
        (true, true, "aborted"),
        (true, true, "cancelled"),
    ];
    explore(expected, |world| {
        let signal = Signal::new();
        let task = world.start({
            let (signal, value) = (signal.clone(), world.token());
            async move {
                // Refuses.
                let _ = catch_cancel(signal.wait()).await;
                value
            }
        });
        let abort = world.spawn({
            let task = task.task_ref();
            move |_| task.abort()
        });
        let cancel = world.spawn({
            let task = task.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        let asked = (abort.join().unwrap(), cancel.join().unwrap());
        world.run_ready();
        (asked.0, asked.1, reason(&task.task_ref()))
    });
}
