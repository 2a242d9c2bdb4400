//! Task groups and the task that runs them: leaving one, being asked to stop meanwhile, and a quiet exit.

use std::future::pending;
use std::time::Duration;

use cede::{
    Cancel, GroupClosed, GroupError, JoinHandle, Reason, Task, TaskError, TaskGroup, TimeoutScope,
    backend, catch_cancel, checkpoint, create_task, current_task, sleep, task_group, yield_now,
};
use cede_tests::{Backend, Counter, Log, Signal, every_backend, park};

every_backend!(
    asked_again_and_again_it_stays_until_every_child_has_ended,
    asked_in_its_body_it_stops_children_and_goes_on_outwards,
    a_request_and_a_failure_give_the_failure_and_then_the_request,
    a_timeout_around_it_waits_for_the_children,
    a_group_that_is_over_takes_no_children,
    a_group_that_shuts_down_takes_no_children,
    cancel_stops_quietly,
    cancel_leaves_a_value_a_value,
    cancel_by_the_body_itself_strikes_at_its_next_await,
    cancel_by_a_child_stops_all,
    cancel_twice_is_once,
    cancel_waits_for_those_who_refuse,
    cancel_after_the_end_does_nothing,
    cancel_with_a_failure_is_a_failure,
);
const MS: Duration = Duration::from_millis(1);

type Group = TaskGroup<&'static str>;
type Outcome<T> = Result<T, GroupError<&'static str>>;

/// Creates a child that cleans up for a while when it is asked to stop; `here` is set when it waits.
fn cleans_up(group: &Group, here: &Signal, log: &Log) {
    let at_once = Signal::new();
    at_once.set();
    cleans_up_after(&at_once, group, here, log);
}

/// The same for a clean-up that lasts until `go` is set, and for a while.
fn cleans_up_after(go: &Signal, group: &Group, here: &Signal, log: &Log) {
    let (gone, parked, said) = (go.clone(), here.clone(), log.clone());
    let child = group.create_task(async move {
        let cancelled = catch_cancel(park(parked)).await.unwrap_err();
        assert_eq!(cancelled.reason(), Reason::Group);
        gone.wait().await;
        for _ in 0..20 {
            yield_now().await;
        }
        sleep(5 * MS).await;
        said.say("clean");
        cancelled.resume().await
    });
    let child: JoinHandle<Result<(), _>> = child.unwrap();
    child.detach();
}

/// A task with a group, whose body and children wait for ever; the children clean up when `go` is set.
fn owner(children: usize, go: &Signal, log: &Log) -> (JoinHandle<Outcome<()>>, Signal) {
    let (here, go, log) = (Signal::new(), go.clone(), log.clone());
    let told = here.clone();
    let owner = create_task(async move {
        task_group(async |group: Group| {
            for _ in 0..children {
                let here = Signal::new();
                cleans_up_after(&go, &group, &here, &log);
                here.wait().await;
            }
            park(told).await;
            Ok(())
        })
        .await
    });
    (owner, here)
}

fn nothing_is_left() {
    let me = current_task().unwrap();
    assert_eq!((me.cancelling(), me.undelivered()), (0, None));
}

fn asked_again_and_again_it_stays_until_every_child_has_ended<B: Backend>() {
    B::run(async {
        let (go, log) = (Signal::new(), Log::new());
        let (owner, here) = owner(3, &go, &log);
        here.wait().await;
        let mut asked = 0;
        for _ in 0..10 {
            assert!(owner.cancel_with("again"));
            asked += 1;
            yield_now().await;
            yield_now().await;
            assert!(!owner.done(), "it left its children");
        }
        go.set();
        assert!((&owner).await.is_err());
        assert_eq!(log.text(), "clean clean clean");
        assert!(owner.cancelled());
        assert_eq!(owner.cancelling(), asked);
    })
    .unwrap();
}

fn asked_in_its_body_it_stops_children_and_goes_on_outwards<B: Backend>() {
    B::run(async {
        let (go, log) = (Signal::new(), Log::new());
        let (owner, here) = owner(2, &go, &log);
        here.wait().await;
        assert!(owner.cancel_with("from outside"));
        go.set();
        let Err(TaskError::Cancelled(cancelled)) = owner.await else { panic!("swallowed") };
        assert_eq!(cancelled.message(), Some("from outside"));
        assert_eq!(cancelled.reason(), Reason::Request);
        assert_eq!(log.text(), "clean clean");
    })
    .unwrap();
}

fn a_request_and_a_failure_give_the_failure_and_then_the_request<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (told, said) = (here.clone(), log.clone());
        let owner = create_task(async move {
            let outcome: Outcome<()> = task_group(async |group: Group| {
                let ready = Signal::new();
                let parked = ready.clone();
                let child = group.create_task(async move {
                    let _ = catch_cancel(park(parked)).await;
                    Err::<(), _>("bad")
                });
                child.unwrap().detach();
                ready.wait().await;
                park(told).await;
                Ok(())
            })
            .await;
            said.say(outcome.unwrap_err().to_string());
            checkpoint().await;
            said.say("not reached");
        });
        here.wait().await;
        assert!(owner.cancel());
        assert!(matches!((&owner).await, Err(TaskError::Cancelled(_))));
        assert_eq!(log.text(), "1 failure in a task group: bad");
        assert_eq!(owner.cancelling(), 1);
    })
    .unwrap();
}

fn a_timeout_around_it_waits_for_the_children<B: Backend>() {
    B::run(async {
        let (here, log, scope) = (Signal::new(), Log::new(), TimeoutScope::never());
        let outcome = scope.run(async {
            let outcome: Outcome<()> = task_group(async |group: Group| {
                cleans_up(&group, &here, &log);
                here.wait().await;
                scope.reschedule(Some(backend::ambient().unwrap().now() + MS)).unwrap();
                pending().await
            })
            .await;
            panic!("not reached: {outcome:?}");
        });
        let outcome: Result<(), _> = outcome.await;
        assert!(outcome.is_err());
        assert_eq!(log.text(), "clean");
        nothing_is_left();
    })
    .unwrap();
}

/// Tries to create a child, whose future must be dropped at once; gives the text of the refusal.
fn refused(group: &Group) -> String {
    let tally = Counter::new();
    let counted = tally.one();
    let refusal = group.create_task(async move {
        drop(counted);
        Ok(())
    });
    let refusal: GroupClosed = refusal.unwrap_err();
    assert_eq!(tally.alive(), 0);
    assert!(!group.is_open());
    refusal.to_string()
}

fn a_group_that_is_over_takes_no_children<B: Backend>() {
    B::run(async {
        let over = task_group(async |group: Group| Ok(group)).await.unwrap();
        assert!(refused(&over).contains("is over"));
        let mut kept = None;
        let outcome: Outcome<()> = task_group(async |group: Group| {
            kept = Some(group);
            Err("bad")
        })
        .await;
        assert!(outcome.is_err());
        assert!(refused(&kept.unwrap()).contains("is over"));
    })
    .unwrap();
}

fn a_group_that_shuts_down_takes_no_children<B: Backend>() {
    B::run(async {
        let mut text = String::new();
        let outcome: Outcome<()> = task_group(async |group: Group| {
            assert!(group.is_open());
            group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
            let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
            text = refused(&group);
            cancelled.resume().await
        })
        .await;
        assert_eq!(outcome.unwrap_err().failures().len(), 1);
        assert!(text.contains("shutting down"), "{text}");
    })
    .unwrap();
}

fn cancel_stops_quietly<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let here = Signal::new();
            cleans_up(&group, &here, &log);
            here.wait().await;
            let closing = group.clone();
            let closes = group.create_task(async move {
                closing.cancel();
                Ok(())
            });
            closes.unwrap().detach();
            pending().await
        })
        .await;
        assert!(matches!(outcome, Err(GroupError::Stopped)), "{outcome:?}");
        assert!(outcome.unwrap_err().failures().is_empty());
        assert_eq!(log.text(), "clean");
        checkpoint().await;
        nothing_is_left();
    })
    .unwrap();
}

fn cancel_leaves_a_value_a_value<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let outcome: Outcome<&str> = task_group(async |group: Group| {
            let here = Signal::new();
            cleans_up(&group, &here, &log);
            here.wait().await;
            group.cancel();
            Ok("value")
        })
        .await;
        assert_eq!(outcome.unwrap(), "value");
        assert_eq!(log.text(), "clean");
        checkpoint().await;
        nothing_is_left();
    })
    .unwrap();
}

fn cancel_by_the_body_itself_strikes_at_its_next_await<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let outcome: Outcome<()> = task_group(async |group: Group| {
            group.cancel();
            log.say("on");
            yield_now().await;
            log.say("not reached");
            Ok(())
        })
        .await;
        assert!(matches!(outcome, Err(GroupError::Stopped)));
        assert_eq!(log.text(), "on");
        nothing_is_left();
    })
    .unwrap();
}

fn cancel_by_a_child_stops_all<B: Backend>() {
    B::run(async {
        let mut canceller = None;
        let outcome: Outcome<()> = task_group(|group: Group| {
            let own = group.clone();
            let child = group.create_task(async move {
                own.cancel();
                pending::<Result<(), _>>().await
            });
            canceller = Some(child.unwrap());
            pending()
        })
        .await;
        assert!(matches!(outcome, Err(GroupError::Stopped)));
        assert!(canceller.unwrap().cancelled(), "it is a child like the others");
        nothing_is_left();
    })
    .unwrap();
}

fn cancel_twice_is_once<B: Backend>() {
    B::run(async {
        let mut asked = 0;
        let outcome: Outcome<()> = task_group(async |group: Group| {
            group.cancel();
            group.cancel();
            let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
            group.cancel();
            asked = current_task().unwrap().cancelling();
            yield_now().await;
            cancelled.resume().await
        })
        .await;
        assert!(matches!(outcome, Err(GroupError::Stopped)));
        assert_eq!(asked, 1);
        nothing_is_left();
    })
    .unwrap();
}

fn cancel_waits_for_those_who_refuse<B: Backend>() {
    B::run(async {
        let mut child = None;
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let here = Signal::new();
            let parked = here.clone();
            let task = group.create_task(async move {
                let _ = catch_cancel(park(parked)).await;
                sleep(5 * MS).await;
                Ok("refused")
            });
            child = Some(task.unwrap());
            here.wait().await;
            group.cancel();
            pending().await
        })
        .await;
        assert!(matches!(outcome, Err(GroupError::Stopped)));
        let child = child.unwrap();
        assert!(child.done());
        assert_eq!(child.await.unwrap().unwrap(), "refused");
    })
    .unwrap();
}

fn cancel_after_the_end_does_nothing<B: Backend>() {
    B::run(async {
        let over = task_group(async |group: Group| Ok(group)).await.unwrap();
        over.cancel();
        checkpoint().await;
        nothing_is_left();
    })
    .unwrap();
}

fn cancel_with_a_failure_is_a_failure<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let here = Signal::new();
            let parked = here.clone();
            let child = group.create_task(async move {
                let _ = catch_cancel(park(parked)).await;
                Err::<(), _>("late")
            });
            child.unwrap().detach();
            here.wait().await;
            group.cancel();
            pending().await
        })
        .await;
        assert_eq!(outcome.unwrap_err().to_string(), "1 failure in a task group: late");
        checkpoint().await;
        nothing_is_left();
    })
    .unwrap();
}
