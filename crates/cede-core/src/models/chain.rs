//! A request on its way through more than two tasks: a chain, a fork, a circle.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use super::{Signal, explore, explore_within, fate};
use crate::{Cancel, Task, TaskRef};

/// The request takes effect at the last task of the chain that is not done yet, and what is above unwinds with it.
#[test]
fn forwarding_down_a_chain_of_three() {
    let expected = [
        (true, ["cancelled", "cancelled", "cancelled"]),
        (true, ["cancelled", "cancelled", "value"]),
        (true, ["cancelled", "value", "value"]),
        (false, ["value", "value", "value"]),
    ];
    explore(expected, |world| {
        let signal = Signal::new();
        let last = world.start({
            let signal = signal.clone();
            async move { signal.wait().await }
        });
        let middle = world.start(last.task_ref().into_future());
        let first = world.start(middle.task_ref().into_future());
        let other = world.spawn({
            let task = first.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        let chain = [first.task_ref(), middle.task_ref(), last.task_ref()];
        (asked, chain.map(|task| fate(&task)))
    });
}

/// A task that awaits two others at once: what is not done of them gets the request, and one that is cancelled is
/// enough to unwind it.
#[test]
fn forwarding_to_two_awaited() {
    let expected = [["cancelled", "cancelled", "cancelled"], ["cancelled", "value", "cancelled"]];
    explore(expected, |world| {
        let signal = Signal::new();
        let left = world.start({
            let signal = signal.clone();
            async move { signal.wait().await }
        });
        let right = world.start(std::future::pending::<()>());
        let (mut on_left, mut on_right) =
            (left.task_ref().into_future(), Box::pin(right.task_ref().into_future()));
        let both = world.start(async move {
            let mut left_is_done = false;
            let mut on_left = std::pin::pin!(&mut on_left);
            poll_fn(|cx| {
                left_is_done = left_is_done || on_left.as_mut().poll(cx).is_ready();
                let right_is_done = on_right.as_mut().poll(cx).is_ready();
                if left_is_done && right_is_done { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        let other = world.spawn({
            let task = both.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        assert!(other.join().unwrap());
        world.run_ready();
        [both.task_ref(), left.task_ref(), right.task_ref()].map(|task| fate(&task))
    });
}

/// Two tasks await each other, and both are cancelled at once. The walks meet, and both tasks end.
#[test]
fn two_requests_in_a_circle() {
    explore_within(2, [(true, true), (true, false), (false, true)], |world| {
        let partner: Arc<Mutex<Option<TaskRef>>> = Arc::default();
        let first = world.create({
            let partner = partner.clone();
            async move {
                let partner = partner.lock().unwrap().take().expect("it was made");
                partner.await.is_ok()
            }
        });
        let second = world.create(first.task_ref().into_future());
        *partner.lock().unwrap() = Some(second.task_ref());
        world.run_ready();
        let other = world.spawn({
            let task = first.task_ref();
            move |world| {
                let asked = task.cancel();
                world.run_ready();
                asked
            }
        });
        let asked = second.cancel();
        world.run_ready();
        let asked = (other.join().unwrap(), asked);
        world.run_ready();
        assert!(first.cancelled() && second.cancelled());
        asked
    });
}
