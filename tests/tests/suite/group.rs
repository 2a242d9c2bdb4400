//! Task groups: how a failure stops the others, and what comes out.

use std::future::pending;
use std::time::Duration;

use cede::{
    Cancel, Failure, GroupError, JoinHandle, Reason, Task, TaskError, TaskGroup, TaskLocal,
    catch_cancel, checkpoint, create_task, current_task, sleep, task_group, wait, yield_now,
};
use cede_tests::{
    Backend, Counter, Fifo, Log, Signal, every_backend, fifo_backends, panics_from, park, poll_once,
};

every_backend!(
    it_gives_the_value_of_its_body,
    it_waits_for_children_that_nobody_awaits,
    the_handle_of_a_child_shares_its_error,
    a_failure_stops_the_body,
    a_body_that_refuses_to_be_stopped_does_not_hide_the_failure,
    a_panic_of_a_child_is_a_failure_with_its_payload,
    a_failure_of_the_body_stops_the_children,
    a_panic_of_the_body_goes_on_when_the_children_have_ended,
    failures_while_shutting_down_are_kept_the_bodys_last,
    a_child_that_is_cancelled_is_no_failure,
    a_body_that_awaits_a_cancelled_child_goes_on,
    a_child_that_refuses_gives_its_value,
    an_error_of_a_child_that_was_asked_is_kept,
    an_error_in_the_clean_up_of_a_child_is_kept,
    nothing_of_a_failure_is_left_at_its_owner,
    the_future_of_a_child_that_is_refused_is_dropped_by_who_would_create_it,
    outside_any_task_it_panics,
    its_texts_tell_all_failures,
);
fifo_backends!(
    a_failure_stops_the_others_in_the_order_of_their_creation_and_then_the_body,
    a_panic_stops_the_others_in_the_order_of_their_creation_and_then_the_body,
    all_failures_of_one_moment_are_kept_in_order,
    a_failure_as_the_body_ends_is_not_lost,
);

const MS: Duration = Duration::from_millis(1);

type Group = TaskGroup<&'static str>;
type Outcome<T> = Result<T, GroupError<&'static str>>;

/// The failures of a group, as texts.
fn texts<T>(outcome: Outcome<T>) -> Vec<String> {
    match outcome {
        Err(GroupError::Failed(failures)) => failures.iter().map(text).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it has not failed"),
    }
}

fn text(failure: &Failure<&'static str>) -> String {
    match failure {
        Failure::Err(error) => (**error).to_owned(),
        Failure::Panicked(panicked) => format!("panic {}", panicked.text()),
    }
}

/// Waits to be asked to stop, says so, and does.
async fn says_when_asked<T>(log: Log, name: &'static str) -> T {
    let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
    assert_eq!(cancelled.reason(), Reason::Group);
    log.say(name);
    cancelled.resume().await
}

fn it_gives_the_value_of_its_body<B: Backend>() {
    B::run(async {
        let value: Outcome<_> = task_group(async |_: Group| Ok(1)).await;
        assert_eq!(value.unwrap(), 1);
        let sum: Outcome<i32> = task_group(async |group: Group| {
            let tasks = [1, 2, 3].map(|n| group.create_task(async move { Ok(n) }).unwrap());
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap().unwrap();
            }
            Ok(sum)
        })
        .await;
        assert_eq!(sum.unwrap(), 6);
    })
    .unwrap();
}

fn it_waits_for_children_that_nobody_awaits<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let value: Outcome<_> = task_group(async |group: Group| {
            for n in 0..10_u32 {
                let counted = tally.one();
                let child = group.create_task(async move {
                    sleep(n * MS).await;
                    drop(counted);
                    Ok(())
                });
                child.unwrap().detach();
            }
            Ok("value")
        })
        .await;
        assert_eq!((value.unwrap(), tally.made(), tally.alive()), ("value", 10, 0));
    })
    .unwrap();
}

fn the_handle_of_a_child_shares_its_error<B: Backend>() {
    B::run(async {
        let mut child = None;
        let outcome: Outcome<()> = task_group(|group: Group| {
            child = Some(group.create_task(async { Err::<(), _>("bad") }).unwrap());
            pending()
        })
        .await;
        let Err(GroupError::Failed(failures)) = outcome else { panic!("it has not failed") };
        let Failure::Err(error) = &failures[0] else { panic!("{failures:?}") };
        let same = child.unwrap().await.unwrap().unwrap_err();
        assert!(std::sync::Arc::ptr_eq(error, &same));
    })
    .unwrap();
}

fn a_failure_stops_the_body<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let outcome: Outcome<()> = task_group(async |group: Group| {
            group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
            let caught = catch_cancel(pending::<()>()).await.unwrap_err();
            assert_eq!(caught.reason(), Reason::Group);
            assert!(!group.is_open());
            yield_now().await;
            log.say("clean");
            caught.resume().await
        })
        .await;
        assert_eq!(texts(outcome), ["bad"]);
        assert_eq!(log.text(), "clean");
    })
    .unwrap();
}

fn a_body_that_refuses_to_be_stopped_does_not_hide_the_failure<B: Backend>() {
    B::run(async {
        let outcome: Outcome<&str> = task_group(async |group: Group| {
            group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
            let _ = catch_cancel(pending::<()>()).await;
            yield_now().await;
            Ok("a value")
        })
        .await;
        assert_eq!(texts(outcome), ["bad"]);
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn a_panic_of_a_child_is_a_failure_with_its_payload<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(|group: Group| {
            let child = group.create_task(async { std::panic::panic_any(42_u8) });
            let child: JoinHandle<Result<(), _>> = child.unwrap();
            child.detach();
            pending()
        })
        .await;
        let Err(GroupError::Failed(failures)) = outcome else { panic!("it has not failed") };
        let [Failure::Panicked(panicked)] = &failures[..] else { panic!("{failures:?}") };
        assert_eq!(panicked.take_payload().unwrap().downcast_ref::<u8>(), Some(&42));
    })
    .unwrap();
}

fn a_failure_of_the_body_stops_the_children<B: Backend>() {
    B::run(async {
        let (tally, log) = (Counter::new(), Log::new());
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let (counted, said, here) = (tally.one(), log.clone(), Signal::new());
            let parked = here.clone();
            let child = group.create_task(async move {
                let _counted = counted;
                let cancelled = catch_cancel(park(parked)).await.unwrap_err();
                sleep(5 * MS).await;
                said.say("clean");
                cancelled.resume().await
            });
            let child: JoinHandle<Result<(), _>> = child.unwrap();
            child.detach();
            here.wait().await;
            Err("body")
        })
        .await;
        assert_eq!(texts(outcome), ["body"]);
        assert_eq!((log.text().as_str(), tally.alive()), ("clean", 0));
    })
    .unwrap();
}

fn a_panic_of_the_body_goes_on_when_the_children_have_ended<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let owner = create_task(async move {
            let outcome: Outcome<()> = task_group(async move |group: Group| {
                let here = Signal::new();
                let told = here.clone();
                let child = group.create_task(async move {
                    told.set();
                    let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
                    sleep(5 * MS).await;
                    said.say("clean");
                    cancelled.resume().await
                });
                let child: JoinHandle<Result<(), _>> = child.unwrap();
                child.detach();
                here.wait().await;
                panic!("body")
            })
            .await;
            drop(outcome);
        });
        let Err(TaskError::Panicked(panicked)) = owner.await else { panic!("no panic") };
        assert_eq!(panicked.text(), "body");
        assert_eq!(log.text(), "clean");
    })
    .unwrap();
}

fn failures_while_shutting_down_are_kept_the_bodys_last<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let here = Signal::new();
            let parked = here.clone();
            let child = group.create_task(async move {
                let _ = catch_cancel(park(parked)).await;
                sleep(5 * MS).await;
                Err::<(), _>("late")
            });
            child.unwrap().detach();
            here.wait().await;
            group.create_task(async { Err::<(), _>("first") }).unwrap().detach();
            let _ = catch_cancel(pending::<()>()).await;
            Err("body")
        })
        .await;
        assert_eq!(texts(outcome), ["first", "late", "body"]);
    })
    .unwrap();
}

fn a_child_that_is_cancelled_is_no_failure<B: Backend>() {
    B::run(async {
        let outcome: Outcome<_> = task_group(async |group: Group| {
            let child = group.create_task(pending::<Result<(), _>>()).unwrap();
            child.cancel();
            wait([&child]).await;
            assert!(child.cancelled() && group.is_open());
            let other = group.create_task(async { Ok(1) }).unwrap();
            Ok(other.await.unwrap().unwrap())
        })
        .await;
        assert_eq!(outcome.unwrap(), 1);
    })
    .unwrap();
}

fn a_body_that_awaits_a_cancelled_child_goes_on<B: Backend>() {
    B::run(async {
        let outcome: Outcome<_> = task_group(async |group: Group| {
            let child = group.create_task(pending::<Result<(), _>>()).unwrap();
            child.cancel();
            Ok(matches!(child.await, Err(TaskError::Cancelled(_))))
        })
        .await;
        assert!(outcome.unwrap());
    })
    .unwrap();
}

fn a_child_that_refuses_gives_its_value<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let mut kept = None;
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let parked = here.clone();
            let child = group.create_task(async move {
                let _ = catch_cancel(park(parked)).await;
                yield_now().await;
                Ok("refused")
            });
            kept = Some(child.unwrap());
            here.wait().await;
            Err("body")
        })
        .await;
        assert_eq!(texts(outcome), ["body"]);
        assert_eq!(kept.unwrap().await.unwrap().unwrap(), "refused");
    })
    .unwrap();
}

/// R4 would make such a child end cancelled, and its error be lost.
fn an_error_of_a_child_that_was_asked_is_kept<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(|group: Group| {
            let child = group.create_task(async {
                assert!(current_task().unwrap().cancel());
                Err::<(), _>("kept")
            });
            child.unwrap().detach();
            pending()
        })
        .await;
        assert_eq!(texts(outcome), ["kept"]);
    })
    .unwrap();
}

fn an_error_in_the_clean_up_of_a_child_is_kept<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(async |group: Group| {
            let here = Signal::new();
            let parked = here.clone();
            let child = group.create_task(async move {
                let cancelled = catch_cancel(park(parked)).await.unwrap_err();
                drop(cancelled);
                Err::<(), _>("clean-up")
            });
            here.wait().await;
            assert!(child.unwrap().cancel());
            pending().await
        })
        .await;
        assert_eq!(texts(outcome), ["clean-up"]);
    })
    .unwrap();
}

fn nothing_of_a_failure_is_left_at_its_owner<B: Backend>() {
    B::run(async {
        for _ in 0..50 {
            let outcome: Outcome<()> = task_group(|group: Group| {
                group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
                pending()
            })
            .await;
            assert_eq!(texts(outcome), ["bad"]);
            checkpoint().await;
            let me = current_task().unwrap();
            assert_eq!((me.cancelling(), me.undelivered()), (0, None));
        }
    })
    .unwrap();
}

fn the_future_of_a_child_that_is_refused_is_dropped_by_who_would_create_it<B: Backend>() {
    static MINE: TaskLocal<u32> = TaskLocal::new();

    struct Tells;
    impl Drop for Tells {
        fn drop(&mut self) {
            let task = current_task().map(|task| task.id());
            panic!("dropped by {task:?} with {:?}", MINE.get());
        }
    }

    B::run(async {
        MINE.set(7);
        let over = task_group(async |group: Group| Ok(group)).await.unwrap();
        let tells = Tells;
        let panic = panics_from(|| {
            over.create_task(async move {
                drop(tells);
                Ok(())
            })
        });
        let me = current_task().map(|task| task.id());
        assert_eq!(panic, format!("dropped by {me:?} with Some(7)"));
    })
    .unwrap();
}

fn outside_any_task_it_panics<B: Backend>() {
    B::run(async {}).unwrap();
    let text = panics_from(|| {
        futures_lite::future::block_on(task_group(async |_: Group| Ok(()))).unwrap();
    });
    assert!(text.contains("group") && text.contains("task"), "{text}");
}

fn its_texts_tell_all_failures<B: Backend>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(async |_: Group| Err("alone")).await;
        assert_eq!(outcome.unwrap_err().to_string(), "1 failure in a task group: alone");
        let outcome: Outcome<()> = task_group(async |group: Group| {
            group.create_task(async { Err::<(), _>("one") }).unwrap().detach();
            let _ = catch_cancel(pending::<()>()).await;
            Err("two")
        })
        .await;
        let error = outcome.unwrap_err();
        assert_eq!(error.to_string(), "2 failures in a task group: one; two");
        assert_eq!(error.failures().len(), 2);
    })
    .unwrap();
}

/// Three children and a body say when they are asked, after `fails` has.
async fn order_after(
    fails: impl Future<Output = Result<(), &'static str>> + Send + 'static,
) -> Log {
    let log = Log::new();
    let outcome: Outcome<()> = task_group(async |group: Group| {
        for name in ["a", "b", "c"] {
            let child = group.create_task(says_when_asked::<Result<(), _>>(log.clone(), name));
            child.unwrap().detach();
        }
        yield_now().await;
        group.create_task(fails).unwrap().detach();
        says_when_asked(log.clone(), "body").await
    })
    .await;
    assert_eq!(texts(outcome).len(), 1);
    log
}

fn a_failure_stops_the_others_in_the_order_of_their_creation_and_then_the_body<B: Fifo>() {
    B::run(async {
        assert_eq!(order_after(async { Err("bad") }).await.text(), "a b c body");
    })
    .unwrap();
}

fn a_panic_stops_the_others_in_the_order_of_their_creation_and_then_the_body<B: Fifo>() {
    B::run(async {
        assert_eq!(order_after(async { panic!("bad") }).await.text(), "a b c body");
    })
    .unwrap();
}

fn all_failures_of_one_moment_are_kept_in_order<B: Fifo>() {
    B::run(async {
        let outcome: Outcome<()> = task_group(|group: Group| {
            for name in ["one", "two", "three"] {
                group.create_task(async move { Err::<(), _>(name) }).unwrap().detach();
            }
            let child = group.create_task(async { panic!("four") });
            let child: JoinHandle<Result<(), _>> = child.unwrap();
            child.detach();
            pending()
        })
        .await;
        assert_eq!(texts(outcome), ["one", "two", "three", "panic four"]);
    })
    .unwrap();
}

fn a_failure_as_the_body_ends_is_not_lost<B: Fifo>() {
    B::run(async {
        for hops in 0..5 {
            let outcome: Outcome<&str> = task_group(async |group: Group| {
                group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
                for _ in 0..hops {
                    yield_now().await;
                }
                Ok("value")
            })
            .await;
            assert_eq!(texts(outcome), ["bad"], "{hops}");
            let mut once = Box::pin(checkpoint());
            assert!(poll_once(&mut once).await.is_some(), "a request is left");
            assert_eq!(current_task().unwrap().cancelling(), 0, "{hops}");
        }
    })
    .unwrap();
}
