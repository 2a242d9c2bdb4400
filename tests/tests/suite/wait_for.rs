//! `wait_for`: a task's outcome, but no longer than for a time.

use std::future::pending;
use std::time::{Duration, Instant};

use cede::{
    Cancel, JoinHandle, Task, TaskError, WaitForError, backend, catch_cancel, checkpoint,
    create_task, current_task, gather, shield, sleep, wait, wait_for, yield_now,
};
use cede_tests::{
    Backend, Counter, Fifo, Log, Signal, every_backend, fifo_backends, park, poll_once, waiting,
};

every_backend!(
    a_task_in_time_gives_its_value,
    by_reference_and_by_task_ref,
    a_task_that_is_late_is_asked_and_awaited,
    a_task_that_refuses_gives_its_value,
    a_task_that_was_cancelled_by_somebody_else_is_told_apart,
    a_task_that_panics_is_told_apart,
    zero_gives_the_outcome_of_a_task_that_is_done,
    zero_asks_any_other_at_once,
    zero_waits_for_the_clean_up,
    a_shielded_task_runs_on,
    a_gather_is_asked_as_a_whole,
    a_request_is_forwarded,
    dropped_half_way_the_task_runs_on,
    an_endless_limit_is_none,
    outside_any_task_it_panics,
    its_errors_say_what_happened,
);
fifo_backends!(
    zero_gives_a_task_that_is_about_to_end_no_time,
    a_request_at_the_moment_of_the_limit_is_not_swallowed,
);

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Instant {
    backend::ambient().unwrap().now()
}

fn a_task_in_time_gives_its_value<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            sleep(MS).await;
            String::from("value")
        });
        assert_eq!(wait_for(task, HOUR).await.unwrap(), "value");
    })
    .unwrap();
}

fn by_reference_and_by_task_ref<B: Backend>() {
    B::run(async {
        let task = create_task(async { 5 });
        assert_eq!(wait_for(&task, HOUR).await.unwrap(), &5);
        wait_for(task.task_ref(), HOUR).await.unwrap();
        wait_for(&task.task_ref(), HOUR).await.unwrap();
        assert_eq!(wait_for(task, HOUR).await.unwrap(), 5);
    })
    .unwrap();
}

fn a_task_that_is_late_is_asked_and_awaited<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            sleep(20 * MS).await;
            said.say(format!("{:?}", cancelled.reason()));
            cancelled.resume().await;
        });
        let task: JoinHandle<()> = task;
        here.wait().await;
        let outcome = wait_for(&task, MS).await;
        assert!(matches!(outcome, Err(WaitForError::Elapsed(_))));
        assert!(task.cancelled());
        assert_eq!(log.text(), "Timeout");
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn a_task_that_refuses_gives_its_value<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let refused = catch_cancel(park(parked)).await.is_err();
            sleep(20 * MS).await;
            refused
        });
        here.wait().await;
        assert!(wait_for(task, MS).await.unwrap());
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn a_task_that_was_cancelled_by_somebody_else_is_told_apart<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        task.cancel_with("not by you");
        let Err(WaitForError::Task(TaskError::Cancelled(cancelled))) = wait_for(task, HOUR).await
        else {
            panic!("not told apart")
        };
        assert_eq!(cancelled.message(), Some("not by you"));
    })
    .unwrap();
}

fn a_task_that_panics_is_told_apart<B: Backend>() {
    B::run(async {
        let task: JoinHandle<()> = create_task(async { panic!("bad") });
        let outcome = wait_for(task, HOUR).await;
        assert!(matches!(outcome, Err(WaitForError::Task(TaskError::Panicked(_)))));
    })
    .unwrap();
}

fn zero_gives_the_outcome_of_a_task_that_is_done<B: Backend>() {
    B::run(async {
        let task = create_task(async { 1 });
        wait([&task]).await;
        assert_eq!(wait_for(&task, Duration::ZERO).await.unwrap(), &1);
        assert_eq!(task.cancelling(), 0);
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn zero_asks_any_other_at_once<B: Backend>() {
    B::run(async {
        let (here, start) = (Signal::new(), now());
        let task = create_task(park(here.clone()));
        here.wait().await;
        assert!(matches!(wait_for(&task, Duration::ZERO).await, Err(WaitForError::Elapsed(_))));
        assert!(task.cancelled());
        assert_eq!(task.cancelling(), 1);
        assert!(now() - start < HOUR);
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn zero_waits_for_the_clean_up<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let (parked, counted) = (here.clone(), tally.one());
        let task = create_task(async move {
            let _counted = counted;
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            sleep(20 * MS).await;
            cancelled.resume().await;
        });
        let task: JoinHandle<()> = task;
        here.wait().await;
        assert!(wait_for(task, Duration::ZERO).await.is_err());
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn a_shielded_task_runs_on<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let task = create_task(async move {
            gone.wait().await;
            "saved"
        });
        for limit in [MS, Duration::ZERO] {
            let outcome = wait_for(shield(&task), limit).await;
            assert!(matches!(outcome, Err(WaitForError::Elapsed(_))));
        }
        go.set();
        assert_eq!(wait_for(shield(task), HOUR).await.unwrap(), "saved");
    })
    .unwrap();
}

fn a_gather_is_asked_as_a_whole<B: Backend>() {
    B::run(async {
        let tasks = [create_task(pending::<()>()), create_task(pending())];
        assert!(matches!(wait_for(gather(&tasks), MS).await, Err(WaitForError::Elapsed(_))));
        wait(&tasks).await;
        assert!(tasks.iter().all(Cancel::cancelled));
        let tasks = [1, 2].map(|n| create_task(async move { n }));
        assert_eq!(wait_for(gather(tasks), HOUR).await.unwrap(), [1, 2]);
    })
    .unwrap();
}

fn a_request_is_forwarded<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let inner = create_task(park(here.clone()));
        let inner_ref = inner.task_ref();
        here.wait().await;
        let awaits = Signal::new();
        let told = awaits.clone();
        let outer = create_task(async move {
            let outcome = waiting(told, wait_for(inner, HOUR)).await;
            panic!("a request was swallowed: {outcome:?}");
        });
        awaits.wait().await;
        assert!(outer.cancel_with("m"));
        let outcome: Result<(), _> = outer.await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(cancelled.message(), Some("m"));
        assert!(inner_ref.cancelled());
    })
    .unwrap();
}

fn dropped_half_way_the_task_runs_on<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let task = create_task(async move {
            gone.wait().await;
            1
        });
        let mut half = Box::pin(wait_for(&task, MS));
        assert!(poll_once(&mut half).await.is_none());
        drop(half);
        assert_eq!(task.cancelling(), 0);
        go.set();
        assert_eq!(task.await.unwrap(), 1);
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn an_endless_limit_is_none<B: Backend>() {
    B::run(async {
        let task = create_task(sleep(5 * MS));
        wait_for(task, Duration::MAX).await.unwrap();
    })
    .unwrap();
}

fn outside_any_task_it_panics<B: Backend>() {
    let task = B::run(async {
        let task = create_task(async {});
        wait([&task]).await;
        task
    })
    .unwrap();
    let text = cede_tests::panics_from(|| {
        futures_lite::future::block_on(wait_for(task, HOUR)).unwrap();
    });
    assert!(text.contains("task"), "{text}");
}

fn its_errors_say_what_happened<B: Backend>() {
    B::run(async {
        let late = wait_for(create_task(pending::<()>()), MS).await.unwrap_err();
        assert!(late.to_string().contains("deadline"), "{late}");
        let task: JoinHandle<()> = create_task(async { panic!("bad") });
        let panicked = wait_for(task, HOUR).await.unwrap_err();
        assert!(panicked.to_string().contains("bad"), "{panicked}");
    })
    .unwrap();
}

fn zero_gives_a_task_that_is_about_to_end_no_time<B: Fifo>() {
    B::run(async {
        let task = create_task(async { 1 });
        assert!(matches!(wait_for(&task, Duration::ZERO).await, Err(WaitForError::Elapsed(_))));
        assert!(task.cancelled());
    })
    .unwrap();
}

fn a_request_at_the_moment_of_the_limit_is_not_swallowed<B: Fifo>() {
    for hops in 0..4 {
        B::run(async move {
            let limit = 5 * MS;
            let mut bell = sleep(limit);
            if hops == 0 {
                // Then its timer comes before that of the limit, else after it.
                assert!(poll_once(&mut bell).await.is_none());
            }
            let outer = create_task(async move {
                let task = create_task(pending::<()>());
                let outcome = wait_for(&task, limit).await;
                yield_now().await;
                assert!(outcome.is_err());
            });
            yield_now().await;
            bell.await;
            for _ in 1..hops {
                yield_now().await;
            }
            let asked = outer.cancel_with("m");
            assert_eq!(asked, (&outer).await.is_err(), "{hops}: a request was swallowed");
        })
        .unwrap();
    }
}
