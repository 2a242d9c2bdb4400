//! R5: what the code does about a request: clean up and resume, refuse, or be asked again.

use std::future::pending;

use cede::{Cancel, Reason, Task, TaskError, catch_cancel, create_task, current_task, yield_now};
use cede_tests::{Backend, Log, Signal, every_backend, panics_from, park, poll_once};
use futures::FutureExt as _;

every_backend!(
    clean_up_awaits_then_the_task_ends_cancelled,
    resume_keeps_message_and_asker,
    resume_goes_to_the_next_scope_out,
    dropping_the_request_refuses_it,
    a_task_that_refused_can_be_asked_again,
    a_request_during_clean_up_unwinds_again,
    a_scope_in_the_clean_up_catches_the_second_request,
    a_request_made_by_the_clean_up_itself_strikes_at_its_await,
    resume_later_keeps_the_first_message,
    resume_outside_any_task_panics,
    the_request_of_another_task_can_be_resumed,
    a_resume_that_was_never_polled_refuses,
    a_resume_dropped_half_way_in_a_scope_hands_the_request_back,
    a_resume_dropped_half_way_at_the_root_hands_the_request_back,
    a_resume_dropped_half_way_is_met_by_the_innermost_scope_then,
    resume_fits_any_type,
    refusing_is_not_cancelled,
);

/// Creates a task of `$body`, in which `$here` is to be set where it waits; gives the task when it does.
macro_rules! parked {
    (|$here:ident, $log:ident| $body:expr) => {{
        let (here, log) = (Signal::new(), Log::new());
        let task = create_task({
            let ($here, $log) = (here.clone(), log.clone());
            async move { $body }
        });
        here.wait().await;
        (task, log)
    }};
}

fn clean_up_awaits_then_the_task_ends_cancelled<B: Backend>() {
    B::run(async {
        let (task, log) = parked!(|here, log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            for _ in 0..3 {
                yield_now().await;
                log.say("clean");
            }
            cancelled.resume().await;
        });
        task.cancel();
        let outcome: Result<&(), _> = (&task).await;
        assert!(matches!(outcome, Err(TaskError::Cancelled(_))));
        assert_eq!(log.text(), "clean clean clean");
    })
    .unwrap();
}

fn resume_keeps_message_and_asker<B: Backend>() {
    B::run(async {
        let me = current_task().unwrap().id();
        let (task, _) = parked!(|here, _log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            yield_now().await;
            cancelled.resume().await;
        });
        task.cancel_with("why");
        let outcome: Result<(), _> = task.await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("why"));
        assert_eq!(cancelled.requested_by(), Some(me));
        assert_eq!(cancelled.reason(), Reason::Request);
        assert_eq!(cancelled.location().file(), file!());
    })
    .unwrap();
}

fn resume_goes_to_the_next_scope_out<B: Backend>() {
    B::run(async {
        let (task, log) = parked!(|here, log| {
            let outer = catch_cancel(async {
                let cancelled = catch_cancel(park(here)).await.unwrap_err();
                log.say("inner");
                cancelled.resume().await;
            })
            .await;
            let outer: Result<(), _> = outer;
            log.say(format!("outer {:?}", outer.unwrap_err().message()));
            "refused"
        });
        task.cancel_with("m");
        assert_eq!((&task).await.unwrap(), &"refused");
        assert_eq!(log.text(), "inner outer Some(\"m\")");
    })
    .unwrap();
}

fn dropping_the_request_refuses_it<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            drop(catch_cancel(park(here)).await);
            yield_now().await;
            5
        });
        assert!(task.cancel());
        assert_eq!((&task).await.unwrap(), &5);
        assert!(task.done() && !task.cancelled());
    })
    .unwrap();
}

fn refusing_is_not_cancelled<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            let _ = catch_cancel(park(here)).await;
        });
        task.cancel();
        assert!((&task).await.is_ok());
        assert!(!task.cancelled());
        assert_eq!(task.cancelling(), 1);
    })
    .unwrap();
}

fn a_task_that_refused_can_be_asked_again<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            for _ in 0..3 {
                drop(catch_cancel(park(here.clone())).await);
            }
            pending::<()>().await;
        });
        for _ in 0..4 {
            assert!(task.cancel());
            for _ in 0..3 {
                yield_now().await;
            }
        }
        // On a backend with many threads some of the four may have been merged into one.
        while !task.done() {
            task.cancel();
            yield_now().await;
        }
        assert!(task.cancelled());
    })
    .unwrap();
}

fn a_request_during_clean_up_unwinds_again<B: Backend>() {
    B::run(async {
        let cleaning = Signal::new();
        let told = cleaning.clone();
        let (task, log) = parked!(|here, log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            log.say("cleaning");
            park(told).await;
            log.say("not reached");
            cancelled.resume().await;
        });
        task.cancel_with("first");
        cleaning.wait().await;
        assert!(task.cancel_with("second"));
        let outcome: Result<(), _> = task.await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("second"));
        assert_eq!(log.text(), "cleaning");
    })
    .unwrap();
}

fn a_scope_in_the_clean_up_catches_the_second_request<B: Backend>() {
    B::run(async {
        let cleaning = Signal::new();
        let told = cleaning.clone();
        let (task, log) = parked!(|here, log| {
            let first = catch_cancel(park(here)).await.unwrap_err();
            let second = catch_cancel(park(told)).await.unwrap_err();
            log.say(format!("{:?} {:?}", first.message(), second.message()));
            first.resume().await;
        });
        task.cancel_with("1");
        cleaning.wait().await;
        assert!(task.cancel_with("2"));
        let outcome: Result<(), _> = task.await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("1"));
        assert_eq!(log.text(), "Some(\"1\") Some(\"2\")");
    })
    .unwrap();
}

fn a_request_made_by_the_clean_up_itself_strikes_at_its_await<B: Backend>() {
    B::run(async {
        let (task, log) = parked!(|here, log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            current_task().unwrap().cancel_with("again");
            log.say("on");
            yield_now().await;
            log.say("not reached");
            cancelled.resume().await;
        });
        task.cancel();
        let outcome: Result<(), _> = task.await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("again"));
        assert_eq!(log.text(), "on");
    })
    .unwrap();
}

fn resume_later_keeps_the_first_message<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            let kept = vec![cancelled];
            yield_now().await;
            kept.into_iter().next().unwrap().resume().await;
        });
        task.cancel_with("kept");
        let outcome: Result<(), TaskError> = task.await;
        assert!(outcome.unwrap_err().to_string().contains("kept"));
    })
    .unwrap();
}

fn resume_outside_any_task_panics<B: Backend>() {
    let cancelled = B::run(async {
        let task = create_task(pending::<()>());
        task.cancel();
        match task.await {
            Err(TaskError::Cancelled(cancelled)) => cancelled,
            other => panic!("{other:?}"),
        }
    })
    .unwrap();
    let text = panics_from(|| futures_lite::future::block_on(cancelled.resume()));
    assert!(text.contains("outside any cede task"), "{text}");
}

fn the_request_of_another_task_can_be_resumed<B: Backend>() {
    B::run(async {
        let other = create_task(pending::<()>());
        other.cancel_with("theirs");
        let task = create_task(async move {
            match other.await {
                Err(TaskError::Cancelled(cancelled)) => cancelled.resume().await,
                _ => unreachable!(),
            }
        });
        let outcome: Result<&(), _> = (&task).await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("theirs"));
        assert!(task.cancelled());
        assert_eq!(task.cancelling(), 0);
    })
    .unwrap();
}

fn a_resume_that_was_never_polled_refuses<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            drop(cancelled.resume());
            yield_now().await;
            "refused"
        });
        task.cancel();
        assert_eq!(task.await.unwrap(), "refused");
    })
    .unwrap();
}

fn a_resume_dropped_half_way_in_a_scope_hands_the_request_back<B: Backend>() {
    B::run(async {
        let (task, log) = parked!(|here, log| {
            let outer = catch_cancel(async {
                let cancelled = catch_cancel(park(here)).await.unwrap_err();
                let mut resume = cancelled.resume().boxed();
                assert!(poll_once(&mut resume).await.is_none());
            })
            .await;
            log.say(format!("outer {}", outer.is_ok()));
            yield_now().await;
            log.say("not reached");
        });
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(log.text(), "outer true");
    })
    .unwrap();
}

fn a_resume_dropped_half_way_at_the_root_hands_the_request_back<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            let mut resume = cancelled.resume().boxed();
            assert!(poll_once(&mut resume).await.is_none());
            "a value, without suspending"
        });
        task.cancel_with("m");
        // R4: whoever finishes with a request undelivered ends cancelled all the same.
        let Err(TaskError::Cancelled(cancelled)) = (&task).await else {
            panic!("the request was swallowed")
        };
        assert_eq!(cancelled.message(), Some("m"));
    })
    .unwrap();
}

fn a_resume_dropped_half_way_is_met_by_the_innermost_scope_then<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            let cancelled = catch_cancel(park(here)).await.unwrap_err();
            let mut resume = cancelled.resume().boxed();
            assert!(poll_once(&mut resume).await.is_none());
            drop(resume);
            // The next await that suspends is inside a scope.
            let again = catch_cancel(pending::<()>()).await.unwrap_err();
            again.message().map(str::to_owned)
        });
        task.cancel_with("m");
        assert_eq!(task.await.unwrap().as_deref(), Some("m"));
    })
    .unwrap();
}

fn resume_fits_any_type<B: Backend>() {
    B::run(async {
        let (task, _) = parked!(|here, _log| {
            match catch_cancel(async {
                park(here).await;
                String::new()
            })
            .await
            {
                Ok(text) => text,
                Err(cancelled) => cancelled.resume().await,
            }
        });
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}
