//! `wait`: for some tasks to be done.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cede::{
    Cancel, ResultError, Task, TaskRef, Wait, catch_cancel, create_task, sleep, wait, yield_now,
};
use cede_tests::{
    Backend, Fifo, Log, OneThread, Polls, Signal, counting_polls, every_backend, fifo_backends,
    local_backends, park, waiting,
};

every_backend!(
    it_waits_for_all,
    it_waits_for_the_first,
    it_waits_for_the_first_failure,
    a_panic_is_a_failure_and_a_cancellation_is_none,
    it_waits_no_longer_than_its_timeout,
    handles_come_back_in_the_order_given,
    of_no_tasks_it_is_over,
    the_same_task_twice_is_fine,
    it_forwards_nothing,
    it_takes_references,
    dropped_half_way_it_leaves_nothing_behind,
    it_raises_no_failure,
);
fifo_backends!(it_always_suspends);
local_backends!(a_hundred_thousand_are_waited_for_at_a_linear_cost);

fn it_waits_for_all<B: Backend>() {
    B::run(async {
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                create_task(async move {
                    for _ in 0..n {
                        yield_now().await;
                    }
                })
            })
            .collect();
        let waited = wait(&tasks).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (10, 0));
        assert!(tasks.iter().all(Task::done));
    })
    .unwrap();
}

fn it_waits_for_the_first<B: Backend>() {
    B::run(async {
        let never = create_task(pending::<()>());
        let soon = create_task(yield_now());
        let waited = wait([&never, &soon]).first_completed().await;
        assert_eq!(waited.done[0].id(), soon.id());
        assert_eq!(waited.pending[0].id(), never.id());
        never.cancel();
    })
    .unwrap();
}

fn it_waits_for_the_first_failure<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let fine = create_task(async { Ok::<u8, u8>(1) });
        let bad = create_task(async move {
            gone.wait().await;
            Err(2)
        });
        let never = create_task(pending());
        fine.task_ref().await.unwrap();
        go.set();
        let waited = wait([&fine, &bad, &never]).first_exception().await;
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 1));
        never.cancel();
    })
    .unwrap();
}

fn a_panic_is_a_failure_and_a_cancellation_is_none<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let cancelled = create_task(pending::<()>());
        let panics = create_task(async move {
            gone.wait().await;
            panic!("a failure")
        });
        let never = create_task(pending::<()>());
        cancelled.cancel();
        let _ = (&cancelled).await;
        let all = [cancelled.task_ref(), panics.task_ref(), never.task_ref()];
        let waits = Signal::new();
        let first = create_task(waiting(waits.clone(), wait(all).first_exception()));
        waits.wait().await;
        assert!(!first.done());
        go.set();
        let waited = first.await.unwrap();
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 1));
        never.cancel();
    })
    .unwrap();
}

fn it_waits_no_longer_than_its_timeout<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        let waited = wait([&task]).timeout(Duration::from_millis(5)).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (0, 1));
        assert!(!task.done());
        assert_eq!(task.cancelling(), 0);
        task.cancel();
    })
    .unwrap();
}

fn handles_come_back_in_the_order_given<B: Backend>() {
    B::run(async {
        let tasks: Vec<_> =
            (0..6_u64).map(|n| create_task(sleep(Duration::from_millis(10 - n)))).collect();
        let expected: Vec<_> = tasks.iter().map(Task::id).collect();
        let got: Vec<_> = wait(tasks).await.done.iter().map(Task::id).collect();
        assert_eq!(got, expected);
    })
    .unwrap();
}

fn of_no_tasks_it_is_over<B: Backend>() {
    B::run(async {
        let waited = wait(Vec::<cede::TaskRef>::new()).await;
        assert!(waited.done.is_empty() && waited.pending.is_empty());
        let waited = wait(Vec::<cede::TaskRef>::new()).first_completed().await;
        assert!(waited.done.is_empty());
    })
    .unwrap();
}

fn the_same_task_twice_is_fine<B: Backend>() {
    B::run(async {
        let task = create_task(yield_now());
        assert_eq!(wait([&task, &task]).await.done.len(), 2);
        let task = create_task(yield_now());
        assert_eq!(wait([&task, &task]).first_completed().await.done.len(), 2);
    })
    .unwrap();
}

fn it_forwards_nothing<B: Backend>() {
    B::run(async {
        let (here, waits) = (Signal::new(), Signal::new());
        let inner = create_task(park(here.clone()));
        let (inner_ref, told) = (inner.task_ref(), waits.clone());
        let waiter = create_task(async move {
            told.set();
            wait([inner_ref]).await
        });
        here.wait().await;
        waits.wait().await;
        waiter.cancel();
        assert!(waiter.await.is_err());
        assert_eq!((inner.done(), inner.cancelling()), (false, 0));
        inner.cancel();
    })
    .unwrap();
}

fn it_takes_references<B: Backend>() {
    B::run(async {
        let tasks = [create_task(async { 1 }), create_task(async { 2 })];
        let waited = wait(&tasks).await;
        let sum: i32 = waited.done.iter().map(|task| task.result().unwrap()).sum();
        assert_eq!(sum, 3);
        let [first, _] = tasks;
        assert_eq!(first.await.unwrap(), 1);
    })
    .unwrap();
}

fn dropped_half_way_it_leaves_nothing_behind<B: Backend>() {
    B::run(async {
        let (here, waits) = (Signal::new(), Signal::new());
        let task = create_task(park(here.clone()));
        let (task_ref, told) = (task.task_ref(), waits.clone());
        let waiter = create_task(async move {
            let caught = catch_cancel(async {
                told.set();
                wait([&task_ref]).await.done.len()
            })
            .await;
            caught.is_err()
        });
        waits.wait().await;
        waiter.cancel();
        assert!(waiter.await.unwrap());
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn it_raises_no_failure<B: Backend>() {
    B::run(async {
        let panics = create_task(async { panic!("quietly") });
        let panics: cede::JoinHandle<()> = panics;
        let waited = wait([&panics]).await;
        assert!(waited.done[0].result().is_err());
    })
    .unwrap();
}

fn it_always_suspends<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let done = create_task(async {});
        yield_now().await;
        assert!(done.done());
        let other = create_task(async move { said.say("other") });
        wait([&done]).await;
        log.say("waited");
        assert_eq!(log.text(), "other waited");
        drop(other);
    })
    .unwrap();
}

/// A task whose looks are counted.
struct Watched {
    task: TaskRef,
    looks: Rc<Cell<usize>>,
}

impl Cancel for Watched {
    fn cancel(&self) -> bool {
        self.task.cancel()
    }

    fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        self.task.cancel_with(message)
    }

    fn cancelled(&self) -> bool {
        self.task.cancelled()
    }

    fn cancelling(&self) -> usize {
        self.task.cancelling()
    }

    fn uncancel(&self) -> usize {
        self.task.uncancel()
    }
}

impl Task for Watched {
    type Output = ();

    fn as_task(&self) -> &TaskRef {
        self.looks.set(self.looks.get() + 1);
        &self.task
    }

    fn result(&self) -> Result<&(), ResultError> {
        self.looks.set(self.looks.get() + 1);
        self.task.result()
    }
}

/// Waits for many tasks, and counts the polls of that and its looks at them.
async fn cost_of(until: impl FnOnce(Wait<Watched>) -> Wait<Watched>) {
    const MANY: usize = 100_000;
    let (polls, looks) = (Polls::new(), Rc::new(Cell::new(0)));
    let task = || create_task(yield_now()).task_ref();
    let tasks = (0..MANY).map(|_| Watched { task: task(), looks: Rc::clone(&looks) });
    let waited = counting_polls(polls.clone(), until(wait(tasks))).await;
    assert_eq!(waited.done.len() + waited.pending.len(), MANY);
    assert!(polls.count() <= 10, "it was woken by each: {}", polls.count());
    assert!(looks.get() <= 8 * MANY, "{}", looks.get());
}

fn a_hundred_thousand_are_waited_for_at_a_linear_cost<B: OneThread>() {
    B::run_local(async {
        cost_of(|wait| wait).await;
        cost_of(Wait::first_completed).await;
        cost_of(Wait::first_exception).await;
    })
    .unwrap();
}
