//! R6 and R14: awaiting a task, by reference and by value, and awaiting oneself.

use std::future::pending;

use cede::{
    Cancel, JoinHandle, Task, TaskError, TaskRef, catch_cancel, create_task, current_task,
    yield_now,
};
use cede_tests::{Backend, Log, Signal, every_backend, park, poll_once};

every_backend!(
    by_reference_it_can_be_awaited_many_times,
    by_value_it_is_moved_out,
    a_task_that_is_done_can_be_awaited,
    many_tasks_await_the_same_one,
    an_err_is_a_value,
    a_task_ref_tells_only_of_the_end,
    a_task_can_await_itself_at_once_with_an_error,
    awaiting_oneself_is_found_inside_scopes_and_joins,
    waiting_for_ones_own_end_after_cancelling_oneself_is_an_error,
    two_tasks_that_await_each_other_are_cancelled,
    a_pair_that_await_each_other_unwinds_into_scopes,
    a_ring_of_a_thousand_is_cancelled,
    a_ring_with_a_tail_is_cancelled_from_the_tail,
    awaiters_that_went_away_are_forgotten,
    a_callback_that_is_taken_back_twice_takes_no_other_away,
    a_value_is_moved_out_on_the_last_await_only,
);

fn by_reference_it_can_be_awaited_many_times<B: Backend>() {
    B::run(async {
        let task = create_task(async { vec![1, 2, 3] });
        let first: &Vec<i32> = (&task).await.unwrap();
        let second: &Vec<i32> = (&task).await.unwrap();
        assert!(std::ptr::eq(first, second));
        assert_eq!(task.result().unwrap(), first);
    })
    .unwrap();
}

/// Is neither `Clone` nor `Copy`.
#[derive(Debug, PartialEq)]
struct Unique(u8);

fn by_value_it_is_moved_out<B: Backend>() {
    B::run(async {
        let task = create_task(async { Unique(9) });
        assert_eq!((&task).await.unwrap(), &Unique(9));
        let value: Unique = task.await.unwrap();
        assert_eq!(value, Unique(9));
    })
    .unwrap();
}

fn a_value_is_moved_out_on_the_last_await_only<B: Backend>() {
    B::run(async {
        let task = create_task(async { Unique(1) });
        let other = task.task_ref();
        assert_eq!(task.await.unwrap(), Unique(1));
        other.clone().await.unwrap();
        assert!(other.done() && other.result().is_ok() && !other.cancel());
    })
    .unwrap();
}

fn a_task_that_is_done_can_be_awaited<B: Backend>() {
    B::run(async {
        let task = create_task(async { 1 });
        task.task_ref().await.unwrap();
        assert!(task.done());
        assert_eq!(task.await.unwrap(), 1);
    })
    .unwrap();
}

fn many_tasks_await_the_same_one<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let one = create_task(async move {
            gone.wait().await;
            7
        });
        let others: Vec<_> = (0..100)
            .map(|_| {
                let one = one.task_ref();
                create_task(async move { one.await.is_ok() })
            })
            .collect();
        yield_now().await;
        go.set();
        for other in others {
            assert!(other.await.unwrap());
        }
        assert_eq!(one.await.unwrap(), 7);
    })
    .unwrap();
}

fn an_err_is_a_value<B: Backend>() {
    B::run(async {
        let task = create_task(async { Err::<(), _>("an error") });
        assert_eq!((&task).await.unwrap(), &Err("an error"));
        assert!(!task.cancelled());
    })
    .unwrap();
}

fn a_task_ref_tells_only_of_the_end<B: Backend>() {
    B::run(async {
        let task: TaskRef = create_task(async { "kept by nobody" }).task_ref();
        (&task).await.unwrap();
        task.clone().await.unwrap();
        let () = *task.result().unwrap();
    })
    .unwrap();
}

fn a_task_can_await_itself_at_once_with_an_error<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            let error = (&me).await.unwrap_err();
            assert!(matches!(error, TaskError::AwaitedItself(_)));
            let shielded = cede::shield(&me).await.unwrap_err();
            assert!(matches!(shielded, TaskError::AwaitedItself(_)));
            "carried on"
        });
        assert_eq!(task.await.unwrap(), "carried on");
    })
    .unwrap();
}

fn awaiting_oneself_is_found_inside_scopes_and_joins<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            let inside = catch_cancel(async { (&me).await }).await.unwrap();
            let (joined, ()) = futures::join!(async { (&me).await }, yield_now());
            matches!(inside, Err(TaskError::AwaitedItself(_)))
                && matches!(joined, Err(TaskError::AwaitedItself(_)))
        });
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn waiting_for_ones_own_end_after_cancelling_oneself_is_an_error<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            let outcome = current_task().unwrap().cancel_and_wait().await;
            said.say(matches!(outcome, Err(TaskError::AwaitedItself(_))).to_string());
            yield_now().await;
            said.say("not reached");
        });
        assert!(task.await.is_err());
        assert_eq!(log.text(), "true");
    })
    .unwrap();
}

/// Creates `n` tasks, each of which awaits the next, and the last the first.
async fn ring(n: usize, log: &Log) -> Vec<JoinHandle<()>> {
    use std::sync::Arc;

    use cede_sync::Mutex;
    let refs: Arc<Mutex<Vec<TaskRef>>> = Arc::default();
    let go = Signal::new();
    let tasks: Vec<_> = (0..n)
        .map(|i| {
            let (refs, go, log) = (Arc::clone(&refs), go.clone(), log.clone());
            create_task(async move {
                go.wait().await;
                let next = refs.lock()[(i + 1) % n].clone();
                log.say("a");
                let _ = next.await;
                log.say("b");
                pending::<()>().await;
            })
        })
        .collect();
    *refs.lock() = tasks.iter().map(Task::task_ref).collect();
    go.set();
    while log.text().len() < 2 * n - 1 {
        yield_now().await;
    }
    yield_now().await;
    tasks
}

fn two_tasks_that_await_each_other_are_cancelled<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let tasks = ring(2, &log).await;
        assert!(tasks[0].cancel_with("knot"));
        for task in &tasks {
            let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
            assert_eq!(cancelled.message(), Some("knot"));
        }
        assert_eq!(log.text(), "a a");
    })
    .unwrap();
}

fn a_pair_that_await_each_other_unwinds_into_scopes<B: Backend>() {
    use std::sync::Arc;

    use cede_sync::Mutex;
    B::run(async {
        let refs: Arc<Mutex<Vec<TaskRef>>> = Arc::default();
        let (go, ready) = (Signal::new(), Log::new());
        let tasks: Vec<_> = (0..2)
            .map(|i| {
                let (refs, go, ready) = (Arc::clone(&refs), go.clone(), ready.clone());
                create_task(async move {
                    go.wait().await;
                    let other = refs.lock()[1 - i].clone();
                    ready.say("r");
                    let caught = catch_cancel(async { other.await.is_err() }).await;
                    match caught {
                        Ok(true) => "the other was cancelled",
                        Ok(false) => "the other has ended",
                        Err(cancelled) => {
                            yield_now().await;
                            cancelled.resume().await
                        }
                    }
                })
            })
            .collect();
        *refs.lock() = tasks.iter().map(Task::task_ref).collect();
        go.set();
        while ready.text() != "r r" {
            yield_now().await;
        }
        yield_now().await;
        assert!(tasks[0].cancel());
        for task in &tasks {
            assert!(task.await.is_err());
            assert!(task.cancelled());
        }
    })
    .unwrap();
}

fn a_ring_of_a_thousand_is_cancelled<B: Backend>() {
    B::run(async {
        let tasks = ring(1000, &Log::new()).await;
        assert!(tasks[500].cancel());
        for task in &tasks {
            assert!(task.await.is_err());
        }
    })
    .unwrap();
}

fn a_ring_with_a_tail_is_cancelled_from_the_tail<B: Backend>() {
    B::run(async {
        let tasks = ring(10, &Log::new()).await;
        let first = tasks[0].task_ref();
        let here = Signal::new();
        let told = here.clone();
        let tail = create_task(async move {
            told.set();
            let _ = first.await;
        });
        here.wait().await;
        yield_now().await;
        assert!(tail.cancel());
        assert!(tail.await.is_err());
        for task in &tasks {
            assert!(task.await.is_err());
        }
    })
    .unwrap();
}

fn awaiters_that_went_away_are_forgotten<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        for _ in 0..1000 {
            let mut join = (&task).into_future();
            assert!(poll_once(&mut join).await.is_none());
        }
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn a_callback_that_is_taken_back_twice_takes_no_other_away<B: Backend>() {
    B::run(async {
        let (go, called) = (Signal::new(), Signal::new());
        let (gone, told) = (go.clone(), called.clone());
        let task = create_task(async move { gone.wait().await });
        let first = task.add_done_callback(|_| unreachable!("it was taken back")).unwrap();
        assert!(task.remove_done_callback(first));
        let second = task.add_done_callback(move |_| told.set()).unwrap();
        assert_ne!(first, second);
        assert!(!task.remove_done_callback(first), "it is gone");
        go.set();
        called.wait().await;
    })
    .unwrap();
}
