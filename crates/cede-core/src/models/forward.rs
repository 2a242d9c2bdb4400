//! A request that is forwarded to the awaited task, against the end of that one (R6).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex};

use super::{Gate, Signal, explore, explore_within, fate};
use crate::{Cancel, Task, TaskError, TaskRef, catch_cancel};

/// The request ends the awaited task, or the awaiting one, or comes too late for both.
#[test]
fn forwarding_against_the_end_of_the_awaited() {
    let expected =
        [(true, "cancelled", "cancelled"), (true, "cancelled", "value"), (false, "value", "value")];
    explore(expected, |world| {
        let signal = Signal::new();
        let awaited = world.start({
            let (signal, value) = (signal.clone(), world.token());
            async move {
                signal.wait().await;
                value
            }
        });
        let target = awaited.task_ref();
        let awaiting = world.start(target.into_future());
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        (asked, fate(&awaiting.task_ref()), fate(&awaited.task_ref()))
    });
}

/// If the awaited task refuses, the awaiting one gets its value; if it has left its scope by then, they both end
/// cancelled.
#[test]
fn forwarding_against_a_refusal() {
    let expected = [
        (true, "value", "refused"),
        (true, "cancelled", "cancelled"),
        (true, "cancelled", "went through"),
        (false, "value", "went through"),
    ];
    explore(expected, |world| {
        let signal = Signal::new();
        let awaited = world.start({
            let signal = signal.clone();
            async move {
                match catch_cancel(signal.wait()).await {
                    Ok(()) => "went through",
                    Err(_) => "refused",
                }
            }
        });
        let awaiting = world.start(awaited.task_ref().into_future());
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        let ended = awaited.result().map_or_else(|_| "cancelled", |value| *value);
        (asked, fate(&awaiting.task_ref()), ended)
    });
}

/// A request that comes while the task begins to await goes to the awaited one as soon as it does.
#[test]
fn forwarding_against_the_start_of_the_await() {
    let expected = [("cancelled", "suspended"), ("cancelled", "cancelled")];
    explore(expected, |world| {
        let awaited = world.start(std::future::pending::<()>());
        let awaiting = world.create(awaited.task_ref().into_future());
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        world.run_ready();
        assert!(other.join().unwrap());
        world.run_ready();
        let outcome = (fate(&awaiting.task_ref()), fate(&awaited.task_ref()));
        awaited.abort();
        outcome
    });
}

/// Somebody else cancels the awaited task at the same time. The awaiting one is unwound by that end, or told of it and
/// then asked itself; in any case it meets the one request that it was promised, once.
#[test]
fn forwarding_against_the_cancellation_of_the_awaited() {
    let expected = [(true, "unwound"), (true, "told"), (false, "told")];
    explore(expected, |world| {
        let awaited = world.start(std::future::pending::<()>());
        let (met, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let awaiting = world.start({
            let (target, met, told) = (awaited.task_ref(), met.clone(), told.clone());
            async move {
                match catch_cancel(target.into_future()).await {
                    Ok(Err(TaskError::Cancelled(_))) => told.fetch_add(1, Ordering::Relaxed),
                    Ok(_) => unreachable!("it has no value"),
                    Err(_) => met.fetch_add(1, Ordering::Relaxed),
                };
                if catch_cancel(crate::yield_now()).await.is_err() {
                    met.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        awaited.cancel();
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        let (met, told) = (met.load(Ordering::Relaxed), told.load(Ordering::Relaxed));
        assert!(met <= 1, "one request was met {met} times");
        let late = usize::from(awaiting.cancelled());
        assert_eq!(met + late, usize::from(asked), "a request was lost, or one came from nowhere");
        (asked, if told == 1 { "told" } else { "unwound" })
    });
}

/// A wait that only tells of the end, as `gather` needs it, and goes on unwinding by itself: what it tells of is not made
/// again at the task, whether the awaited one ended by the request or without it.
#[test]
fn forwarding_through_a_wait_that_does_not_unwind() {
    let expected = [
        (true, "cancelled", "unwound"),
        (true, "value", "unwound"),
        (true, "value", "unwound later"),
        (false, "value", "in peace"),
    ];
    explore(expected, |world| {
        let signal = Signal::new();
        let awaited = world.start({
            let signal = signal.clone();
            async move { signal.wait().await }
        });
        let met = [0; 2].map(|_| Arc::new(AtomicUsize::new(0)));
        let awaiting = world.start({
            let (target, met) = (awaited.task_ref(), met.clone());
            async move {
                let waiting = catch_cancel(async {
                    let mut end = target.into_future().without_unwinding();
                    let _ = (&mut end).await;
                    if let Some(request) = end.forwarded() {
                        request.resume().await;
                    }
                });
                if waiting.await.is_err() {
                    met[0].fetch_add(1, Ordering::Relaxed);
                }
                if catch_cancel(crate::yield_now()).await.is_err() {
                    met[1].fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        signal.give();
        world.run_ready();
        let asked = other.join().unwrap();
        world.run_ready();
        let [met, later] = met.map(|count| count.load(Ordering::Relaxed));
        let later = later + usize::from(awaiting.cancelled());
        assert_eq!(met + later, usize::from(asked), "one request is met once");
        let how = ["in peace", "unwound later", "unwound"][2 * met + later];
        (asked, fate(&awaited.task_ref()), how)
    });
}

/// Two threads run the two tasks while the request is on its way from the one to the other.
#[test]
fn forwarding_against_both_tasks() {
    let expected =
        [(true, "cancelled", "cancelled"), (true, "cancelled", "value"), (false, "value", "value")];
    explore_within(2, expected, |world| {
        let gate = Gate::new();
        let awaited = world.start({
            let (gate, value) = (gate.clone(), world.token());
            async move {
                gate.pass().await;
                value
            }
        });
        let awaiting = world.start(awaited.task_ref().into_future());
        let runner = world.spawn(move |world| {
            gate.open();
            world.run_ready();
        });
        let other = world.spawn({
            let task = awaiting.task_ref();
            move |_| task.cancel()
        });
        world.run_ready();
        runner.join().unwrap();
        let asked = other.join().unwrap();
        world.run_ready();
        (asked, fate(&awaiting.task_ref()), fate(&awaited.task_ref()))
    });
}

/// Two requests on their way down at once, and the awaited task ends: each that was promised counts, and together they
/// unwind the awaiting task.
#[test]
fn two_requests_forwarded() {
    let expected = [
        (true, true, "cancelled", "cancelled"),
        (true, true, "cancelled", "value"),
        (true, false, "cancelled", "cancelled"),
        (true, false, "cancelled", "value"),
        (false, true, "cancelled", "cancelled"),
        (false, true, "cancelled", "value"),
        (false, false, "value", "value"),
    ];
    explore_within(2, expected, |world| {
        let signal = Signal::new();
        let awaited = world.start({
            let (signal, value) = (signal.clone(), world.token());
            async move {
                signal.wait().await;
                value
            }
        });
        let awaiting = world.start(awaited.task_ref().into_future());
        let ask = || {
            let task = awaiting.task_ref();
            world.spawn(move |_| task.cancel())
        };
        let others = [ask(), ask()];
        signal.give();
        world.run_ready();
        let [first, second] = others.map(|other| other.join().unwrap());
        world.run_ready();
        assert_eq!(awaiting.cancelling(), usize::from(first) + usize::from(second));
        (first, second, fate(&awaiting.task_ref()), fate(&awaited.task_ref()))
    });
}

/// The one task awaits the other, which at the same time begins to await it: the request must not run after itself in the circle, each task of which believes
/// that the next has it.
#[test]
fn forwarding_into_a_circle_that_closes_behind_the_request() {
    explore([("cancelled", "cancelled")], |world| {
        let back: Arc<StdMutex<Option<TaskRef>>> = Arc::default();
        let second = world.create({
            let back = Arc::clone(&back);
            async move {
                let first = back.lock().unwrap().take().expect("it was put there");
                let _ = first.await;
                std::future::pending::<()>().await;
            }
        });
        let begins = world.take();
        let first = world.start(second.task_ref().into_future());
        *back.lock().unwrap() = Some(first.task_ref());
        let other = world.spawn({
            let task = first.task_ref();
            move |_| task.cancel()
        });
        world.run(begins);
        world.run_ready();
        assert!(other.join().unwrap());
        world.run_ready();
        (fate(&first.task_ref()), fate(&second.task_ref()))
    });
}
