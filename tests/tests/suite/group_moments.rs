//! Task groups that are dropped half way, meet requests at the same moment, are used by other threads, or are large.

use std::future::pending;
use std::sync::Arc;
use std::thread;

use cede::{
    Cancel, GroupError, JoinHandle, Task, TaskError, TaskGroup, TaskRef, all_tasks, catch_cancel,
    checkpoint, create_task, current_task, task_group, wait, yield_now,
};
use cede_tests::{
    Backend, Counter, Fifo, Log, Polls, Signal, counting_polls, every_backend, fifo_backends, park,
    poll_once,
};
use futures::future::select;

every_backend!(
    dropped_half_way_it_stops_its_children_and_leaks_none,
    dropped_half_way_it_takes_no_more_children,
    dropped_with_its_task_it_stops_its_children,
    dropped_after_a_failure_it_leaves_no_request,
    cancel_of_a_group_that_was_dropped_does_nothing,
    a_failure_in_a_group_that_was_dropped_stops_nobody,
    children_come_from_other_threads,
    cancel_from_another_thread_races_with_the_end,
    ten_thousand_children_are_stopped_at_a_linear_cost,
    ten_thousand_failures_are_kept,
);
fifo_backends!(
    asked_it_stops_the_children_in_the_order_of_their_creation,
    a_request_at_the_moment_of_a_failure_is_not_swallowed,
);

/// How often a race is run.
const RACES: usize = 200;
const MANY: usize = 10_000;

type Group = TaskGroup<&'static str>;
type Outcome<T> = Result<T, GroupError<&'static str>>;

/// The next await that suspends passes, and no request counts any more.
async fn nothing_is_left() {
    yield_now().await;
    checkpoint().await;
    let me = current_task().unwrap();
    assert_eq!((me.cancelling(), me.undelivered()), (0, None));
}

/// Polls a group that waits for ever until its children are under way, and drops it. Gives the group, and its children.
async fn dropped_half_way(tally: &Counter) -> (Group, Vec<TaskRef>) {
    let (mut kept, mut children) = (None, Vec::new());
    let waiting: Vec<_> = (0..3).map(|_| Signal::new()).collect();
    {
        let mut half = Box::pin(task_group(async |group: Group| {
            for here in &waiting {
                let (parked, counted) = (here.clone(), tally.one());
                let child = group.create_task(async move {
                    let _counted = counted;
                    let cancelled = catch_cancel(park(parked)).await.unwrap_err();
                    yield_now().await;
                    cancelled.resume().await
                });
                let child: JoinHandle<Result<(), _>> = child.unwrap();
                children.push(child.task_ref());
            }
            kept = Some(group);
            pending::<Result<(), _>>().await
        }));
        assert!(poll_once(&mut half).await.is_none());
        for here in &waiting {
            here.wait().await;
        }
    }
    (kept.unwrap(), children)
}

fn dropped_half_way_it_stops_its_children_and_leaks_none<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let (_, children) = dropped_half_way(&tally).await;
        assert!(children.iter().all(|child| child.cancelling() == 1));
        wait(&children).await;
        assert!(children.iter().all(Cancel::cancelled));
        assert_eq!((tally.made(), tally.alive()), (3, 0));
        assert_eq!(all_tasks().len(), 1);
        nothing_is_left().await;
    })
    .unwrap();
}

fn dropped_half_way_it_takes_no_more_children<B: Backend>() {
    B::run(async {
        let (group, children) = dropped_half_way(&Counter::new()).await;
        assert!(!group.is_open());
        assert!(group.create_task(async { Ok(()) }).is_err());
        wait(children).await;
        assert!(group.create_task(async { Ok(()) }).is_err());
    })
    .unwrap();
}

fn dropped_with_its_task_it_stops_its_children<B: Backend>() {
    B::run(async {
        let (tally, here) = (Counter::new(), Signal::new());
        let (counted, told) = (tally.one(), here.clone());
        let owner = create_task(async move {
            let outcome: Outcome<()> = task_group(|group: Group| {
                let child = group.create_task(async move {
                    let _counted = counted;
                    park(told).await;
                    Ok(())
                });
                child.unwrap().detach();
                pending()
            })
            .await;
            drop(outcome);
        });
        here.wait().await;
        owner.abort();
        assert!(owner.await.is_err());
        while tally.alive() > 0 {
            yield_now().await;
        }
    })
    .unwrap();
}

/// What a child's failure has asked of the owner is void when the group goes before the owner meets it.
fn dropped_after_a_failure_it_leaves_no_request<B: Backend>() {
    for hops in 0..4 {
        B::run(async move {
            let owner = create_task(async move {
                let go = Signal::new();
                let gone = go.clone();
                let group = Box::pin(task_group(|group: Group| {
                    let child = group.create_task(async { Err::<(), _>("bad") }).unwrap();
                    child.add_done_callback(move |_| gone.set());
                    pending::<Result<(), _>>()
                }));
                // The failure wakes both arms. If the first wins, the group is dropped with its request under way.
                let first = Box::pin(async {
                    go.wait().await;
                    for _ in 0..hops {
                        yield_now().await;
                    }
                });
                drop(select(first, group).await);
                nothing_is_left().await;
            });
            owner.await.expect("a group that has gone asked its owner to stop");
        })
        .unwrap();
    }
}

fn cancel_of_a_group_that_was_dropped_does_nothing<B: Backend>() {
    B::run(async {
        let owner = create_task(async {
            let (group, children) = dropped_half_way(&Counter::new()).await;
            group.cancel();
            nothing_is_left().await;
            wait(children).await;
            group.cancel();
            nothing_is_left().await;
        });
        owner.await.expect("a group that has gone asked its owner to stop");
    })
    .unwrap();
}

fn a_failure_in_a_group_that_was_dropped_stops_nobody<B: Backend>() {
    B::run(async {
        let owner = create_task(async {
            let here = Signal::new();
            let mut child = None;
            let mut half = Box::pin(task_group(|group: Group| {
                let parked = here.clone();
                let task = group.create_task(async move {
                    let _ = catch_cancel(park(parked)).await;
                    Err::<(), _>("late")
                });
                child = Some(task.unwrap());
                pending::<Result<(), _>>()
            }));
            assert!(poll_once(&mut half).await.is_none());
            here.wait().await;
            drop(half);
            assert!(child.unwrap().await.unwrap().is_err());
            nothing_is_left().await;
        });
        owner.await.expect("a group that has gone asked its owner to stop");
    })
    .unwrap();
}

fn children_come_from_other_threads<B: Backend>() {
    B::run_real(async {
        let tally = Counter::new();
        let outcome: Outcome<usize> = task_group(async |group: Group| {
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let (group, tally) = (group.clone(), tally.clone());
                    thread::spawn(move || {
                        for _ in 0..50 {
                            let counted = tally.one();
                            let child = group.create_task(async move {
                                yield_now().await;
                                drop(counted);
                                Ok(())
                            });
                            child.unwrap().detach();
                        }
                    })
                })
                .collect();
            // The group is open until its body is over, so no child is refused.
            for thread in threads {
                thread.join().unwrap();
            }
            Ok(tally.made())
        })
        .await;
        assert_eq!((outcome.unwrap(), tally.alive()), (150, 0));
    })
    .unwrap();
}

fn cancel_from_another_thread_races_with_the_end<B: Backend>() {
    B::run_real(async {
        for round in 0..RACES {
            let start = Arc::new(std::sync::Barrier::new(2));
            let mine = Arc::clone(&start);
            let mut thread = None;
            let outcome: Outcome<&str> = task_group(async |group: Group| {
                thread = Some(thread::spawn(move || {
                    start.wait();
                    group.cancel();
                }));
                mine.wait();
                for _ in 0..round % 5 {
                    yield_now().await;
                }
                Ok("value")
            })
            .await;
            assert!(matches!(outcome, Ok("value") | Err(GroupError::Stopped)), "{outcome:?}");
            thread.unwrap().join().unwrap();
            // Whichever was first, nothing of it is left for the owner.
            nothing_is_left().await;
        }
    })
    .unwrap();
}

fn ten_thousand_children_are_stopped_at_a_linear_cost<B: Backend>() {
    B::run(async {
        let (polls, own, tally) = (Polls::new(), Polls::new(), Counter::new());
        let group = task_group(async |group: Group| {
            let waiting = Signal::new();
            for n in 0..MANY {
                let (counted, last) = (tally.one(), (n + 1 == MANY).then(|| waiting.clone()));
                let child = group.create_task(counting_polls(polls.clone(), async move {
                    let _counted = counted;
                    last.inspect(Signal::set);
                    pending::<Result<(), _>>().await
                }));
                child.unwrap().detach();
            }
            waiting.wait().await;
            Err::<(), _>("stop")
        });
        let outcome = counting_polls(own.clone(), group).await;
        assert_eq!(outcome.unwrap_err().failures().len(), 1);
        assert_eq!((tally.made(), tally.alive()), (MANY, 0));
        assert!(polls.count() <= MANY, "a child was polled again: {}", polls.count());
        assert!(own.count() < 10, "each child woke the owner: {}", own.count());
    })
    .unwrap();
}

fn ten_thousand_failures_are_kept<B: Backend>() {
    B::run(async {
        let own = Polls::new();
        let group = task_group(async |group: Group| {
            let here: Vec<_> = (0..MANY).map(|_| Signal::new()).collect();
            for here in &here {
                let parked = here.clone();
                let child = group.create_task(async move {
                    let _ = catch_cancel(park(parked)).await;
                    Err::<(), _>("late")
                });
                child.unwrap().detach();
            }
            for here in here {
                here.wait().await;
            }
            Err::<(), _>("body")
        });
        let outcome = counting_polls(own.clone(), group).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.failures().len(), MANY + 1);
        assert_eq!(error.failures()[MANY].to_string(), "body");
        assert!(own.count() <= MANY + 10, "{}", own.count());
    })
    .unwrap();
}

fn asked_it_stops_the_children_in_the_order_of_their_creation<B: Fifo>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (told, said) = (here.clone(), log.clone());
        let owner = create_task(async move {
            let outcome: Outcome<()> = task_group(async |group: Group| {
                for name in ["a", "b", "c"] {
                    let said = said.clone();
                    let child = group.create_task(async move {
                        let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
                        said.say(name);
                        cancelled.resume().await
                    });
                    let child: JoinHandle<Result<(), _>> = child.unwrap();
                    child.detach();
                }
                park(told).await;
                Ok(())
            })
            .await;
            drop(outcome);
        });
        here.wait().await;
        yield_now().await;
        owner.cancel();
        assert!(owner.await.is_err());
        assert_eq!(log.text(), "a b c");
    })
    .unwrap();
}

/// The request comes before, or just when, or after a child fails: it strikes in the end, whatever the group gives.
fn a_request_at_the_moment_of_a_failure_is_not_swallowed<B: Fifo>() {
    for hops in 0..8 {
        B::run(async move {
            let (here, go) = (Signal::new(), Signal::new());
            let (told, gone) = (here.clone(), go.clone());
            let owner = create_task(async move {
                let outcome: Outcome<()> = task_group(async |group: Group| {
                    let child = group.create_task(async move {
                        gone.wait().await;
                        Err::<(), _>("bad")
                    });
                    child.unwrap().detach();
                    park(told).await;
                    Ok(())
                })
                .await;
                yield_now().await;
                panic!("a request was swallowed: {outcome:?}");
            });
            here.wait().await;
            yield_now().await;
            go.set();
            for _ in 0..hops {
                yield_now().await;
            }
            let asked = owner.cancel();
            match (&owner).await {
                Err(TaskError::Cancelled(_)) => assert!(asked),
                Err(error) => assert!(!asked, "{hops}: {error}"),
                Ok(never) => *never,
            }
        })
        .unwrap();
    }
}
