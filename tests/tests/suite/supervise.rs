//! `supervise`, where a failure stops nobody; `start`, for children that say when they are ready; and failures that nobody took.

use std::future::pending;
use std::time::Duration;

use cede::{
    Cancel, GroupError, JoinHandle, StartError, Starting, Task, TaskError, TaskGroup, catch_cancel,
    checkpoint, create_task, current_task, sleep, supervise, task_group, wait, yield_now,
};
use cede_tests::{Backend, Counter, Log, Noticed, Signal, every_backend, park, poll_once};

every_backend!(
    a_failure_stops_nobody,
    a_panic_of_a_child_stops_nobody,
    a_failure_of_the_body_stops_the_children,
    failures_come_in_the_order_in_which_they_arose,
    a_request_ends_it_and_goes_on_outwards,
    a_request_goes_on_outwards_in_spite_of_failures,
    cancel_stops_it_quietly,
    start_gives_what_the_child_says,
    a_child_that_ends_early_was_not_ready,
    a_child_that_fails_early_fails_the_group,
    a_start_in_a_closed_group_is_refused,
    a_request_while_it_starts_stops_the_child,
    a_start_that_is_dropped_stops_the_child,
    a_child_that_is_ready_and_over_at_once_was_ready,
    failures_of_a_group_that_was_dropped_are_told,
    failures_beside_a_panic_of_the_body_are_told,
    failures_that_were_given_are_not_told,
);

const MS: Duration = Duration::from_millis(1);

type Group = TaskGroup<&'static str>;
type Outcome<T> = Result<T, GroupError<&'static str>>;

fn a_failure_stops_nobody<B: Backend>() {
    B::run(async {
        let (value, failures) = supervise(async |group: Group| {
            group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
            let other = group.create_task(async {
                sleep(5 * MS).await;
                Ok("served")
            });
            assert!(group.is_open());
            Ok(other.unwrap().await.unwrap().unwrap())
        })
        .await
        .unwrap();
        assert_eq!((value, failures.len()), ("served", 1));
        assert_eq!(failures[0].to_string(), "bad");
    })
    .unwrap();
}

fn a_panic_of_a_child_stops_nobody<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let ((), failures) = supervise(async |group: Group| {
            let said = log.clone();
            let child: JoinHandle<Result<(), _>> =
                group.create_task(async { panic!("bad") }).unwrap();
            wait([child]).await;
            yield_now().await;
            let later = group.create_task(async move {
                yield_now().await;
                said.say("later");
                Ok(())
            });
            later.unwrap().detach();
            Ok(())
        })
        .await
        .unwrap();
        assert!(failures[0].to_string().contains("bad"), "{failures:?}");
        assert_eq!((failures.len(), log.text().as_str()), (1, "later"));
    })
    .unwrap();
}

fn a_failure_of_the_body_stops_the_children<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let outcome = supervise(async |group: Group| {
            let fails = group.create_task(async { Err::<(), _>("child") }).unwrap();
            let (here, counted) = (Signal::new(), tally.one());
            let parked = here.clone();
            let child = group.create_task(async move {
                let _counted = counted;
                park(parked).await;
                Ok(())
            });
            child.unwrap().detach();
            wait([fails]).await;
            here.wait().await;
            Err::<(), _>("body")
        })
        .await;
        let error = outcome.unwrap_err();
        let texts: Vec<_> = error.failures().iter().map(ToString::to_string).collect();
        assert_eq!((texts, tally.alive()), (vec!["child".to_owned(), "body".to_owned()], 0));
    })
    .unwrap();
}

fn failures_come_in_the_order_in_which_they_arose<B: Backend>() {
    B::run(async {
        let ((), failures) = supervise(async |group: Group| {
            let children = ["third", "first", "second"].map(|name| {
                let go = Signal::new();
                let gone = go.clone();
                let child = group.create_task(async move {
                    gone.wait().await;
                    Err::<(), _>(name)
                });
                (go, child.unwrap())
            });
            for n in [1, 2, 0] {
                let (go, child) = &children[n];
                go.set();
                wait([child]).await;
            }
            Ok(())
        })
        .await
        .unwrap();
        let texts: Vec<_> = failures.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["first", "second", "third"]);
    })
    .unwrap();
}

fn a_request_ends_it_and_goes_on_outwards<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let (told, counted) = (here.clone(), tally.one());
        let owner = create_task(async move {
            let outcome = supervise(|group: Group| {
                let child = group.create_task(async move {
                    let _counted = counted;
                    park(told).await;
                    Ok(())
                });
                child.unwrap().detach();
                pending::<Result<(), _>>()
            });
            drop(outcome.await);
        });
        here.wait().await;
        assert!(owner.cancel_with("m"));
        let Err(TaskError::Cancelled(cancelled)) = owner.await else { panic!("swallowed") };
        assert_eq!((cancelled.message(), tally.alive()), (Some("m"), 0));
    })
    .unwrap();
}

fn a_request_goes_on_outwards_in_spite_of_failures<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let told = here.clone();
        let owner = create_task(async move {
            let outcome = supervise(async |group: Group| {
                let child = group.create_task(async { Err::<(), _>("bad") }).unwrap();
                wait([child]).await;
                park(told).await;
                Ok(())
            })
            .await;
            panic!("a request was swallowed: {outcome:?}");
        });
        here.wait().await;
        assert!(owner.cancel_with("m"));
        let outcome: Result<(), _> = owner.await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(cancelled.message(), Some("m"));
    })
    .unwrap();
}

fn cancel_stops_it_quietly<B: Backend>() {
    B::run(async {
        let outcome = supervise(async |group: Group| {
            group.create_task(pending::<Result<(), _>>()).unwrap().detach();
            group.cancel();
            pending::<Result<(), _>>().await
        })
        .await;
        assert!(matches!(outcome, Err(GroupError::Stopped)));
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

/// A child that says `port` after some time, and runs on.
async fn server(starting: Starting<u16>) -> Result<(), &'static str> {
    sleep(5 * MS).await;
    starting.ready(8080);
    pending().await
}

fn start_gives_what_the_child_says<B: Backend>() {
    B::run(async {
        let outcome: Outcome<u16> = task_group(async |group: Group| {
            let (child, port) = group.start(server).await.unwrap();
            assert!(!child.done());
            child.cancel();
            Ok(port)
        })
        .await;
        assert_eq!(outcome.unwrap(), 8080);
    })
    .unwrap();
}

fn a_child_that_ends_early_was_not_ready<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let ends = async |starting: Starting<()>| {
                drop(starting);
                Ok(())
            };
            let error = group.start::<(), _, _, _>(ends).await.unwrap_err();
            assert_eq!(error, StartError::EndedEarly);
            assert!(error.to_string().contains("ready"), "{error}");
            assert!(group.is_open());
            Ok(())
        })
        .await;
        outcome.unwrap();
    })
    .unwrap();
}

fn a_child_that_fails_early_fails_the_group<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let fails = async |_: Starting<()>| Err("no port");
            let started = group.start::<(), _, _, _>(fails).await;
            assert!(matches!(started, Err(StartError::EndedEarly)));
            pending().await
        })
        .await;
        assert_eq!(outcome.unwrap_err().to_string(), "1 failure in a task group: no port");
    })
    .unwrap();
}

fn a_start_in_a_closed_group_is_refused<B: Backend>() {
    B::run(async {
        let over = task_group(async |group: Group| Ok(group)).await.unwrap();
        let refused = over.start(server).await;
        assert!(matches!(refused, Err(StartError::Closed(_))));
    })
    .unwrap();
}

/// A group in which `start` waits for a child that is never ready; gives what the child counts, and when it is under way.
async fn starts_for_ever(group: Group, tally: Counter, here: Signal) {
    let counted = tally.one();
    let never = async move |_starting: Starting<()>| {
        let _counted = counted;
        park(here).await;
        Ok(())
    };
    drop(group.start::<(), _, _, _>(never).await);
}

fn a_request_while_it_starts_stops_the_child<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let (told, counter) = (here.clone(), tally.clone());
        let outcome: Outcome<()> = task_group(async move |group: Group| {
            let starter = create_task(starts_for_ever(group.clone(), counter, told));
            here.wait().await;
            starter.cancel();
            assert!(starter.await.is_err());
            assert!(group.is_open());
            Ok(())
        })
        .await;
        outcome.unwrap();
        assert_eq!((tally.made(), tally.alive()), (1, 0));
    })
    .unwrap();
}

fn a_start_that_is_dropped_stops_the_child<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let mut half = Box::pin(starts_for_ever(group, tally.clone(), here.clone()));
            assert!(poll_once(&mut half).await.is_none());
            here.wait().await;
            drop(half);
            Ok(())
        })
        .await;
        outcome.unwrap();
        assert_eq!((tally.made(), tally.alive()), (1, 0));
    })
    .unwrap();
}

fn a_child_that_is_ready_and_over_at_once_was_ready<B: Backend>() {
    B::run(async {
        let outcome: Outcome<u8> = task_group(async |group: Group| {
            let quick = async |starting: Starting<u8>| {
                starting.ready(1);
                Ok("over")
            };
            let (child, said) = group.start(quick).await.unwrap();
            assert_eq!(child.await.unwrap().unwrap(), "over");
            Ok(said)
        })
        .await;
        assert_eq!(outcome.unwrap(), 1);
    })
    .unwrap();
}

/// Ends with an error, late. Gives its handle by `child`.
fn fails_late(group: &Group, here: Signal) -> cede::TaskId {
    let child = group.create_task(async move {
        let _ = catch_cancel(park(here)).await;
        Err::<(), _>("lost")
    });
    child.unwrap().id()
}

fn failures_of_a_group_that_was_dropped_are_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let (here, mut id) = (Signal::new(), None);
        let mut half = Box::pin(task_group(|group: Group| {
            id = Some(fails_late(&group, here.clone()));
            pending::<Result<(), _>>()
        }));
        assert!(poll_once(&mut half).await.is_none());
        here.wait().await;
        drop(half);
        id.unwrap()
    })
    .unwrap();
    let told = noticed.of(id);
    assert_eq!(told.len(), 1, "{told:?}");
}

fn failures_beside_a_panic_of_the_body_are_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let here = Signal::new();
        let (parked, kept) = (here.clone(), std::sync::Arc::new(cede_sync::Mutex::new(None)));
        let keep = std::sync::Arc::clone(&kept);
        let owner = create_task(async move {
            let outcome: Outcome<()> = task_group(async |group: Group| {
                *keep.lock() = Some(fails_late(&group, parked));
                here.wait().await;
                panic!("body")
            })
            .await;
            drop(outcome);
        });
        assert!(owner.await.is_err());
        let id = *kept.lock();
        id.unwrap()
    })
    .unwrap();
    let told = noticed.of(id);
    assert_eq!(told.len(), 1, "{told:?}");
}

fn failures_that_were_given_are_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let ids = B::run(async {
        let mut ids = Vec::new();
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let here = Signal::new();
            ids.push(fails_late(&group, here.clone()));
            here.wait().await;
            let child: JoinHandle<Result<(), _>> =
                group.create_task(async { panic!("given") }).unwrap();
            ids.push(child.id());
            child.detach();
            pending().await
        })
        .await;
        assert_eq!(outcome.unwrap_err().failures().len(), 2);
        ids
    })
    .unwrap();
    for id in ids {
        assert_eq!(noticed.of(id), Vec::<String>::new());
    }
}
