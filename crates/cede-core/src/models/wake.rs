//! Waking a task: by one thread or several, while it sleeps, waits for its turn, or runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Signal, explore, fate};

/// Two wake-ups cost one step or two, and the last step sees what both wakers did: a wake-up that comes while the
/// task is woken already still hands over what was written before it.
#[test]
fn two_wakes() {
    explore([("value", 1), ("value", 2)], |world| {
        let (left, right, steps) = (Signal::new(), Signal::new(), Arc::new(AtomicUsize::new(0)));
        let task = world.start({
            let (left, right, steps) = (left.clone(), right.clone(), steps.clone());
            let value = world.token();
            async move {
                let (mut left, mut right) = (Box::pin(left.wait()), Box::pin(right.wait()));
                let mut missing = (true, true);
                std::future::poll_fn(|cx| {
                    steps.fetch_add(1, Ordering::Relaxed);
                    missing.0 = missing.0 && left.as_mut().poll(cx).is_pending();
                    missing.1 = missing.1 && right.as_mut().poll(cx).is_pending();
                    if missing == (false, false) {
                        std::task::Poll::Ready(())
                    } else {
                        std::task::Poll::Pending
                    }
                })
                .await;
                value
            }
        });
        let other = world.spawn(move |_| left.give());
        right.give();
        world.run_ready();
        other.join().unwrap();
        world.run_ready();
        (fate(&crate::Task::task_ref(&task)), steps.load(Ordering::Relaxed) - 1)
    });
}
