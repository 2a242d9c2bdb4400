//! R12 and R15: a timeout or a group asks the code in its own scope, and no other code of its task.

use std::future::pending;
use std::time::{Duration, Instant};

use cede::{
    Cancel, GroupError, Reason, ScopeId, Task, TaskError, TaskGroup, backend, catch_cancel,
    create_task, critical, current_task, sleep, task_group, timeout, yield_now,
};
use cede_tests::{Backend, Signal, every_backend, poll_once, waiting};
use futures::future::{join, join3};
use futures::stream::{FuturesUnordered, StreamExt};

every_backend!(
    a_timeout_leaves_other_timeouts_alone,
    a_timeout_leaves_awaited_tasks_alone,
    a_timeout_leaves_scopes_alone,
    two_timeouts_that_strike_at_once_both_tell,
    in_futures_unordered_each_timeout_strikes_for_itself,
    a_timeout_set_aside_strikes_when_it_is_polled_again,
    a_timeout_that_moved_within_its_task_strikes,
    a_timeout_strikes_inside_a_critical,
    a_timeout_in_a_critical_passes_its_request_on,
    a_critical_inside_a_timeout_holds_its_request_back,
    a_timeout_in_a_critical_does_not_let_others_in,
    a_group_leaves_awaited_tasks_alone,
    a_group_in_a_critical_stops_its_body,
    a_request_to_the_task_reaches_every_arm,
    a_scope_is_asked_by_its_name,
    a_request_for_a_scope_that_is_over_is_void,
    a_request_for_a_scope_that_is_over_does_not_reach_the_awaited_task,
);

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Instant {
    backend::ambient().unwrap().now()
}

fn a_timeout_leaves_other_timeouts_alone<B: Backend>() {
    B::run(async {
        let start = now();
        let both = join(timeout(MS, pending::<()>()), timeout(40 * MS, pending::<()>())).await;
        assert!(both.0.is_err() && both.1.is_err());
        assert!(now() - start >= 40 * MS, "the later one was interrupted by the earlier");
    })
    .unwrap();
}

/// Counted together they are two requests; each timeout counts its own.
fn two_timeouts_that_strike_at_once_both_tell<B: Backend>() {
    B::run(async {
        let arm = || timeout(MS, pending::<()>());
        let all = join3(arm(), arm(), arm()).await;
        assert!(all.0.is_err() && all.1.is_err() && all.2.is_err());
        assert_eq!(current_task().unwrap().cancelling(), 0);
        sleep(MS).await;
    })
    .unwrap();
}

fn in_futures_unordered_each_timeout_strikes_for_itself<B: Backend>() {
    B::run(async {
        let arm = |(n, limit, nap)| async move { (n, timeout(limit, sleep(nap)).await) };
        let arms = [
            (0, HOUR, 20 * MS),
            (1, 5 * MS, HOUR),
            (2, HOUR, 20 * MS),
            (3, 10 * MS, HOUR),
            (4, 5 * MS, HOUR),
        ];
        let mut arms: FuturesUnordered<_> = arms.into_iter().map(arm).collect();
        let mut struck = Vec::new();
        let mut slept = Vec::new();
        while let Some((n, outcome)) = arms.next().await {
            if outcome.is_err() { &mut struck } else { &mut slept }.push(n);
        }
        struck.sort_unstable();
        slept.sort_unstable();
        assert_eq!((struck, slept), (vec![1, 3, 4], vec![0, 2]));
    })
    .unwrap();
}

fn a_timeout_set_aside_strikes_when_it_is_polled_again<B: Backend>() {
    B::run(async {
        let mut aside = Box::pin(timeout(MS, pending::<()>()));
        assert!(poll_once(&mut aside).await.is_none());
        // It is due in the middle of this, which is none of its business.
        sleep(10 * MS).await;
        assert!(aside.await.is_err());
    })
    .unwrap();
}

fn a_timeout_that_moved_within_its_task_strikes<B: Backend>() {
    B::run(async {
        let mut moves = Box::pin(timeout(5 * MS, pending::<()>()));
        assert!(poll_once(&mut moves).await.is_none());
        let outcome = catch_cancel(async { timeout(HOUR, moves).await.unwrap() }).await;
        assert!(outcome.unwrap().is_err());
    })
    .unwrap();
}

/// A critical keeps out what comes from outside it. The timeout is inside.
fn a_timeout_strikes_inside_a_critical<B: Backend>() {
    B::run(async {
        let outcome = critical(timeout(MS, pending::<()>())).await;
        assert!(outcome.is_err());
        let outcome = critical(timeout(MS, catch_cancel(pending::<()>()))).await;
        let caught = outcome.unwrap().unwrap_err();
        assert_eq!(caught.reason(), Reason::Timeout);
    })
    .unwrap();
}

fn a_timeout_in_a_critical_passes_its_request_on<B: Backend>() {
    B::run(async {
        let other = create_task(pending::<()>());
        let waits = other.task_ref();
        assert!(critical(timeout(MS, waits)).await.is_err());
        assert!(other.cancelled());
    })
    .unwrap();
}

fn a_critical_inside_a_timeout_holds_its_request_back<B: Backend>() {
    B::run(async {
        let start = now();
        let outcome = timeout(MS, async {
            critical(sleep(10 * MS)).await;
            pending::<()>().await;
        });
        assert!(outcome.await.is_err());
        assert!(now() - start >= 10 * MS, "the critical was torn");
    })
    .unwrap();
}

fn a_timeout_in_a_critical_does_not_let_others_in<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            let body = critical(async {
                let struck = timeout(5 * MS, async {
                    told.set();
                    pending::<()>().await;
                });
                assert!(struck.await.is_err());
                sleep(5 * MS).await;
                "whole"
            });
            assert_eq!(body.await, "whole");
            pending::<()>().await;
        });
        here.wait().await;
        assert!(task.cancel_with("from outside"));
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("from outside"));
    })
    .unwrap();
}

fn a_timeout_leaves_awaited_tasks_alone<B: Backend>() {
    B::run(async {
        let one = create_task(async {
            sleep(40 * MS).await;
            "one"
        });
        let other = create_task(pending::<()>());
        let both = create_task(async move { join(one.into_future(), timeout(MS, other)).await });
        let (one, other) = both.await.unwrap();
        assert!(other.is_err());
        assert_eq!(one.unwrap(), "one");
    })
    .unwrap();
}

fn a_timeout_leaves_scopes_alone<B: Backend>() {
    B::run(async {
        let both = join(timeout(MS, pending::<()>()), catch_cancel(sleep(40 * MS))).await;
        assert!(both.0.is_err());
        assert!(both.1.is_ok(), "a request for another arm struck here");
    })
    .unwrap();
}

fn a_group_leaves_awaited_tasks_alone<B: Backend>() {
    B::run(async {
        let other = create_task(async {
            for _ in 0..20 {
                yield_now().await;
            }
            "other"
        });
        let both = create_task(async move {
            let failing = task_group(|group: TaskGroup<&'static str>| {
                group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
                pending::<Result<(), _>>()
            });
            join(failing, other.into_future()).await
        });
        let (group, other) = both.await.unwrap();
        assert!(matches!(group, Err(GroupError::Failed(_))));
        assert_eq!(other.unwrap(), "other");
    })
    .unwrap();
}

fn a_group_in_a_critical_stops_its_body<B: Backend>() {
    B::run(async {
        let failing = critical(task_group(|group: TaskGroup<&'static str>| {
            group.create_task(async { Err::<(), _>("bad") }).unwrap().detach();
            pending::<Result<(), _>>()
        }));
        assert_eq!(failing.await.unwrap_err().failures().len(), 1);
    })
    .unwrap();
}

fn a_request_to_the_task_reaches_every_arm<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            let one = timeout(HOUR, catch_cancel(pending::<()>()));
            let other = catch_cancel(async {
                told.set();
                pending::<()>().await;
            });
            let (one, other) = join(one, other).await;
            assert!(one.unwrap().is_err() && other.is_err());
        });
        here.wait().await;
        assert!(task.cancel());
        task.await.unwrap();
    })
    .unwrap();
}

fn a_scope_is_asked_by_its_name<B: Backend>() {
    B::run(async {
        let (task, id) = (current_task().unwrap(), ScopeId::new());
        let asks = async {
            yield_now().await;
            let at = std::panic::Location::caller();
            let request = task.interrupt(id, Reason::Request, at).unwrap();
            assert_eq!(request.location(), at);
            sleep(MS).await;
            request
        };
        let inner = catch_cancel(catch_cancel(pending::<()>()));
        let (request, asked) = join(asks, catch_cancel(inner).named(id)).await;
        let caught = asked.unwrap().unwrap().unwrap_err();
        assert_eq!(caught, request, "the innermost scope in it got it");
        task.take_back(&request);
        assert_eq!(task.cancelling(), 0);
    })
    .unwrap();
}

fn a_request_for_a_scope_that_is_over_is_void<B: Backend>() {
    B::run(async {
        let (task, id) = (current_task().unwrap(), ScopeId::new());
        catch_cancel(yield_now()).named(id).await.unwrap();
        let request = task.interrupt(id, Reason::Request, std::panic::Location::caller()).unwrap();
        yield_now().await;
        sleep(MS).await;
        assert_eq!(task.cancelling(), 1, "until it is taken back");
        task.take_back(&request);
        assert_eq!(task.cancelling(), 0);
    })
    .unwrap();
}

fn a_request_for_a_scope_that_is_over_does_not_reach_the_awaited_task<B: Backend>() {
    B::run(async {
        let (go, here, over) = (Signal::new(), Signal::new(), ScopeId::new());
        let awaited = create_task(go.wait());
        let (other, told) = (awaited.task_ref(), here.clone());
        let task = create_task(async move {
            catch_cancel(yield_now()).named(over).await.unwrap();
            waiting(told, awaited).await.unwrap();
        });
        here.wait().await;
        let task_ref = task.task_ref();
        let asked = task_ref.interrupt(over, Reason::Request, std::panic::Location::caller());
        assert!(asked.is_some());
        assert_eq!(other.cancelling(), 0);
        go.set();
        task.await.unwrap();
    })
    .unwrap();
}
