//! Task groups: children of children, groups in groups, and what a child may be.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use cede::{
    Cancel, GroupError, JoinHandle, Task, TaskBuilder, TaskGroup, catch_cancel, critical,
    current_task, sleep, task_group, yield_now,
};
use cede_tests::{Backend, Counter, Log, OneThread, Signal, every_backend, local_backends, park};

every_backend!(
    children_create_children,
    a_child_of_a_child_that_fails_stops_them_all,
    a_group_in_a_group_fails_through,
    a_group_in_a_child_is_waited_for,
    a_child_in_a_critical_is_waited_for,
    children_have_the_names_that_they_are_given,
);
local_backends!(children_need_not_be_send);

const MS: Duration = Duration::from_millis(1);

type Group = TaskGroup<&'static str>;
type Outcome<T> = Result<T, GroupError<&'static str>>;

/// The only error that a group had.
fn only_error<T>(outcome: Outcome<T>) -> String {
    let error = outcome.err().expect("it has not failed");
    assert_eq!(error.failures().len(), 1, "{error}");
    error.failures()[0].to_string()
}

/// A tree of children, three to each, so deep.
fn grow(group: &Group, tally: &Counter, depth: usize) {
    for _ in 0..3 {
        let (inner, counted) = (group.clone(), tally.clone());
        let child = group.create_task(async move {
            let _counted = counted.one();
            yield_now().await;
            if depth > 1 {
                grow(&inner, &counted, depth - 1);
            }
            Ok(())
        });
        child.unwrap().detach();
    }
}

fn children_create_children<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let outcome: Outcome<()> = task_group(async |group: Group| {
            grow(&group, &tally, 4);
            Ok(())
        })
        .await;
        outcome.unwrap();
        assert_eq!((tally.made(), tally.alive()), (3 + 9 + 27 + 81, 0));
    })
    .unwrap();
}

fn a_child_of_a_child_that_fails_stops_them_all<B: Backend>() {
    B::run(async {
        let mut elder = None;
        let outcome: Outcome<()> = task_group(|group: Group| {
            let inner = group.clone();
            let child = group.create_task(async move {
                inner.create_task(async { Err::<(), _>("grandchild") }).unwrap().detach();
                pending::<Result<(), _>>().await
            });
            elder = Some(child.unwrap());
            pending()
        })
        .await;
        assert_eq!(only_error(outcome), "grandchild");
        assert!(elder.unwrap().cancelled());
    })
    .unwrap();
}

fn a_group_in_a_group_fails_through<B: Backend>() {
    B::run(async {
        let mut sibling = None;
        let outer: Outcome<()> = task_group(async |outer: Group| {
            sibling = Some(outer.create_task(pending::<Result<(), _>>()).unwrap());
            let inner: Outcome<()> = task_group(|inner: Group| {
                inner.create_task(async { Err::<(), _>("inner") }).unwrap().detach();
                pending()
            })
            .await;
            assert_eq!(only_error(inner), "inner");
            assert_eq!(current_task().unwrap().cancelling(), 0);
            assert!(outer.is_open());
            Err("outer")
        })
        .await;
        assert_eq!(only_error(outer), "outer");
        assert!(sibling.unwrap().cancelled());
    })
    .unwrap();
}

fn a_group_in_a_child_is_waited_for<B: Backend>() {
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let (said, told) = (log.clone(), here.clone());
            let child = group.create_task(async move {
                let inner: Outcome<()> = task_group(|inner: Group| {
                    let child = inner.create_task(async move {
                        let cancelled = catch_cancel(park(told)).await.unwrap_err();
                        sleep(5 * MS).await;
                        said.say("grandchild");
                        cancelled.resume().await
                    });
                    let child: JoinHandle<Result<(), _>> = child.unwrap();
                    child.detach();
                    pending()
                })
                .await;
                panic!("not reached: {inner:?}");
            });
            let child: JoinHandle<Result<(), _>> = child.unwrap();
            child.detach();
            here.wait().await;
            Err("outer")
        })
        .await;
        assert_eq!(only_error(outcome), "outer");
        assert_eq!(log.text(), "grandchild");
    })
    .unwrap();
}

fn a_child_in_a_critical_is_waited_for<B: Backend>() {
    B::run(async {
        let (log, here) = (Log::new(), Signal::new());
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let (said, told) = (log.clone(), here.clone());
            let child = group.create_task(async move {
                critical(async move {
                    told.set();
                    sleep(5 * MS).await;
                    said.say("whole");
                })
                .await;
                Ok(())
            });
            child.unwrap().detach();
            here.wait().await;
            Err("body")
        })
        .await;
        assert_eq!(only_error(outcome), "body");
        assert_eq!(log.text(), "whole");
    })
    .unwrap();
}

fn children_have_the_names_that_they_are_given<B: Backend>() {
    B::run(async {
        let outcome: Outcome<String> = task_group(async |group: Group| {
            let named = TaskBuilder::new().name("worker");
            let child = group.build_task(named, async { Ok(current_task().unwrap().name()) });
            Ok(child.unwrap().await.unwrap().unwrap())
        })
        .await;
        assert_eq!(outcome.unwrap(), "worker");
    })
    .unwrap();
}

fn children_need_not_be_send<B: OneThread>() {
    B::run_local(async {
        let shared = Rc::new(());
        let inside = Rc::clone(&shared);
        let outcome: Outcome<usize> = task_group(async |group: Group| {
            let child = group.create_local_task(async move { Ok(Rc::strong_count(&inside)) });
            Ok(child.unwrap().await.unwrap().unwrap())
        })
        .await;
        assert_eq!(outcome.unwrap(), 2);
        assert_eq!(Rc::strong_count(&shared), 1);
    })
    .unwrap();
}
