//! R2 and the meaning of a leaf: the innermost scope on the path to the await where the task is suspended. What is alive but
//! not being awaited (polled once and set aside, as with `select!` by reference) is on no path.

use std::future::pending;

use cede::{
    Cancel, JoinHandle, Task, catch_cancel, create_task, critical, current_task, yield_now,
};
use cede_tests::{Backend, Log, Signal, every_backend, park, poll_once};
use futures::FutureExt as _;

every_backend!(
    a_scope_set_aside_does_not_swallow_a_request,
    a_scope_set_aside_in_a_scope_does_not_swallow_a_request,
    an_await_set_aside_does_not_swallow_a_request,
    an_await_set_aside_asks_nobody,
    an_await_whose_scope_is_over_does_not_swallow_a_request,
    a_critical_set_aside_does_not_hold_a_request,
    a_critical_set_aside_does_not_hold_a_request_of_the_same_step,
    a_select_by_reference_is_interrupted_in_its_other_arm,
    run_ends_in_spite_of_a_scope_set_aside,
    a_scope_set_aside_can_be_taken_up_again,
);

fn a_scope_set_aside_does_not_swallow_a_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let mut aside = Box::pin(catch_cancel(pending::<()>()));
            assert!(poll_once(&mut aside).await.is_none());
            park(parked).await;
        });
        here.wait().await;
        yield_now().await;
        assert!(task.cancel());
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn a_scope_set_aside_in_a_scope_does_not_swallow_a_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let mut aside = Box::pin(catch_cancel(pending::<()>()));
            let caught = catch_cancel(async {
                assert!(poll_once(&mut aside).await.is_none());
                park(parked).await;
            })
            .await;
            caught.is_err()
        });
        here.wait().await;
        yield_now().await;
        assert!(task.cancel());
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn an_await_set_aside_does_not_swallow_a_request<B: Backend>() {
    B::run(async {
        let (here, began) = (Signal::new(), Signal::new());
        let inner = create_task(park(began.clone()));
        began.wait().await;
        let parked = here.clone();
        let outer = create_task(async move {
            let mut aside = inner.into_future();
            assert!(poll_once(&mut aside).await.is_none());
            park(parked).await;
        });
        here.wait().await;
        yield_now().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
    })
    .unwrap();
}

fn an_await_set_aside_asks_nobody<B: Backend>() {
    B::run(async {
        let (here, began) = (Signal::new(), Signal::new());
        let inner = create_task(park(began.clone()));
        began.wait().await;
        let (parked, other) = (here.clone(), inner.task_ref());
        let outer = create_task(async move {
            let mut aside = inner.into_future();
            assert!(poll_once(&mut aside).await.is_none());
            yield_now().await; // a step that does not poll it
            park(parked).await;
        });
        here.wait().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        assert_eq!((other.cancelling(), other.done()), (0, false));
        other.cancel();
    })
    .unwrap();
}

/// The request goes to the awaited task, which may refuse it; and to the task itself, which is not in that scope any more.
fn an_await_whose_scope_is_over_does_not_swallow_a_request<B: Backend>() {
    B::run(async {
        // What scopes that are over have left behind is swept once they are ten.
        for scopes in [1, 10] {
            await_inside(scopes).await;
        }
    })
    .unwrap();
}

async fn await_inside(scopes: usize) {
    let (here, began, again) = (Signal::new(), Signal::new(), Signal::new());
    let (parked, parked_again) = (began.clone(), again.clone());
    let inner = create_task(async move {
        drop(catch_cancel(park(parked)).await);
        park(parked_again).await;
    });
    began.wait().await;
    let (parked, refuses) = (here.clone(), inner.task_ref());
    let outer = create_task(async move {
        let mut aside = inner.into_future();
        let mut polled = poll_once(&mut aside).boxed();
        for _ in 0..scopes {
            polled = catch_cancel(polled).map(Result::unwrap).boxed();
        }
        assert!(polled.await.is_none());
        park(parked).await;
    });
    here.wait().await;
    assert!(outer.cancel());
    assert!(outer.await.is_err());
    again.wait().await; // else it would meet, and refuse, both requests as one
    assert!(refuses.cancel());
}

fn a_critical_set_aside_does_not_hold_a_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let mut aside = Box::pin(critical(pending::<()>()));
            assert!(poll_once(&mut aside).await.is_none());
            park(parked).await;
        });
        here.wait().await;
        yield_now().await;
        assert!(task.cancel());
        assert!(task.await.is_err());
    })
    .unwrap();
}

/// In the step that polled it, nothing shows that it was set aside.
fn a_critical_set_aside_does_not_hold_a_request_of_the_same_step<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let mut aside = Box::pin(critical(pending::<()>()));
            assert!(poll_once(&mut aside).await.is_none());
            assert!(current_task().unwrap().cancel());
            pending::<()>().await;
        });
        assert!(task.await.is_err());
    })
    .unwrap();
}

/// The usual loop: one long wait, taken up again and again by reference, and something else in between.
fn a_select_by_reference_is_interrupted_in_its_other_arm<B: Backend>() {
    B::run(async {
        let (here, began) = (Signal::new(), Signal::new());
        let inner = create_task(park(began.clone()));
        began.wait().await;
        let parked = here.clone();
        let outer = create_task(async move {
            let mut work = inner.into_future();
            loop {
                let first = futures::future::select(&mut work, Box::pin(yield_now())).await;
                match first {
                    futures::future::Either::Left((outcome, _)) => return outcome.is_ok(),
                    futures::future::Either::Right(_) => park(parked.clone()).await,
                }
            }
        });
        let outer: JoinHandle<bool> = outer;
        here.wait().await;
        yield_now().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
    })
    .unwrap();
}

fn run_ends_in_spite_of_a_scope_set_aside<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        drop(create_task(async move {
            let mut aside = Box::pin(catch_cancel(pending::<()>()));
            assert!(poll_once(&mut aside).await.is_none());
            park(parked).await;
        }));
        here.wait().await;
    })
    .unwrap();
}

fn a_scope_set_aside_can_be_taken_up_again<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let mut aside = Box::pin(catch_cancel(park(parked)));
            assert!(poll_once(&mut aside).await.is_none());
            for _ in 0..3 {
                yield_now().await;
            }
            said.say("up again");
            aside.await.is_err()
        });
        here.wait().await;
        while log.text().is_empty() {
            yield_now().await;
        }
        yield_now().await;
        assert!(task.cancel());
        assert!(task.await.unwrap());
    })
    .unwrap();
}
