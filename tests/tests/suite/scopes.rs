//! R5: `catch_cancel`.

use std::future::pending;

use cede::{Cancel, TaskError, catch_cancel, create_task, current_task, yield_now};
use cede_tests::{Backend, Counted, Counter, Log, Signal, every_backend, panics_from, park};

every_backend!(
    a_scope_yields_the_value_of_what_it_holds,
    a_scope_yields_the_request,
    what_a_scope_holds_is_dropped_before_it_yields,
    the_innermost_scope_gets_the_request,
    a_scope_that_is_over_gets_nothing,
    a_scope_that_was_never_polled_gets_nothing,
    a_value_can_be_moved_through_a_scope,
    a_scope_may_borrow_from_around_it,
    outside_any_task_it_just_runs,
    polled_after_it_was_ready_it_panics,
    a_scope_dropped_by_the_code_around_it_leaves_nothing_behind,
    scopes_nest_two_hundred_deep,
);

fn a_scope_yields_the_value_of_what_it_holds<B: Backend>() {
    B::run(async {
        let value = catch_cancel(async {
            yield_now().await;
            7
        })
        .await;
        assert_eq!(value.unwrap(), 7);
    })
    .unwrap();
}

fn a_scope_yields_the_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            cancelled.message().map(str::to_owned)
        });
        here.wait().await;
        assert!(task.cancel_with("hello"));
        assert_eq!((&task).await.unwrap().as_deref(), Some("hello"));
        assert!(!task.cancelled());
        assert_eq!(task.cancelling(), 1);
    })
    .unwrap();
}

struct Says(Log, &'static str);

impl Drop for Says {
    fn drop(&mut self) {
        self.0.say(self.1);
    }
}

fn what_a_scope_holds_is_dropped_before_it_yields<B: Backend>() {
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let (said, parked) = (log.clone(), here.clone());
        let task = create_task(async move {
            let guard = Says(said.clone(), "dropped");
            let caught = catch_cancel(async move {
                let _guard = guard;
                park(parked).await;
            })
            .await;
            said.say("caught");
            caught.is_err()
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.unwrap());
        assert_eq!(log.text(), "dropped caught");
    })
    .unwrap();
}

fn the_innermost_scope_gets_the_request<B: Backend>() {
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let (said, parked) = (log.clone(), here.clone());
        let task = create_task(async move {
            let outer = catch_cancel(async {
                let inner = catch_cancel(park(parked)).await;
                said.say(format!("inner {}", inner.is_err()));
            })
            .await;
            said.say(format!("outer {}", outer.is_err()));
        });
        here.wait().await;
        task.cancel();
        task.await.unwrap();
        assert_eq!(log.text(), "inner true outer false");
    })
    .unwrap();
}

fn a_scope_that_is_over_gets_nothing<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            for _ in 0..3 {
                catch_cancel(yield_now()).await.unwrap();
            }
            park(parked).await;
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn a_scope_that_was_never_polled_gets_nothing<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let never = catch_cancel(pending::<()>());
            park(parked).await;
            drop(never);
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn a_value_can_be_moved_through_a_scope<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let back: Counted = catch_cancel(async move { counted }).await.unwrap();
        assert_eq!(tally.alive(), 1);
        drop(back);
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn a_scope_may_borrow_from_around_it<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let mut steps = vec!["begin"];
            let caught = catch_cancel(async {
                steps.push("work");
                park(parked).await;
            })
            .await;
            steps.push(if caught.is_err() { "roll back" } else { "commit" });
            steps.join(" ")
        });
        here.wait().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), "begin work roll back");
    })
    .unwrap();
}

fn outside_any_task_it_just_runs<B: Backend>() {
    let value = futures_lite::future::block_on(catch_cancel(async {
        futures_lite::future::yield_now().await;
        3
    }));
    assert_eq!(value.unwrap(), 3);
    // And a scope that began outside a task belongs to the one that goes on with it.
    let here = Signal::new();
    let mut scope = Box::pin(catch_cancel(park(here.clone())));
    let first = futures_lite::future::block_on(futures_lite::future::poll_once(&mut scope));
    assert!(first.is_none() && here.is_set());
    let outcome = B::run(async move {
        let task = create_task(async move {
            current_task().unwrap().cancel_with("inside now");
            scope.await.unwrap_err().message() == Some("inside now")
        });
        task.await.unwrap()
    });
    assert!(outcome.unwrap());
}

fn polled_after_it_was_ready_it_panics<B: Backend>() {
    let text = panics_from(|| {
        let _ = B::run(async {
            let mut scope = Box::pin(catch_cancel(async {}));
            scope.as_mut().await.unwrap();
            scope.as_mut().await.unwrap();
        })
        .map_err(|error| match error {
            TaskError::Panicked(panicked) => panicked.resume(),
            other => panic!("{other}"),
        });
    });
    assert!(text.contains("polled again"), "{text}");
}

fn a_scope_dropped_by_the_code_around_it_leaves_nothing_behind<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            for _ in 0..100 {
                let mut scope = Box::pin(catch_cancel(pending::<()>()));
                assert!(cede_tests::poll_once(&mut scope).await.is_none());
            }
            catch_cancel(park(parked)).await.is_err()
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn scopes_nest_two_hundred_deep<B: Backend>() {
    fn nest(depth: usize, here: Signal, log: Counter) -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move {
            if depth == 0 {
                park(here).await;
            } else {
                let counted = log.one();
                let caught = catch_cancel(nest(depth - 1, here, log.clone())).await;
                drop(counted);
                caught.unwrap_err().resume().await;
            }
        })
    }
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let task = create_task(nest(200, here.clone(), tally.clone()));
        here.wait().await;
        task.cancel();
        assert!((&task).await.is_err());
        assert!(task.cancelled());
        assert_eq!((tally.made(), tally.alive()), (200, 0));
    })
    .unwrap();
}
