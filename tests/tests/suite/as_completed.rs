//! `as_completed`: tasks, in the order in which they end.

use std::future::pending;
use std::time::Duration;

use cede::{
    Cancel, JoinHandle, Task, TimeoutScope, as_completed, backend, catch_cancel, create_task,
    timeout, wait, yield_now,
};
use cede_tests::{
    Backend, Counter, Fifo, Log, Polls, Signal, counting_polls, every_backend, fifo_backends,
    poll_once, waiting,
};
use futures::StreamExt as _;

every_backend!(
    tasks_come_in_the_order_in_which_they_end,
    those_that_are_done_come_first_in_their_order,
    it_gives_back_the_callers_own_handles,
    of_no_tasks_it_is_over,
    the_same_task_twice_comes_twice,
    it_raises_no_failure,
    it_says_how_many_are_left,
    after_the_last_it_stays_over,
    a_request_ends_the_wait_for_the_next_and_loses_none,
    a_timeout_around_next_gives_each_a_deadline,
    a_timeout_around_the_loop_gives_all_one_deadline,
    dropped_half_way_the_tasks_run_on,
    dropped_half_way_it_drops_the_handles_that_it_has,
    a_hundred_thousand_come_at_a_linear_cost,
);
fifo_backends!(it_always_suspends_before_the_first);

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn tasks_come_in_the_order_in_which_they_end<B: Backend>() {
    B::run(async {
        let goes = [3, 1, 2, 0].map(|n: usize| (n, Signal::new()));
        let tasks: Vec<_> = goes
            .iter()
            .map(|(n, go)| {
                let (n, gone) = (*n, go.clone());
                create_task(async move {
                    gone.wait().await;
                    n
                })
            })
            .collect();
        let mut ended = as_completed(tasks);
        for expected in 0..4 {
            let (_, go) = goes.iter().find(|(n, _)| *n == expected).unwrap();
            go.set();
            assert_eq!(ended.next().await.unwrap().await.unwrap(), expected);
        }
        assert!(ended.next().await.is_none());
    })
    .unwrap();
}

fn those_that_are_done_come_first_in_their_order<B: Backend>() {
    B::run(async {
        let done: Vec<_> = (0..4).map(|n| create_task(async move { n })).collect();
        wait(&done).await;
        let go = Signal::new();
        let gone = go.clone();
        let late = create_task(async move {
            gone.wait().await;
            9
        });
        let mut ended = as_completed([&late].into_iter().chain(&done));
        for n in 0..4 {
            assert_eq!(ended.next().await.unwrap().await.unwrap(), &n);
        }
        go.set();
        assert_eq!(ended.next().await.unwrap().await.unwrap(), &9);
    })
    .unwrap();
}

fn it_gives_back_the_callers_own_handles<B: Backend>() {
    B::run(async {
        let task = create_task(async { String::from("mine") });
        let id = task.id();
        let back: JoinHandle<String> = as_completed([task]).next().await.unwrap();
        assert_eq!((back.id(), back.done()), (id, true));
        assert_eq!(back.await.unwrap(), "mine");
    })
    .unwrap();
}

fn of_no_tasks_it_is_over<B: Backend>() {
    B::run(async {
        assert!(as_completed(Vec::<cede::TaskRef>::new()).next().await.is_none());
    })
    .unwrap();
}

fn the_same_task_twice_comes_twice<B: Backend>() {
    B::run(async {
        let task = create_task(yield_now());
        assert_eq!(as_completed([&task, &task]).count().await, 2);
        assert_eq!(as_completed([&task, &task]).count().await, 2);
    })
    .unwrap();
}

fn it_raises_no_failure<B: Backend>() {
    B::run(async {
        let panics: JoinHandle<()> = create_task(async { panic!("bad") });
        let cancelled = create_task(pending());
        cancelled.cancel();
        let ended: Vec<_> = as_completed([panics, cancelled]).collect().await;
        assert!(ended.iter().all(|task| task.result().is_err()));
    })
    .unwrap();
}

fn it_says_how_many_are_left<B: Backend>() {
    use futures::Stream as _;
    B::run(async {
        let mut ended = as_completed((0..3).map(|_| create_task(async {})));
        for left in (0..3).rev() {
            assert_eq!(ended.size_hint(), (left + 1, Some(left + 1)));
            ended.next().await.unwrap().detach();
        }
        assert_eq!(ended.size_hint(), (0, Some(0)));
    })
    .unwrap();
}

fn after_the_last_it_stays_over<B: Backend>() {
    B::run(async {
        let mut ended = as_completed([create_task(async {})]);
        assert!(ended.next().await.is_some());
        for _ in 0..3 {
            assert!(ended.next().await.is_none());
        }
    })
    .unwrap();
}

fn a_request_ends_the_wait_for_the_next_and_loses_none<B: Backend>() {
    B::run(async {
        let (here, go) = (Signal::new(), Signal::new());
        let tasks: Vec<_> = (0..3).map(|_| create_task(go.wait())).collect();
        let refs: Vec<_> = tasks.iter().map(Task::task_ref).collect();
        let told = here.clone();
        let waiter = create_task(async move {
            let mut ended = as_completed(refs);
            let caught = catch_cancel(waiting(told, ended.next())).await;
            assert!(caught.is_err());
            ended.count().await
        });
        here.wait().await;
        assert!(waiter.cancel());
        assert!(tasks.iter().all(|task| task.cancelling() == 0), "it was forwarded");
        go.set();
        assert_eq!(waiter.await.unwrap(), 3);
    })
    .unwrap();
}

fn a_timeout_around_next_gives_each_a_deadline<B: Backend>() {
    B::run(async {
        let tasks = [create_task(async {}), create_task(pending())];
        let mut ended = as_completed(&tasks);
        assert!(timeout(HOUR, ended.next()).await.unwrap().unwrap().done());
        assert!(timeout(MS, ended.next()).await.is_err());
        assert_eq!(tasks[1].cancelling(), 0);
        tasks[1].cancel();
        assert!(timeout(HOUR, ended.next()).await.unwrap().unwrap().cancelled());
    })
    .unwrap();
}

fn a_timeout_around_the_loop_gives_all_one_deadline<B: Backend>() {
    B::run(async {
        let tasks = [create_task(async {}), create_task(pending())];
        let seen = Polls::new();
        let (mut ended, scope) = (as_completed(&tasks), TimeoutScope::after(HOUR));
        let outcome = scope.run(async {
            while let Some(task) = ended.next().await {
                assert!(task.done());
                counting_polls(seen.clone(), async {}).await;
                // The first has come, however slow the machine is: now the deadline may.
                scope.reschedule(Some(backend::ambient().unwrap().now() + MS)).unwrap();
            }
        });
        assert!(outcome.await.is_err());
        assert_eq!(seen.count(), 1);
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
        let mut ended = as_completed(&tasks);
        assert!(poll_once(&mut ended.next()).await.is_none());
        drop(ended);
        go.set();
        for (task, n) in tasks.into_iter().zip(1..) {
            assert_eq!(task.await.unwrap(), n);
        }
    })
    .unwrap();
}

fn dropped_half_way_it_drops_the_handles_that_it_has<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let counted = tally.one();
                create_task(async move { counted })
            })
            .collect();
        wait(&tasks).await;
        let mut ended = as_completed(tasks);
        let first = ended.next().await.unwrap();
        assert_eq!(tally.alive(), 3);
        drop(ended);
        assert_eq!(tally.alive(), 1);
        drop(first);
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn a_hundred_thousand_come_at_a_linear_cost<B: Backend>() {
    const MANY: usize = 100_000;
    B::run(async {
        let tasks: Vec<_> = (0..MANY).map(|_| create_task(yield_now())).collect();
        let polls = Polls::new();
        let count = counting_polls(polls.clone(), as_completed(tasks).count()).await;
        assert_eq!(count, MANY);
        assert!(polls.count() <= MANY + 10, "{}", polls.count());
    })
    .unwrap();
}

fn it_always_suspends_before_the_first<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let done = create_task(async {});
        yield_now().await;
        drop(create_task(async move { said.say("other") }));
        as_completed([done]).next().await.unwrap().detach();
        log.say("next");
        assert_eq!(log.text(), "other next");
    })
    .unwrap();
}
