//! R11: `abort` and `cancel_and_wait`.

use std::future::pending;
use std::time::Duration;

use cede::{
    Cancel, Reason, Task, TaskError, catch_cancel, create_task, critical, current_task, sleep,
    yield_now,
};
use cede_tests::{Backend, Counter, Log, Signal, every_backend, park};

every_backend!(
    abort_asks_no_scope,
    abort_of_a_done_task_is_false,
    abort_before_the_first_poll_drops_the_future,
    abort_goes_through_a_critical,
    abort_ends_a_clean_up,
    abort_forwards_to_nobody,
    a_task_that_aborts_itself_ends_at_its_next_await,
    a_task_that_aborts_itself_and_finishes_ends_aborted,
    abort_after_a_request_tells_of_the_abort,
    abort_twice_is_true_until_it_is_done,
    abort_does_not_count_as_a_request,
    cancel_and_wait_waits_for_the_clean_up,
    cancel_and_wait_tells_of_a_refusal,
    cancel_and_wait_of_a_done_task_tells_how_it_ended,
    cancel_and_wait_with_a_grace_aborts_in_the_end,
    a_grace_that_is_not_needed_aborts_nothing,
    a_request_to_the_one_who_waits_is_not_forwarded,
    cancel_and_wait_asks_at_once,
);

async fn aborted<T>(task: cede::JoinHandle<T>) -> Reason {
    match task.await {
        Err(TaskError::Cancelled(cancelled)) => cancelled.reason(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a value"),
    }
}

fn abort_asks_no_scope<B: Backend>() {
    B::run(async {
        let (here, log, tally) = (Signal::new(), Log::new(), Counter::new());
        let (parked, said, counted) = (here.clone(), log.clone(), tally.one());
        let task = create_task(async move {
            let _counted = counted;
            let _ = catch_cancel(park(parked)).await;
            said.say("caught");
        });
        here.wait().await;
        assert!(task.abort());
        assert_eq!(aborted(task).await, Reason::Abort);
        assert_eq!((log.text().as_str(), tally.alive()), ("", 0));
    })
    .unwrap();
}

fn abort_of_a_done_task_is_false<B: Backend>() {
    B::run(async {
        let task = create_task(async { 1 });
        task.task_ref().await.unwrap();
        assert!(!task.abort());
        assert_eq!(task.await.unwrap(), 1);
    })
    .unwrap();
}

fn abort_before_the_first_poll_drops_the_future<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let task = create_task(async move {
            let _counted = counted;
            pending::<()>().await;
        });
        assert!(task.abort());
        assert_eq!(aborted(task).await, Reason::Abort);
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn abort_goes_through_a_critical<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(critical(critical(park(here.clone()))));
        here.wait().await;
        assert!(task.cancel());
        yield_now().await;
        assert!(!task.done());
        assert!(task.abort());
        assert_eq!(aborted(task).await, Reason::Abort);
    })
    .unwrap();
}

fn abort_ends_a_clean_up<B: Backend>() {
    B::run(async {
        let (here, cleaning, log) = (Signal::new(), Signal::new(), Log::new());
        let (parked, told, said) = (here.clone(), cleaning.clone(), log.clone());
        let task = create_task(async move {
            let _first = catch_cancel(park(parked)).await;
            let _second = catch_cancel(park(told)).await;
            said.say("not reached");
        });
        here.wait().await;
        task.cancel();
        cleaning.wait().await;
        task.abort();
        assert_eq!(aborted(task).await, Reason::Abort);
        assert_eq!(log.text(), "");
    })
    .unwrap();
}

fn abort_forwards_to_nobody<B: Backend>() {
    B::run(async {
        let (here, awaits) = (Signal::new(), Signal::new());
        let inner = create_task(park(here.clone()));
        let (inner_ref, told) = (inner.task_ref(), awaits.clone());
        let outer = create_task(async move {
            told.set();
            let _ = inner.await;
        });
        here.wait().await;
        awaits.wait().await;
        yield_now().await;
        assert!(outer.abort());
        assert_eq!(aborted(outer).await, Reason::Abort);
        assert_eq!((inner_ref.done(), inner_ref.cancelling()), (false, 0));
        inner_ref.cancel();
    })
    .unwrap();
}

fn a_task_that_aborts_itself_ends_at_its_next_await<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            current_task().unwrap().abort();
            said.say("on");
            let _ = catch_cancel(yield_now()).await;
            said.say("not reached");
        });
        assert_eq!(aborted(task).await, Reason::Abort);
        assert_eq!(log.text(), "on");
    })
    .unwrap();
}

fn a_task_that_aborts_itself_and_finishes_ends_aborted<B: Backend>() {
    B::run(async {
        let task = create_task(async { current_task().unwrap().abort() });
        assert_eq!(aborted(task).await, Reason::Abort);
    })
    .unwrap();
}

fn abort_after_a_request_tells_of_the_abort<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            current_task().unwrap().cancel();
            current_task().unwrap().abort();
        });
        assert_eq!(aborted(task).await, Reason::Abort);
    })
    .unwrap();
}

fn abort_twice_is_true_until_it_is_done<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            assert!(me.abort() && me.abort());
            yield_now().await;
        });
        assert!((&task).await.is_err());
        assert!(!task.abort());
    })
    .unwrap();
}

fn abort_does_not_count_as_a_request<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        task.abort();
        assert_eq!(task.cancelling(), 0);
        assert!((&task).await.is_err());
        assert_eq!(task.cancelling(), 0);
    })
    .unwrap();
}

fn cancel_and_wait_waits_for_the_clean_up<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            for _ in 0..3 {
                yield_now().await;
            }
            said.say("clean");
            cancelled.resume().await;
        });
        let task: cede::JoinHandle<()> = task;
        here.wait().await;
        let outcome = task.cancel_and_wait().await;
        assert!(matches!(outcome, Err(TaskError::Cancelled(_))));
        assert!(task.done());
        assert_eq!(log.text(), "clean");
    })
    .unwrap();
}

fn cancel_and_wait_tells_of_a_refusal<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move { catch_cancel(park(parked)).await.is_err() });
        here.wait().await;
        task.cancel_and_wait().await.unwrap();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn cancel_and_wait_of_a_done_task_tells_how_it_ended<B: Backend>() {
    B::run(async {
        let task = create_task(async {});
        (&task).await.unwrap();
        task.cancel_and_wait().await.unwrap();
        let panics = create_task(async { panic!("p") });
        let panics: cede::JoinHandle<()> = panics;
        let _ = (&panics).await;
        let outcome = panics.cancel_and_wait().await;
        assert!(matches!(outcome, Err(TaskError::Panicked(_))));
    })
    .unwrap();
}

fn cancel_and_wait_with_a_grace_aborts_in_the_end<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            loop {
                let _ = catch_cancel(park(parked.clone())).await;
            }
        });
        let task: cede::JoinHandle<()> = task;
        here.wait().await;
        let outcome = task.cancel_and_wait().grace(Duration::from_millis(20)).await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.reason(), Reason::Abort);
    })
    .unwrap();
}

fn a_grace_that_is_not_needed_aborts_nothing<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            sleep(Duration::from_millis(1)).await;
            cancelled.resume().await;
        });
        let task: cede::JoinHandle<()> = task;
        here.wait().await;
        let outcome = task.cancel_and_wait().grace(Duration::from_secs(3600)).await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
        assert_eq!(cancelled.reason(), Reason::Request);
    })
    .unwrap();
}

fn a_request_to_the_one_who_waits_is_not_forwarded<B: Backend>() {
    B::run(async {
        let (here, waits, go) = (Signal::new(), Signal::new(), Signal::new());
        let (parked, gone) = (here.clone(), go.clone());
        let stubborn = create_task(async move {
            let _ = catch_cancel(park(parked)).await;
            gone.wait().await;
        });
        here.wait().await;
        let (stubborn_ref, told) = (stubborn.task_ref(), waits.clone());
        let waiter = create_task(async move {
            told.set();
            stubborn_ref.cancel_and_wait().await
        });
        waits.wait().await;
        yield_now().await;
        waiter.cancel();
        assert!(waiter.await.is_err());
        assert!(!stubborn.done());
        assert_eq!(stubborn.cancelling(), 1);
        go.set();
        stubborn.await.unwrap();
    })
    .unwrap();
}

fn cancel_and_wait_asks_at_once<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        let waiting = task.cancel_and_wait();
        assert_eq!(task.cancelling(), 1);
        drop(waiting);
        assert!(task.await.is_err());
    })
    .unwrap();
}
