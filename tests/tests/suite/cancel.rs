//! R2, R3 and R4: asking, the promise of `true`, and when a request is delivered.

use std::future::{pending, ready};

use cede::{Cancel, Task, TaskError, catch_cancel, create_task, current_task, yield_now};
use cede_tests::{Backend, Counter, Fifo, Log, Signal, every_backend, fifo_backends, park};

every_backend!(
    cancel_of_a_done_task_is_false,
    cancel_of_a_suspended_task_is_true_and_ends_it,
    a_task_that_asks_itself_meets_it_at_the_next_await,
    a_task_that_finishes_without_suspending_ends_cancelled_all_the_same,
    a_refused_value_is_dropped,
    a_finished_scope_does_not_swallow_a_request_made_inside,
    a_future_that_is_ready_at_once_is_no_await_that_suspends,
    cancelling_counts_requests,
    cancelling_stays_after_the_end,
    uncancel_stops_at_zero,
    uncancel_withdraws_what_a_task_asked_of_itself,
    uncancel_of_one_of_two_withdraws_nothing,
    the_last_message_counts_before_delivery,
    destructors_of_a_cancelled_task_see_it_as_current,
    a_cancelled_task_is_done_only_when_its_future_is_dropped,
    a_request_made_by_the_destructor_of_a_cancelled_task_is_accepted,
    a_destructor_of_a_finished_task_can_still_be_in_time,
);
fifo_backends!(
    a_task_cancelled_before_its_first_poll_never_runs,
    a_request_beats_a_wake_up,
    cancelling_counts_requests_before_the_first_poll,
    uncancel_withdraws_a_request_before_the_first_poll,
    uncancel_does_not_withdraw_what_has_hit,
    a_request_after_the_end_but_before_the_awaiter_runs_is_false,
    the_first_message_stays_once_it_has_hit,
    a_cancelled_task_ends_one_hop_later,
);

fn cancel_of_a_done_task_is_false<B: Backend>() {
    B::run(async {
        let task = create_task(async { 1 });
        assert_eq!((&task).await.unwrap(), &1);
        assert!(!task.cancel());
        assert!(!task.cancel_with("late"));
        assert!(!task.task_ref().cancel());
        assert_eq!(task.cancelling(), 0);
        assert!(!task.cancelled());
        assert_eq!(task.result().unwrap(), &1);
    })
    .unwrap();
}

fn cancel_of_a_suspended_task_is_true_and_ends_it<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        assert!(task.cancel());
        assert!(matches!((&task).await, Err(TaskError::Cancelled(_))));
        assert!(task.done() && task.cancelled());
        assert!(!task.cancel());
    })
    .unwrap();
}

fn a_task_cancelled_before_its_first_poll_never_runs<B: Fifo>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let task = create_task(async move {
            let _counted = counted;
            let _ = catch_cancel(pending::<()>()).await;
            unreachable!("it never runs")
        });
        let task: cede::JoinHandle<()> = task;
        assert!(task.cancel());
        assert_eq!(task.cancelling(), 1);
        assert!(matches!((&task).await, Err(TaskError::Cancelled(_))));
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn a_task_that_asks_itself_meets_it_at_the_next_await<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            assert!(current_task().unwrap().cancel());
            said.say("runs on");
            yield_now().await;
            said.say("not here");
        });
        assert!((&task).await.is_err());
        assert!(task.cancelled());
        assert_eq!(log.text(), "runs on");
    })
    .unwrap();
}

fn a_task_that_finishes_without_suspending_ends_cancelled_all_the_same<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            assert!(current_task().unwrap().cancel_with("and yet"));
            "a value"
        });
        let Err(TaskError::Cancelled(cancelled)) = (&task).await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("and yet"));
        assert!(task.cancelled());
    })
    .unwrap();
}

fn a_refused_value_is_dropped<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let task = create_task(async move {
            current_task().unwrap().cancel();
            counted
        });
        assert!((&task).await.is_err());
        assert_eq!((tally.made(), tally.alive()), (1, 0));
    })
    .unwrap();
}

fn a_finished_scope_does_not_swallow_a_request_made_inside<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            let inside = catch_cancel(async { current_task().unwrap().cancel() }).await;
            said.say(format!("scope {:?}", inside.ok()));
            pending::<()>().await;
        });
        assert!((&task).await.is_err());
        assert_eq!(log.text(), "scope Some(true)");
    })
    .unwrap();
}

fn a_future_that_is_ready_at_once_is_no_await_that_suspends<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            current_task().unwrap().cancel();
            ready(()).await;
            said.say("after ready");
            pending::<()>().await;
        });
        assert!((&task).await.is_err());
        assert_eq!(log.text(), "after ready");
    })
    .unwrap();
}

fn cancelling_counts_requests_before_the_first_poll<B: Fifo>() {
    B::run(async {
        let task = create_task(pending::<()>());
        assert_eq!(task.cancelling(), 0);
        for n in 1..=3 {
            assert!(task.cancel());
            assert_eq!(task.cancelling(), n);
        }
        assert_eq!(task.uncancel(), 2);
        assert_eq!(task.task_ref().cancelling(), 2);
        assert!((&task).await.is_err());
        assert_eq!(task.cancelling(), 2);
    })
    .unwrap();
}

fn cancelling_counts_requests<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            assert_eq!(me.cancelling(), 0);
            for n in 1..=3 {
                assert!(me.cancel());
                assert_eq!(me.cancelling(), n);
            }
            assert_eq!(me.uncancel(), 2);
            assert_eq!(me.cancelling(), 2);
            pending::<()>().await;
        });
        assert!((&task).await.is_err());
        assert!(task.cancelled());
        assert_eq!(task.cancelling(), 2);
        assert_eq!(task.task_ref().cancelling(), 2);
    })
    .unwrap();
}

fn cancelling_stays_after_the_end<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        task.cancel();
        assert!((&task).await.is_err());
        assert!(!task.cancel());
        assert_eq!(task.cancelling(), 1);
    })
    .unwrap();
}

fn uncancel_stops_at_zero<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        assert_eq!(task.uncancel(), 0);
        here.wait().await;
        assert_eq!(task.uncancel(), 0);
        assert!(task.cancel());
        assert!((&task).await.is_err());
        assert_eq!(task.uncancel(), 0);
        assert!(task.cancelled());
    })
    .unwrap();
}

fn uncancel_withdraws_a_request_before_the_first_poll<B: Fifo>() {
    B::run(async {
        let task = create_task(async {
            yield_now().await;
            "carried on"
        });
        assert!(task.cancel());
        assert_eq!(task.uncancel(), 0);
        assert_eq!(task.await.unwrap(), "carried on");
    })
    .unwrap();
}

fn uncancel_withdraws_what_a_task_asked_of_itself<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            me.cancel();
            me.cancel();
            assert_eq!(me.uncancel(), 1);
            assert_eq!(me.uncancel(), 0);
            let slept = catch_cancel(yield_now()).await;
            slept.is_ok()
        });
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn uncancel_of_one_of_two_withdraws_nothing<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            me.cancel();
            me.cancel();
            assert_eq!(me.uncancel(), 1);
            yield_now().await;
        });
        assert!((&task).await.is_err());
        assert!(task.cancelled());
    })
    .unwrap();
}

fn uncancel_does_not_withdraw_what_has_hit<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        yield_now().await;
        task.cancel();
        assert_eq!(task.uncancel(), 0);
        assert!((&task).await.is_err());
        assert!(task.cancelled());
    })
    .unwrap();
}

fn the_last_message_counts_before_delivery<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            me.cancel_with("first");
            me.cancel_with("second");
            yield_now().await;
        });
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("second"));
    })
    .unwrap();
}

fn the_first_message_stays_once_it_has_hit<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        task.cancel_with("first");
        task.cancel_with("second");
        let Err(TaskError::Cancelled(cancelled)) = (&task).await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("first"));
        assert_eq!(task.cancelling(), 2);
    })
    .unwrap();
}

/// Tells, when it is dropped, which task is current.
struct WhoDrops(Log, &'static str);

impl Drop for WhoDrops {
    fn drop(&mut self) {
        let current = current_task().map(|task| task.name());
        self.0.say(format!("{}:{}", self.1, current.as_deref().unwrap_or("nobody")));
    }
}

fn destructors_of_a_cancelled_task_see_it_as_current<B: Backend>() {
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let (guard, inner, parked) =
            (WhoDrops(log.clone(), "outer"), WhoDrops(log.clone(), "inner"), here.clone());
        let task = cede::TaskBuilder::new().name("victim").create_task(async move {
            let _guard = guard;
            let caught = catch_cancel(async move {
                let _inner = inner;
                park(parked).await;
            })
            .await;
            caught.unwrap_err().resume().await
        });
        here.wait().await;
        task.cancel();
        assert!((&task).await.is_err());
        assert_eq!(log.text(), "inner:victim outer:victim");
        // And one that never ran.
        let guard = WhoDrops(log.clone(), "unborn");
        let unborn = cede::TaskBuilder::new().name("unborn").create_task(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        unborn.cancel();
        assert!((&unborn).await.is_err());
        assert_eq!(log.text(), "inner:victim outer:victim unborn:unborn");
    })
    .unwrap();
}

fn a_cancelled_task_is_done_only_when_its_future_is_dropped<B: Backend>() {
    struct Done(Log);
    impl Drop for Done {
        fn drop(&mut self) {
            self.0.say(format!("done={}", current_task().unwrap().done()));
        }
    }
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let (guard, parked) = (Done(log.clone()), here.clone());
        let task = create_task(async move {
            let _guard = guard;
            park(parked).await;
        });
        here.wait().await;
        task.cancel();
        assert!((&task).await.is_err());
        assert_eq!(log.text(), "done=false");
    })
    .unwrap();
}

/// Asks its task when it is dropped.
struct Asks(Log);

impl Drop for Asks {
    fn drop(&mut self) {
        let asked = current_task().unwrap().cancel_with("from a destructor");
        self.0.say(asked.to_string());
    }
}

fn a_request_made_by_the_destructor_of_a_cancelled_task_is_accepted<B: Backend>() {
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let (guard, parked) = (Asks(log.clone()), here.clone());
        let task = create_task(async move {
            let _guard = guard;
            park(parked).await;
        });
        here.wait().await;
        task.cancel_with("first");
        let Err(TaskError::Cancelled(cancelled)) = (&task).await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("first"));
        assert_eq!(log.text(), "true");
    })
    .unwrap();
}

fn a_destructor_of_a_finished_task_can_still_be_in_time<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let guard = Asks(log.clone());
        let task = create_task(async move {
            let _guard = guard;
            "value"
        });
        assert!(matches!((&task).await, Err(TaskError::Cancelled(_))));
        assert_eq!(log.text(), "true");
    })
    .unwrap();
}

fn a_request_beats_a_wake_up<B: Fifo>() {
    B::run(async {
        let (go, log) = (Signal::new(), Log::new());
        let (gone, said) = (go.clone(), log.clone());
        let task = create_task(async move {
            gone.wait().await;
            said.say("ran");
        });
        yield_now().await;
        go.set();
        assert!(task.cancel());
        assert!((&task).await.is_err());
        assert_eq!(log.text(), "");
    })
    .unwrap();
}

fn a_request_after_the_end_but_before_the_awaiter_runs_is_false<B: Fifo>() {
    B::run(async {
        let inner = create_task(async { 5 });
        let inner_ref = inner.task_ref();
        let outer = create_task(async move { inner.await.unwrap() });
        yield_now().await;
        yield_now().await;
        assert!(inner_ref.done());
        assert!(!inner_ref.cancel());
        assert_eq!(outer.await.unwrap(), 5);
    })
    .unwrap();
}

fn a_cancelled_task_ends_one_hop_later<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        yield_now().await;
        task.cancel();
        assert!(!task.done());
        yield_now().await;
        assert!(task.done());
    })
    .unwrap();
}
