//! Awaiting a task against its end: nobody who waits is forgotten.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use super::{World, explore, explore_within, fate};
use crate::{JoinHandle, Task};

/// A task that awaits another, and counts its own polls.
fn awaiter<T, E>(
    world: &Arc<World>,
    target: impl IntoFuture<Output = Result<T, E>, IntoFuture: Send + 'static>,
    polls: &Arc<AtomicUsize>,
) -> JoinHandle<bool> {
    let (target, polls) = (target.into_future(), polls.clone());
    world.create(async move {
        let mut target = std::pin::pin!(target);
        let outcome = std::future::poll_fn(|cx| {
            polls.fetch_add(1, Ordering::Relaxed);
            target.as_mut().poll(cx)
        });
        outcome.await.is_ok()
    })
}

/// The awaiter finds the end by itself, or is woken by it.
#[test]
fn await_against_completion() {
    explore([1, 2], |world| {
        let polls = Arc::new(AtomicUsize::new(0));
        let value = world.token();
        let awaited = world.create(async move { value });
        let awaiting = awaiter(world, awaited.task_ref(), &polls);
        let other = world.spawn(World::run_ready);
        world.run_ready();
        other.join().unwrap();
        world.run_ready();
        assert_eq!(fate(&awaited.task_ref()), "value");
        assert_eq!(awaiting.result().ok(), Some(&true));
        polls.load(Ordering::Relaxed)
    });
}

/// The await is polled again, though nothing has woken it, while the task ends.
#[test]
fn await_by_value_polled_again_against_completion() {
    explore([2, 3], |world| {
        let polls = Arc::new(AtomicUsize::new(0));
        let value = world.token();
        let awaited = world.create(async move { value });
        let ends = world.take();
        let (mut target, counted) = (awaited.into_future(), Arc::clone(&polls));
        let awaiting = world.create(std::future::poll_fn(move |cx| {
            if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                cx.waker().wake_by_ref();
                assert!(Pin::new(&mut target).poll(cx).is_pending());
                return Poll::Pending;
            }
            Pin::new(&mut target).poll(cx).map(|outcome| outcome.is_ok())
        }));
        world.run(world.take());
        let other = world.spawn(move |world| world.run(ends));
        world.run_ready();
        other.join().unwrap();
        world.run_ready();
        assert_eq!(awaiting.result().ok(), Some(&true));
        polls.load(Ordering::Relaxed)
    });
}

/// Awaited by value, the value moves out, and nobody else drops it.
#[test]
fn await_by_value_against_completion() {
    explore([1, 2], |world| {
        let polls = Arc::new(AtomicUsize::new(0));
        let value = world.token();
        let awaited = world.create(async move { value });
        let awaiting = awaiter(world, awaited, &polls);
        let other = world.spawn(World::run_ready);
        world.run_ready();
        other.join().unwrap();
        world.run_ready();
        assert_eq!(awaiting.result().ok(), Some(&true));
        polls.load(Ordering::Relaxed)
    });
}

/// Both awaiters hear of the end, whichever of them had to wait.
#[test]
fn two_awaiters() {
    explore_within(2, [(1, 1), (1, 2), (2, 1), (2, 2)], |world| {
        let polls = [0; 2].map(|_| Arc::new(AtomicUsize::new(0)));
        let value = world.token();
        let awaited = world.create(async move { value });
        let awaiting = [0, 1].map(|n| awaiter(world, awaited.task_ref(), &polls[n]));
        let others = [(); 2].map(|()| world.spawn(World::run_ready));
        world.run_ready();
        for other in others {
            other.join().unwrap();
        }
        world.run_ready();
        for task in &awaiting {
            assert_eq!(task.result().ok(), Some(&true));
        }
        (polls[0].load(Ordering::Relaxed), polls[1].load(Ordering::Relaxed))
    });
}

/// An await that is given up does not hear of the end, and does no harm.
#[test]
fn await_dropped_against_completion() {
    explore(["gave up", "heard of it"], |world| {
        let value = world.token();
        let awaited = world.create(async move { value });
        let target = awaited.task_ref();
        let awaiting = world.create(async move {
            let mut waiting = std::pin::pin!(target.into_future());
            std::future::poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_ready())).await
        });
        let other = world.spawn(World::run_ready);
        world.run_ready();
        other.join().unwrap();
        world.run_ready();
        assert_eq!(fate(&awaited.task_ref()), "value");
        if *awaiting.result().unwrap() { "heard of it" } else { "gave up" }
    });
}
