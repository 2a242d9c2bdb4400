//! R8: a panic ends only its task, wherever it comes from.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use cede::{Cancel, JoinHandle, Task, TaskError, catch_cancel, create_task, yield_now};
use cede_tests::{Backend, Booby, Counter, Log, Signal, every_backend, park, waiting};

every_backend!(
    in_a_poll_it_ends_only_that_task,
    in_the_destructor_of_a_finished_future,
    in_the_destructor_of_a_cancelled_future,
    in_the_destructor_of_a_task_that_never_ran,
    in_the_destructor_of_what_a_scope_holds,
    in_the_destructor_of_a_value_that_nobody_wants,
    in_the_destructor_of_a_value_whose_handle_goes,
    in_the_destructor_of_a_value_that_a_request_beat,
    in_a_poll_and_then_in_the_destructor_the_first_counts,
    in_a_waker_that_awaits,
    in_a_done_callback_the_others_are_still_called,
    a_payload_that_panics_when_it_is_dropped,
    a_payload_whose_panic_panics_as_well,
    at_the_drop_of_a_waker_that_awaited,
    in_the_destructor_during_an_abort,
    in_the_destructor_when_the_backend_is_dropped,
    what_a_panicking_poll_held_is_dropped_once,
    a_value_beside_a_panicking_destructor_is_dropped_once,
);

fn text<T>(outcome: Result<T, TaskError>) -> String {
    match outcome {
        Err(TaskError::Panicked(panicked)) => panicked.text().to_owned(),
        Err(other) => format!("{other}"),
        Ok(_) => "a value".to_owned(),
    }
}

fn in_a_poll_it_ends_only_that_task<B: Backend>() {
    B::run(async {
        let other = create_task(async {
            yield_now().await;
            "fine"
        });
        let task: JoinHandle<()> = create_task(async { panic!("poll") });
        assert_eq!(text(task.await), "poll");
        assert_eq!(other.await.unwrap(), "fine");
    })
    .unwrap();
}

/// Is ready at its second poll; a panic waits in it.
struct Trap {
    polled: bool,
    _booby: Booby,
}

impl Future for Trap {
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        if self.polled {
            return Poll::Ready("value");
        }
        self.polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn trap(what: &'static str) -> Trap {
    Trap { polled: false, _booby: Booby(what) }
}

fn in_the_destructor_of_a_finished_future<B: Backend>() {
    B::run(async {
        let task = create_task(trap("at the end"));
        assert_eq!(text((&task).await), "at the end");
        assert!(task.done() && !task.cancelled());
    })
    .unwrap();
}

fn in_the_destructor_of_a_cancelled_future<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let (parked, booby) = (here.clone(), Booby("while unwinding"));
        let task = create_task(async move {
            let _booby = booby;
            park(parked).await;
        });
        here.wait().await;
        assert!(task.cancel());
        assert_eq!(text((&task).await), "while unwinding");
        assert!(!task.cancelled());
    })
    .unwrap();
}

fn in_the_destructor_of_a_task_that_never_ran<B: Backend>() {
    B::run(async {
        let booby = Booby("unborn");
        let task = create_task(async move {
            let _booby = booby;
            pending::<()>().await;
        });
        assert!(task.cancel());
        assert_eq!(text(task.await), "unborn");
    })
    .unwrap();
}

fn in_the_destructor_of_what_a_scope_holds<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, booby, said) = (here.clone(), Booby("in the scope"), log.clone());
        let task = create_task(async move {
            let _ = catch_cancel(async move {
                let _booby = booby;
                park(parked).await;
            })
            .await;
            said.say("not reached");
        });
        here.wait().await;
        task.cancel();
        assert_eq!(text(task.await), "in the scope");
        assert_eq!(log.text(), "");
    })
    .unwrap();
}

fn in_the_destructor_of_a_value_that_nobody_wants<B: Backend>() {
    B::run(async {
        let task = create_task(async { Booby("detached value") }).task_ref();
        (&task).await.unwrap();
        assert!(task.done() && !task.cancelled());
    })
    .unwrap();
}

fn in_the_destructor_of_a_value_whose_handle_goes<B: Backend>() {
    B::run(async {
        let task = create_task(async { Booby("value") });
        task.task_ref().await.unwrap();
        drop(task);
    })
    .unwrap();
}

fn in_the_destructor_of_a_value_that_a_request_beat<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            cede::current_task().unwrap().cancel();
            Booby("beaten")
        });
        assert_eq!(text((&task).await), "beaten");
        assert!(task.done());
    })
    .unwrap();
}

fn in_a_poll_and_then_in_the_destructor_the_first_counts<B: Backend>() {
    struct Both(#[expect(dead_code, reason = "it is there to be dropped")] Booby);
    impl Future for Both {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("first")
        }
    }
    B::run(async {
        let task = create_task(Both(Booby("second")));
        assert_eq!(text(task.await), "first");
    })
    .unwrap();
}

/// A waker that panics.
struct Loud(Log);

impl Wake for Loud {
    fn wake(self: Arc<Self>) {
        self.0.say("woken");
        panic!("a waker");
    }
}

fn in_a_waker_that_awaits<B: Backend>() {
    B::run(async {
        let (go, log) = (Signal::new(), Log::new());
        let gone = go.clone();
        let task = create_task(async move {
            gone.wait().await;
            "value"
        });
        let waker = Waker::from(Arc::new(Loud(log.clone())));
        let mut foreign = (&task).into_future();
        let polled = Pin::new(&mut foreign).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        let (one_more, here) = (task.task_ref(), Signal::new());
        let told = here.clone();
        let other = create_task(async move { waiting(told, one_more).await.is_ok() });
        here.wait().await;
        go.set();
        assert!(other.await.unwrap());
        assert_eq!(log.text(), "woken");
        assert_eq!(foreign.await.unwrap(), &"value");
    })
    .unwrap();
}

fn in_a_done_callback_the_others_are_still_called<B: Backend>() {
    B::run(async {
        let (go, log, last) = (Signal::new(), Log::new(), Signal::new());
        let task = create_task(go.wait());
        for n in 0..3 {
            let said = log.clone();
            task.add_done_callback(move |_| {
                said.say(n.to_string());
                assert_ne!(n, 1, "a callback");
            });
        }
        let told = last.clone();
        task.add_done_callback(move |_| told.set());
        go.set();
        task.await.unwrap();
        last.wait().await;
        assert_eq!(log.text(), "0 1 2");
    })
    .unwrap();
}

fn a_payload_that_panics_when_it_is_dropped<B: Backend>() {
    B::run(async {
        let task: JoinHandle<()> = create_task(async { std::panic::panic_any(Booby("payload")) });
        assert_eq!(text((&task).await), "a payload that is not text");
        drop(task);
        // Nobody looks at this one.
        let task: JoinHandle<()> = create_task(async { std::panic::panic_any(Booby("payload")) });
        cede_tests::Noticed::install();
        while !task.done() {
            yield_now().await;
        }
        drop(task);
    })
    .unwrap();
}

/// Panics when it is dropped, with another of its kind.
struct Hydra(u8);

impl Drop for Hydra {
    fn drop(&mut self) {
        std::panic::panic_any(Hydra(self.0.wrapping_add(1)));
    }
}

fn a_payload_whose_panic_panics_as_well<B: Backend>() {
    B::run(async {
        let task: JoinHandle<()> = create_task(async { std::panic::panic_any(Hydra(0)) });
        assert!((&task).await.is_err());
        drop(task);
        let task = create_task(async { Hydra(0) }).task_ref();
        task.await.unwrap();
        let here = Signal::new();
        let (parked, head) = (here.clone(), Hydra(0));
        let task = create_task(async move {
            let _head = head;
            park(parked).await;
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

/// A waker that panics when its last copy goes.
struct Grudge(Log);

impl Wake for Grudge {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Grudge {
    fn drop(&mut self) {
        self.0.say("dropped");
        panic!("the drop of a waker");
    }
}

fn at_the_drop_of_a_waker_that_awaited<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let task = create_task(park(here.clone()));
        here.wait().await;
        let mut foreign = (&task).into_future();
        {
            let waker = Waker::from(Arc::new(Grudge(log.clone())));
            let polled = Pin::new(&mut foreign).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        // The awaited task holds the last copy.
        drop(foreign);
        assert_eq!(log.text(), "dropped");
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn in_the_destructor_during_an_abort<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let (parked, booby) = (here.clone(), Booby("aborted"));
        let task = create_task(async move {
            let _booby = booby;
            let _ = catch_cancel(park(parked)).await;
        });
        here.wait().await;
        task.abort();
        assert_eq!(text(task.await), "aborted");
    })
    .unwrap();
}

fn in_the_destructor_when_the_backend_is_dropped<B: Backend>() {
    let task = B::run_and_drop(|_| {}, async {
        let here = Signal::new();
        let (parked, booby) = (here.clone(), Booby("no backend"));
        let task = create_task(async move {
            let _booby = booby;
            park(parked).await;
        });
        here.wait().await;
        task
    })
    .unwrap();
    let error = task.result().unwrap_err().to_string();
    assert!(error.contains("no backend"), "{error}");
}

fn what_a_panicking_poll_held_is_dropped_once<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let (one, two) = (tally.one(), tally.one());
        let task: JoinHandle<()> = create_task(async move {
            let _both = (one, two);
            let _ = catch_cancel(async {
                yield_now().await;
                panic!("in a scope")
            })
            .await;
        });
        assert_eq!(text(task.await), "in a scope");
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn a_value_beside_a_panicking_destructor_is_dropped_once<B: Backend>() {
    struct Ends(Option<cede_tests::Counted>, #[expect(dead_code, reason = "to be dropped")] Booby);
    impl Future for Ends {
        type Output = cede_tests::Counted;
        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            Poll::Ready(self.0.take().unwrap())
        }
    }
    B::run(async {
        let tally = Counter::new();
        let task = create_task(Ends(Some(tally.one()), Booby("future")));
        assert_eq!(text((&task).await), "future");
        assert_eq!((tally.made(), tally.alive()), (1, 0));
        drop(task);
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}
