//! `to_thread`: values, panics and requests across threads.
#![cfg(feature = "threads")]

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::thread;

use cede::prelude::*;
use cede::{CancelToken, critical, to_thread, yield_now};

/// Sends `()` when it is dropped, then panics.
struct Booby(Sender<()>);

impl Drop for Booby {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
        std::panic::resume_unwind(Box::new("quietly"));
    }
}

/// Work that says that it has begun, and runs until nobody waits for it; then it says so.
fn until_cancelled() -> (impl FnOnce(CancelToken) + Send + 'static, Receiver<&'static str>) {
    let (say, hear) = channel();
    let work = move |token: CancelToken| {
        say.send("begun").unwrap();
        while !token.is_cancelled() {
            thread::yield_now();
        }
        say.send("noticed").unwrap();
    };
    (work, hear)
}

#[test]
fn a_value_comes_back_from_another_thread() {
    let here = thread::current().id();
    let there = cede::run(async { to_thread(|_| thread::current().id()).await }).unwrap();
    assert_ne!(here, there);
}

#[test]
fn other_tasks_run_meanwhile() {
    let (say, hear) = channel();
    let heard = cede::run(async move {
        let waiting = create_task(to_thread(move |_| hear.recv().unwrap()));
        yield_now().await;
        say.send("hello").unwrap();
        waiting.await.unwrap()
    });
    assert_eq!(heard.unwrap(), "hello");
}

#[test]
fn it_starts_when_it_is_polled() {
    let begun = Arc::new(AtomicBool::new(false));
    let work = Arc::clone(&begun);
    let future = to_thread(move |_| work.store(true, Ordering::SeqCst));
    assert_eq!(format!("{future:?}"), "ToThread { begun: false, .. }");
    drop(future);
    assert_eq!(Arc::strong_count(&begun), 1, "the work is gone");
    assert!(!begun.load(Ordering::SeqCst));
}

#[test]
fn a_cancelled_task_gives_up_waiting_and_the_work_can_notice() {
    let (work, hear) = until_cancelled();
    cede::run(async move {
        let task = create_task(to_thread(work));
        yield_now().await;
        assert_eq!(hear.recv(), Ok("begun"));
        assert!(task.cancel());
        assert!(matches!((&task).await, Err(TaskError::Cancelled(_))));
        assert_eq!(hear.recv(), Ok("noticed"));
    })
    .unwrap();
}

#[test]
fn a_scope_may_go_on_while_the_work_ends() {
    let (work, hear) = until_cancelled();
    cede::run(async move {
        let task = create_task(async move {
            let given_up = catch_cancel(to_thread(work)).await.is_err();
            assert_eq!(to_thread(|_| 42).await, 42);
            given_up
        });
        yield_now().await;
        assert_eq!(hear.recv(), Ok("begun"));
        task.cancel();
        assert!(task.await.unwrap());
        assert_eq!(hear.recv(), Ok("noticed"));
    })
    .unwrap();
}

#[test]
fn a_critical_waits_for_the_value() {
    let (say, hear) = channel();
    cede::run(async move {
        let task = create_task(async move {
            let value = critical(to_thread(move |token| (hear.recv(), token.is_cancelled()))).await;
            assert_eq!(value, (Ok("late"), false));
            pending::<()>().await;
        });
        yield_now().await;
        task.cancel();
        yield_now().await;
        assert!(!task.done());
        say.send("late").unwrap();
        assert!(matches!(task.await, Err(TaskError::Cancelled(_))));
    })
    .unwrap();
}

#[test]
fn a_panic_comes_out_where_it_is_awaited() {
    let error = cede::run(async {
        let panics = to_thread(|_| -> () { std::panic::resume_unwind(Box::new(42_u8)) });
        create_task(panics).await.unwrap_err()
    });
    let TaskError::Panicked(panicked) = error.unwrap() else { panic!() };
    assert_eq!(panicked.take_payload().unwrap().downcast_ref(), Some(&42_u8));
}

#[test]
fn a_value_that_nobody_waits_for_is_dropped_quietly() {
    let (say, hear) = channel();
    let (go, wait) = channel();
    let (said, begun) = channel();
    {
        let mut future = pin!(to_thread(move |_| {
            said.send(()).unwrap();
            wait.recv().unwrap();
            Booby(say)
        }));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        begun.recv().unwrap();
    }
    go.send(()).unwrap();
    hear.recv().expect("it was dropped");
    assert_eq!(futures_lite::future::block_on(to_thread(|_| "alive")), "alive");
}

#[test]
fn it_works_outside_any_task() {
    assert_eq!(futures_lite::future::block_on(to_thread(|_| 42)), 42);
}

#[test]
fn polling_it_again_is_an_error_that_says_so() {
    let mut future = pin!(to_thread(|_| 42));
    assert_eq!(futures_lite::future::block_on(future.as_mut()), 42);
    let poll = || future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let panic = catch_unwind(AssertUnwindSafe(poll)).map(|polled: Poll<i32>| polled.is_ready());
    assert!(panic.is_err());
}

#[test]
fn many_at_once() {
    let sum: u64 = cede::run(async {
        let tasks: Vec<_> = (0..1000).map(|n| create_task(to_thread(move |_| n))).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    })
    .unwrap();
    assert_eq!(sum, 999 * 1000 / 2);
}
