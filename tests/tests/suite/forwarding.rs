//! R6: a request to a task that awaits another goes to that one.

use std::future::pending;

use cede::{Cancel, JoinHandle, Task, TaskError, catch_cancel, create_task, yield_now};
use cede_tests::{Backend, Fifo, Log, Signal, every_backend, fifo_backends, park, waiting};

every_backend!(
    a_request_goes_to_the_awaited_task,
    the_awaiting_task_ends_with_the_message_of_the_request,
    if_the_awaited_task_refuses_the_awaiting_one_gets_the_value,
    if_somebody_else_cancelled_the_awaited_task_the_await_yields_an_error,
    both_kinds_of_cancellation_look_the_same_from_outside_but_not_inside,
    the_awaiting_task_unwinds_at_its_await_into_its_scope,
    the_scope_around_an_await_is_not_unwound_while_the_awaited_task_cleans_up,
    a_task_ref_forwards,
    a_chain_forwards_to_its_end,
    a_panic_of_the_awaited_task_in_its_clean_up_is_a_panic_for_the_awaiting_one,
    a_request_is_not_forwarded_to_a_task_that_is_done,
    dropping_the_await_stops_forwarding,
    a_task_that_asked_itself_forwards_at_its_await,
    the_awaited_task_in_a_critical_meets_it_afterwards,
    a_refusal_inside_does_not_refuse_the_next_request,
);
fifo_backends!(
    both_counts_go_up_at_once,
    two_awaiters_of_one_task_both_cancelled,
    a_diamond_asks_its_foot_once_for_each_side,
    an_awaited_task_that_ended_meanwhile_leaves_the_request_to_the_awaiting_one,
);

/// A task that waits until it is cancelled, and a task that awaits it.
async fn pair() -> (cede::TaskRef, JoinHandle<&'static str>) {
    let here = Signal::new();
    let inner = create_task(park(here.clone()));
    let inner_ref = inner.task_ref();
    let awaits = Signal::new();
    let told = awaits.clone();
    let outer = create_task(async move {
        match waiting(told, inner).await {
            Ok(()) => "value",
            Err(TaskError::Cancelled(_)) => "cancelled by somebody else",
            Err(_) => "other",
        }
    });
    here.wait().await;
    awaits.wait().await;
    (inner_ref, outer)
}

fn a_request_goes_to_the_awaited_task<B: Backend>() {
    B::run(async {
        let (inner, outer) = pair().await;
        assert!(outer.cancel());
        assert!((&outer).await.is_err());
        assert!(outer.cancelled());
        assert!(inner.await.is_err());
    })
    .unwrap();
}

fn the_awaiting_task_ends_with_the_message_of_the_request<B: Backend>() {
    B::run(async {
        let (inner, outer) = pair().await;
        outer.cancel_with("down the line");
        let Err(TaskError::Cancelled(cancelled)) = outer.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("down the line"));
        let Err(TaskError::Cancelled(cancelled)) = inner.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("down the line"));
    })
    .unwrap();
}

fn both_counts_go_up_at_once<B: Fifo>() {
    B::run(async {
        let (inner, outer) = pair().await;
        yield_now().await;
        outer.cancel();
        assert_eq!((outer.cancelling(), inner.cancelling()), (1, 1));
        assert!(!inner.done() && !outer.done());
        yield_now().await;
        assert!(inner.cancelled() && !outer.done());
        yield_now().await;
        assert!(outer.cancelled());
    })
    .unwrap();
}

fn if_the_awaited_task_refuses_the_awaiting_one_gets_the_value<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let inner = create_task(async move {
            drop(catch_cancel(park(parked)).await);
            yield_now().await;
            "kept"
        });
        let awaits = Signal::new();
        let told = awaits.clone();
        let outer = create_task(async move {
            let value = waiting(told, inner).await.unwrap();
            yield_now().await;
            value
        });
        here.wait().await;
        awaits.wait().await;
        assert!(outer.cancel());
        assert_eq!((&outer).await.unwrap(), &"kept");
        assert!(!outer.cancelled());
    })
    .unwrap();
}

fn if_somebody_else_cancelled_the_awaited_task_the_await_yields_an_error<B: Backend>() {
    B::run(async {
        let (inner, outer) = pair().await;
        inner.cancel();
        assert_eq!((&outer).await.unwrap(), &"cancelled by somebody else");
        assert!(!outer.cancelled());
        assert_eq!(outer.cancelling(), 0);
    })
    .unwrap();
}

fn both_kinds_of_cancellation_look_the_same_from_outside_but_not_inside<B: Backend>() {
    B::run(async {
        let (inner, outer) = pair().await;
        outer.cancel();
        inner.cancel();
        // The request to the outer one was passed on, and the inner one ended cancelled.
        assert!((&outer).await.is_err());
    })
    .unwrap();
}

fn the_awaiting_task_unwinds_at_its_await_into_its_scope<B: Backend>() {
    B::run(async {
        let (here, awaits) = (Signal::new(), Signal::new());
        let inner = create_task(park(here.clone()));
        let told = awaits.clone();
        let outer = create_task(async move {
            let caught = catch_cancel(async move {
                let _ = waiting(told, inner).await;
                unreachable!("the await does not come back")
            })
            .await;
            let caught: Result<(), _> = caught;
            caught.unwrap_err().message().map(str::to_owned)
        });
        here.wait().await;
        awaits.wait().await;
        outer.cancel_with("hi");
        assert_eq!(outer.await.unwrap().as_deref(), Some("hi"));
    })
    .unwrap();
}

fn the_scope_around_an_await_is_not_unwound_while_the_awaited_task_cleans_up<B: Backend>() {
    B::run(async {
        let (here, awaits, log) = (Signal::new(), Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let inner = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            for _ in 0..5 {
                yield_now().await;
            }
            said.say("inner clean");
            cancelled.resume().await;
        });
        let inner: JoinHandle<()> = inner;
        let (told, said) = (awaits.clone(), log.clone());
        let outer = create_task(async move {
            let caught = catch_cancel(async move {
                let _ = waiting(told, inner).await;
            })
            .await;
            said.say(format!("outer caught={}", caught.is_err()));
        });
        here.wait().await;
        awaits.wait().await;
        outer.cancel();
        outer.await.unwrap();
        assert_eq!(log.text(), "inner clean outer caught=true");
    })
    .unwrap();
}

fn a_task_ref_forwards<B: Backend>() {
    B::run(async {
        let (here, awaits) = (Signal::new(), Signal::new());
        let inner = create_task(park(here.clone()));
        let (inner_ref, told) = (inner.task_ref(), awaits.clone());
        let outer = create_task(async move {
            let _ = waiting(told, inner_ref).await;
            pending::<()>().await;
        });
        here.wait().await;
        awaits.wait().await;
        outer.cancel();
        assert!(outer.await.is_err());
        assert!(inner.cancelled());
    })
    .unwrap();
}

fn a_chain_forwards_to_its_end<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let mut last = create_task(park(here.clone()));
        let mut refs = vec![last.task_ref()];
        let mut awaits = vec![here];
        for _ in 0..50 {
            let told = Signal::new();
            awaits.push(told.clone());
            last = create_task(async move { waiting(told, last).await.unwrap() });
            refs.push(last.task_ref());
        }
        for here in awaits {
            here.wait().await;
        }
        assert!(last.cancel_with("all of you"));
        let Err(TaskError::Cancelled(cancelled)) = last.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("all of you"));
        assert!(refs.iter().all(Cancel::cancelled));
    })
    .unwrap();
}

fn a_panic_of_the_awaited_task_in_its_clean_up_is_a_panic_for_the_awaiting_one<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let inner = create_task(async move {
            let _ = catch_cancel(park(parked)).await;
            panic!("clean-up failed");
        });
        let inner: JoinHandle<()> = inner;
        let awaits = Signal::new();
        let told = awaits.clone();
        let outer = create_task(async move {
            match waiting(told, inner).await {
                Err(TaskError::Panicked(panicked)) => panicked.text().to_owned(),
                other => format!("{other:?}"),
            }
        });
        here.wait().await;
        awaits.wait().await;
        outer.cancel();
        assert_eq!(outer.await.unwrap(), "clean-up failed");
    })
    .unwrap();
}

fn a_request_is_not_forwarded_to_a_task_that_is_done<B: Backend>() {
    B::run(async {
        let inner = create_task(async {});
        let inner_ref = inner.task_ref();
        (&inner_ref).await.unwrap();
        let here = Signal::new();
        let parked = here.clone();
        let outer = create_task(async move {
            inner.await.unwrap();
            park(parked).await;
        });
        here.wait().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        assert_eq!(inner_ref.cancelling(), 0);
    })
    .unwrap();
}

fn dropping_the_await_stops_forwarding<B: Backend>() {
    B::run(async {
        let (inner_here, outer_here) = (Signal::new(), Signal::new());
        let inner = create_task(park(inner_here.clone()));
        inner_here.wait().await;
        let (inner_ref, parked) = (inner.task_ref(), outer_here.clone());
        let outer = create_task(async move {
            let mut join = (&inner).into_future();
            assert!(cede_tests::poll_once(&mut join).await.is_none());
            drop(join);
            park(parked).await;
        });
        outer_here.wait().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        assert!(!inner_ref.done());
        assert_eq!(inner_ref.cancelling(), 0);
    })
    .unwrap();
}

fn a_task_that_asked_itself_forwards_at_its_await<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let inner = create_task(park(here.clone()));
        here.wait().await;
        let inner_ref = inner.task_ref();
        let outer = create_task(async move {
            cede::current_task().unwrap().cancel_with("me");
            let _ = inner.await;
            unreachable!()
        });
        let outer: JoinHandle<()> = outer;
        let Err(TaskError::Cancelled(cancelled)) = outer.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("me"));
        assert!(inner_ref.cancelled());
    })
    .unwrap();
}

fn the_awaited_task_in_a_critical_meets_it_afterwards<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let inner = create_task(async move {
            cede::critical(async {
                told.set();
                gone.wait().await;
                said.say("whole");
            })
            .await;
            pending::<()>().await;
        });
        let awaits = Signal::new();
        let outer = create_task(waiting(awaits.clone(), inner));
        here.wait().await;
        awaits.wait().await;
        outer.cancel();
        yield_now().await;
        assert!(!outer.done());
        go.set();
        assert!((&outer).await.is_err());
        assert_eq!(log.text(), "whole");
    })
    .unwrap();
}

fn a_refusal_inside_does_not_refuse_the_next_request<B: Backend>() {
    B::run(async {
        let (here, again) = (Signal::new(), Signal::new());
        let (parked, parked_again) = (here.clone(), again.clone());
        let inner = create_task(async move {
            drop(catch_cancel(park(parked)).await);
            park(parked_again).await;
        });
        let awaits = Signal::new();
        let told = awaits.clone();
        let outer = create_task(async move { waiting(told, inner).await.map_err(|_| "an error") });
        here.wait().await;
        awaits.wait().await;
        outer.cancel_with("one");
        again.wait().await;
        assert!(!outer.done());
        outer.cancel_with("two");
        let Err(TaskError::Cancelled(cancelled)) = (&outer).await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("two"));
        assert_eq!(outer.cancelling(), 2);
    })
    .unwrap();
}

fn two_awaiters_of_one_task_both_cancelled<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let inner = create_task(park(here.clone()));
        let refs = [inner.task_ref(), inner.task_ref()];
        let outers = refs.map(|inner| create_task(async move { inner.await.is_err() }));
        here.wait().await;
        yield_now().await;
        assert!(outers.iter().all(Cancel::cancel));
        assert_eq!(inner.cancelling(), 2);
        for outer in &outers {
            assert!(outer.await.is_err());
        }
        assert!(inner.cancelled());
    })
    .unwrap();
}

fn a_diamond_asks_its_foot_once_for_each_side<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let foot = create_task(park(here.clone()));
        let (left, right) = (foot.task_ref(), foot.task_ref());
        let left = create_task(async move { left.await.unwrap() });
        let right = create_task(async move { right.await.unwrap() });
        let top =
            create_task(async move { futures::join!(left.into_future(), right.into_future()) });
        for _ in 0..5 {
            yield_now().await;
        }
        assert!(top.cancel());
        assert_eq!(foot.cancelling(), 2);
        assert!((&top).await.is_err());
        assert!(foot.cancelled());
    })
    .unwrap();
}

fn an_awaited_task_that_ended_meanwhile_leaves_the_request_to_the_awaiting_one<B: Fifo>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let inner = create_task(async move { gone.wait().await });
        let inner_ref = inner.task_ref();
        let outer = create_task(async move {
            inner.await.unwrap();
            unreachable!("the request comes first")
        });
        let outer: JoinHandle<()> = outer;
        yield_now().await;
        yield_now().await;
        go.set();
        yield_now().await;
        assert!(inner_ref.done() && !outer.done());
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        assert!(!inner_ref.cancelled());
    })
    .unwrap();
}
