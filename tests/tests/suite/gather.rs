//! `gather`, `try_gather` and `gather_results`: the values of several tasks, in their order.

use std::future::pending;
use std::time::{Duration, Instant};

use cede::{
    Cancel, GatherError, JoinHandle, Task, TaskError, TaskRef, backend, catch_cancel, checkpoint,
    create_task, current_task, gather, gather_results, sleep, timeout, try_gather, wait, yield_now,
};
use cede_tests::{
    Backend, Counter, Fifo, Log, Polls, Signal, counting_polls, every_backend, fifo_backends, park,
    poll_once, waiting,
};

every_backend!(
    values_come_in_the_order_of_the_tasks,
    of_no_tasks_there_are_no_values,
    tasks_that_are_done_are_fine,
    the_same_task_twice_is_fine,
    an_err_is_a_value,
    the_first_to_be_cancelled_decides_at_once,
    the_first_to_panic_decides_at_once,
    try_gather_gives_values,
    try_gather_fails_by_the_first_err_at_once,
    try_gather_fails_by_a_panic,
    gather_results_waits_for_all,
    by_reference_the_handles_stay,
    a_request_goes_to_every_task_that_is_not_done,
    it_unwinds_even_if_all_refuse,
    it_unwinds_as_soon_as_one_ends_cancelled,
    the_results_flavour_unwinds_when_all_have_ended,
    a_request_in_the_clean_up_of_the_tasks_goes_to_them_again,
    a_task_that_somebody_else_cancelled_unwinds_nobody,
    a_timeout_stops_all,
    dropped_half_way_the_tasks_run_on,
    ten_thousand_are_gathered_at_a_linear_cost,
    ten_thousand_are_asked_at_a_linear_cost,
    its_errors_say_what_happened,
);
fifo_backends!(
    a_request_goes_to_the_tasks_in_their_order,
    of_two_failures_the_first_in_time_decides,
);

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);
const MANY: usize = 10_000;

fn now() -> Instant {
    backend::ambient().unwrap().now()
}

/// A task that waits for ever, once it does.
async fn parked<T: Send + 'static>(
    then: impl FnOnce(cede::Cancelled) -> futures::future::BoxFuture<'static, T> + Send + 'static,
) -> JoinHandle<T> {
    let here = Signal::new();
    let told = here.clone();
    let task = create_task(async move {
        let cancelled = catch_cancel(park(told)).await.unwrap_err();
        then(cancelled).await
    });
    here.wait().await;
    task
}

fn values_come_in_the_order_of_the_tasks<B: Backend>() {
    B::run(async {
        let tasks: Vec<_> = (0..10_u32)
            .map(|n| {
                create_task(async move {
                    sleep((10 - n) * MS).await;
                    n
                })
            })
            .collect();
        assert!(gather(tasks).await.unwrap().into_iter().eq(0..10));
    })
    .unwrap();
}

fn of_no_tasks_there_are_no_values<B: Backend>() {
    B::run(async {
        assert!(gather(Vec::<TaskRef>::new()).await.unwrap().is_empty());
        assert!(gather_results(Vec::<TaskRef>::new()).await.is_empty());
        let none: Vec<JoinHandle<Result<(), ()>>> = Vec::new();
        assert!(try_gather(none).await.unwrap().is_empty());
    })
    .unwrap();
}

fn tasks_that_are_done_are_fine<B: Backend>() {
    B::run(async {
        let tasks = [1, 2, 3].map(|n| create_task(async move { n }));
        wait(&tasks).await;
        assert_eq!(gather(&tasks).await.unwrap(), [&1, &2, &3]);
        assert_eq!(gather(tasks).await.unwrap(), [1, 2, 3]);
    })
    .unwrap();
}

fn the_same_task_twice_is_fine<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            yield_now().await;
            7
        });
        assert_eq!(gather([&task, &task, &task]).await.unwrap(), [&7, &7, &7]);
    })
    .unwrap();
}

fn an_err_is_a_value<B: Backend>() {
    B::run(async {
        let tasks = ["1", "x"].map(|text| create_task(async move { text.parse::<u8>() }));
        let values = gather(tasks).await.unwrap();
        assert_eq!(values[0], Ok(1));
        assert!(values[1].is_err());
    })
    .unwrap();
}

fn the_first_to_be_cancelled_decides_at_once<B: Backend>() {
    B::run(async {
        let tasks = [1, 2, 3].map(|n| {
            create_task(async move {
                sleep(HOUR).await;
                n
            })
        });
        let start = now();
        tasks[1].cancel_with("not this one");
        let Err(TaskError::Cancelled(cancelled)) = gather(&tasks).await else { panic!("values") };
        assert_eq!(cancelled.message(), Some("not this one"));
        assert!(now() - start < HOUR);
        assert_eq!(tasks.each_ref().map(Task::done), [false, true, false], "the others run on");
        assert_eq!(tasks.each_ref().map(Cancel::cancelling), [0, 1, 0]);
        assert_eq!(current_task().unwrap().cancelling(), 0);
        checkpoint().await;
    })
    .unwrap();
}

fn the_first_to_panic_decides_at_once<B: Backend>() {
    B::run(async {
        let others = create_task(pending::<()>());
        let panics: JoinHandle<()> = create_task(async { panic!("bad") });
        let Err(TaskError::Panicked(panicked)) = gather([&others, &panics]).await else {
            panic!("no panic")
        };
        assert_eq!(panicked.text(), "bad");
        assert!(!others.done());
        assert!(!others.cancelled());
    })
    .unwrap();
}

fn try_gather_gives_values<B: Backend>() {
    B::run(async {
        let tasks = ["1", "2"].map(|text| create_task(async move { text.parse::<u8>() }));
        assert_eq!(try_gather(tasks).await.unwrap(), [1, 2]);
    })
    .unwrap();
}

fn try_gather_fails_by_the_first_err_at_once<B: Backend>() {
    B::run(async {
        let start = now();
        let (slow, fails) = (
            create_task(async {
                sleep(HOUR).await;
                Ok(())
            }),
            create_task(async {
                sleep(MS).await;
                Err::<(), _>("bad")
            }),
        );
        let other = slow.task_ref();
        let outcome = try_gather([slow, fails]).await;
        assert!(matches!(outcome, Err(GatherError::Failed("bad"))));
        assert!(now() - start < HOUR);
        assert!(!other.done() && other.cancelling() == 0, "it runs on");
    })
    .unwrap();
}

fn try_gather_fails_by_a_panic<B: Backend>() {
    B::run(async {
        let task: JoinHandle<Result<(), &str>> = create_task(async { panic!("bad") });
        let outcome = try_gather([task]).await;
        assert!(matches!(outcome, Err(GatherError::Task(TaskError::Panicked(_)))));
        let task: JoinHandle<Result<(), &str>> = create_task(pending());
        task.cancel();
        let outcome = try_gather([task]).await;
        assert!(matches!(outcome, Err(GatherError::Task(TaskError::Cancelled(_)))));
    })
    .unwrap();
}

fn gather_results_waits_for_all<B: Backend>() {
    B::run(async {
        let start = now();
        let panics: JoinHandle<u8> = create_task(async { panic!("bad") });
        let cancelled = create_task(pending::<u8>());
        cancelled.cancel();
        let slow = create_task(async {
            sleep(20 * MS).await;
            1
        });
        let results = gather_results([panics, cancelled, slow]).await;
        assert!(now() - start >= 20 * MS);
        assert!(matches!(
            results[..],
            [Err(TaskError::Panicked(_)), Err(TaskError::Cancelled(_)), Ok(1)]
        ));
    })
    .unwrap();
}

fn by_reference_the_handles_stay<B: Backend>() {
    B::run(async {
        let tasks = [create_task(async { String::from("a") })];
        assert_eq!(gather(&tasks).await.unwrap(), [&"a"]);
        let refs = tasks.each_ref().map(Task::task_ref);
        assert_eq!(gather(refs).await.unwrap(), [()]);
        let [task] = tasks;
        assert_eq!(task.await.unwrap(), "a");
    })
    .unwrap();
}

/// A task that gathers others, and waits for them all.
async fn gathers(tasks: Vec<TaskRef>, results: bool) -> JoinHandle<()> {
    let here = Signal::new();
    let told = here.clone();
    let waiter = create_task(async move {
        if results {
            drop(waiting(told, gather_results(tasks)).await);
        } else {
            drop(waiting(told, gather(tasks)).await);
        }
    });
    here.wait().await;
    waiter
}

fn a_request_goes_to_every_task_that_is_not_done<B: Backend>() {
    B::run(async {
        let tasks = [create_task(async {}), create_task(pending()), create_task(pending())];
        wait([&tasks[0]]).await;
        let waiter = gathers(tasks.iter().map(Task::task_ref).collect(), false).await;
        assert!(waiter.cancel_with("stop"));
        let Err(TaskError::Cancelled(cancelled)) = waiter.await else { panic!("not unwound") };
        assert_eq!(cancelled.message(), Some("stop"));
        wait(&tasks).await;
        assert_eq!(tasks.each_ref().map(Cancel::cancelled), [false, true, true]);
        assert_eq!(tasks.each_ref().map(Cancel::cancelling), [0, 1, 1]);
    })
    .unwrap();
}

fn it_unwinds_even_if_all_refuse<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let mut tasks = Vec::new();
        for n in 1..=2_u32 {
            let said = log.clone();
            let refuses = parked(move |cancelled| {
                Box::pin(async move {
                    drop(cancelled);
                    sleep(n * MS).await;
                    said.say("refused");
                })
            });
            tasks.push(refuses.await);
        }
        let waiter = gathers(tasks.iter().map(Task::task_ref).collect(), false).await;
        assert!(waiter.cancel());
        assert!(matches!(waiter.await, Err(TaskError::Cancelled(_))));
        assert_eq!(log.text(), "refused refused");
        assert!(tasks.iter().all(|task| task.done() && !task.cancelled()));
    })
    .unwrap();
}

fn it_unwinds_as_soon_as_one_ends_cancelled<B: Backend>() {
    B::run(async {
        let cleaning = Signal::new();
        let told = cleaning.clone();
        let slow = parked(|cancelled| {
            Box::pin(async move {
                waiting(told, sleep(HOUR)).await;
                cancelled.resume().await;
            })
        });
        let tasks: [JoinHandle<()>; 2] = [slow.await, create_task(pending())];
        let waiter = gathers(tasks.iter().map(Task::task_ref).collect(), false).await;
        let start = now();
        assert!(waiter.cancel());
        assert!(waiter.await.is_err());
        assert!(now() - start < HOUR);
        assert_eq!(tasks.each_ref().map(Task::done), [false, true]);
        cleaning.wait().await;
        tasks[0].cancel();
    })
    .unwrap();
}

fn the_results_flavour_unwinds_when_all_have_ended<B: Backend>() {
    B::run(async {
        let slow = parked(|cancelled| {
            Box::pin(async move {
                sleep(20 * MS).await;
                cancelled.resume().await;
            })
        });
        let tasks: [JoinHandle<()>; 2] = [slow.await, create_task(pending())];
        let waiter = gathers(tasks.iter().map(Task::task_ref).collect(), true).await;
        assert!(waiter.cancel_with("stop"));
        let Err(TaskError::Cancelled(cancelled)) = waiter.await else { panic!("not unwound") };
        assert_eq!(cancelled.message(), Some("stop"));
        assert_eq!(tasks.each_ref().map(Task::done), [true, true]);
    })
    .unwrap();
}

fn a_request_in_the_clean_up_of_the_tasks_goes_to_them_again<B: Backend>() {
    B::run(async {
        let (log, cleaning) = (Log::new(), Signal::new());
        let (said, told) = (log.clone(), cleaning.clone());
        let task = parked(move |first| {
            Box::pin(async move {
                let second = catch_cancel(park(told)).await.unwrap_err();
                said.say(format!("{:?} {:?}", first.message(), second.message()));
                first.resume().await;
            })
        });
        let task: JoinHandle<()> = task.await;
        let waiter = gathers(vec![task.task_ref()], false).await;
        assert!(waiter.cancel_with("1"));
        cleaning.wait().await;
        assert!(waiter.cancel_with("2"));
        assert!(waiter.await.is_err());
        assert_eq!(log.text(), "Some(\"1\") Some(\"2\")");
    })
    .unwrap();
}

fn a_task_that_somebody_else_cancelled_unwinds_nobody<B: Backend>() {
    B::run(async {
        let tasks = [create_task(pending::<()>()), create_task(pending())];
        let all = tasks.iter().map(Task::task_ref).collect::<Vec<_>>();
        let here = Signal::new();
        let told = here.clone();
        let waiter = create_task(async move {
            let outcome = waiting(told, gather(all)).await;
            matches!(outcome, Err(TaskError::Cancelled(_)))
        });
        here.wait().await;
        tasks[0].cancel();
        assert!(waiter.await.unwrap());
    })
    .unwrap();
}

fn a_timeout_stops_all<B: Backend>() {
    B::run(async {
        let tasks = [create_task(pending::<()>()), create_task(pending())];
        assert!(timeout(MS, gather(&tasks)).await.is_err());
        wait(&tasks).await;
        assert!(tasks.iter().all(Cancel::cancelled));
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn dropped_half_way_the_tasks_run_on<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let tasks = [1, 2].map(|n| {
            let gone = go.clone();
            create_task(async move {
                gone.wait().await;
                n
            })
        });
        let mut half = Box::pin(gather(&tasks));
        assert!(poll_once(&mut half).await.is_none());
        drop(half);
        assert_eq!(tasks.each_ref().map(Cancel::cancelling), [0, 0]);
        go.set();
        assert_eq!(gather(tasks).await.unwrap(), [1, 2]);
    })
    .unwrap();
}

fn ten_thousand_are_gathered_at_a_linear_cost<B: Backend>() {
    B::run(async {
        let (polls, own) = (Polls::new(), Polls::new());
        let tasks: Vec<_> = (0..MANY)
            .map(|n| {
                create_task(counting_polls(polls.clone(), async move {
                    yield_now().await;
                    n
                }))
            })
            .collect();
        let values = counting_polls(own.clone(), gather(tasks)).await.unwrap();
        assert!(values.into_iter().eq(0..MANY));
        assert_eq!(polls.count(), 2 * MANY);
        assert!(own.count() <= MANY + 10, "{}", own.count());
    })
    .unwrap();
}

fn ten_thousand_are_asked_at_a_linear_cost<B: Backend>() {
    B::run(async {
        let (polls, tally) = (Polls::new(), Counter::new());
        let tasks: Vec<_> = (0..MANY)
            .map(|_| {
                let counted = tally.one();
                create_task(counting_polls(polls.clone(), async move {
                    let _counted = counted;
                    pending::<()>().await;
                }))
            })
            .collect();
        let all: Vec<_> = tasks.iter().map(Task::task_ref).collect();
        let waiter = gathers(all, true).await;
        waiter.cancel();
        assert!(waiter.await.is_err());
        assert_eq!(tally.alive(), 0);
        assert!(polls.count() <= MANY, "{}", polls.count());
    })
    .unwrap();
}

fn its_errors_say_what_happened<B: Backend>() {
    B::run(async {
        let failed: GatherError<&str> = GatherError::Failed("bad");
        assert_eq!(failed.to_string(), "bad");
        let task: JoinHandle<Result<(), &str>> = create_task(async { panic!("worse") });
        let error = try_gather([task]).await.unwrap_err();
        assert!(error.to_string().contains("worse"), "{error}");
    })
    .unwrap();
}

fn a_request_goes_to_the_tasks_in_their_order<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        let mut tasks = Vec::new();
        for name in ["a", "b", "c"] {
            let said = log.clone();
            let says = parked(move |cancelled| {
                Box::pin(async move {
                    said.say(name);
                    cancelled.resume().await;
                })
            });
            let says: JoinHandle<()> = says.await;
            tasks.push(says.task_ref());
        }
        let waiter = gathers(tasks, true).await;
        waiter.cancel();
        assert!(waiter.await.is_err());
        assert_eq!(log.text(), "a b c");
    })
    .unwrap();
}

fn of_two_failures_the_first_in_time_decides<B: Fifo>() {
    B::run(async {
        let tasks = [(2, "late"), (1, "early")].map(|(ms, name)| {
            create_task(async move {
                sleep(ms * MS).await;
                Err::<(), _>(name)
            })
        });
        assert!(matches!(try_gather(tasks).await, Err(GatherError::Failed("early"))));
    })
    .unwrap();
}
