//! R12: requests and deadlines at the same moment, and timeouts that are moved: nothing from outside is swallowed, and nothing is left behind.

use std::future::pending;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use cede::{
    Cancel, JoinHandle, Reason, Task, TaskError, TaskRef, TimeoutScope, backend, catch_cancel,
    checkpoint, create_task, current_task, sleep_until, timeout, timeout_at, yield_now,
};
use cede_tests::{Backend, Fifo, Log, Signal, every_backend, fifo_backends, poll_once};

every_backend!(
    a_request_that_was_there_before_goes_on_outwards,
    a_timeout_can_be_put_off,
    a_timeout_can_be_brought_forward,
    a_timeout_can_be_called_off,
    one_that_has_struck_can_not_be_moved,
    one_that_is_not_under_way_can_not_be_moved,
    moved_often_it_strikes_once,
    it_serves_once,
    a_clone_that_goes_changes_nothing,
    it_can_be_moved_from_another_task,
    it_can_be_moved_from_another_thread,
);
fifo_backends!(
    a_request_that_a_scope_set_aside_was_to_meet_is_not_swallowed,
    a_request_just_before_the_deadline_is_not_swallowed,
    a_request_just_after_the_deadline_is_not_swallowed,
    two_requests_around_the_deadline_are_not_swallowed,
    of_nested_ones_none_swallows_a_request_at_the_same_moment,
    a_request_at_the_moment_in_the_clean_up_is_not_swallowed,
    a_request_that_was_there_before_and_meets_the_deadline_is_not_swallowed,
    one_that_is_moved_to_the_past_strikes_when_what_is_ready_has_run,
    one_that_is_due_and_is_moved_does_not_strike,
);

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Instant {
    backend::ambient().unwrap().now()
}

/// Awaits `task`, which must have been cancelled by `message`, and by nothing else.
async fn ends_by(task: JoinHandle<()>, message: &str) {
    match task.await {
        Err(TaskError::Cancelled(cancelled)) => {
            assert_eq!((cancelled.message(), cancelled.reason()), (Some(message), Reason::Request));
        }
        other => panic!("a request was swallowed: {other:?}"),
    }
}

/// A task in a timeout that strikes at `deadline`.
fn victim(deadline: Instant, log: &Log) -> JoinHandle<()> {
    let said = log.clone();
    create_task(async move {
        let outcome = timeout_at(deadline, pending::<()>()).await;
        said.say(format!("{outcome:?}"));
    })
}

/// Asks a task to stop when it is woken.
struct Asks(TaskRef);

impl Wake for Asks {
    fn wake(self: Arc<Self>) {
        assert!(self.0.cancel_with("at the moment"));
    }
}

/// Asks `task` to stop at `deadline`, from a timer: so no other task runs between that and what is due before it.
fn asks_at(deadline: Instant, task: &impl Task) {
    let waker = Waker::from(Arc::new(Asks(task.task_ref())));
    backend::ambient().unwrap().wake_at(deadline, waker);
}

fn a_request_just_before_the_deadline_is_not_swallowed<B: Fifo>() {
    B::run(async {
        let (deadline, log) = (now() + 5 * MS, Log::new());
        let task = victim(deadline, &log);
        // Its own timer does not run yet.
        asks_at(deadline, &task);
        ends_by(task, "at the moment").await;
        assert_eq!(log.text(), "");
    })
    .unwrap();
}

fn a_request_just_after_the_deadline_is_not_swallowed<B: Fifo>() {
    B::run(async {
        let (deadline, log) = (now() + 5 * MS, Log::new());
        let task = victim(deadline, &log);
        yield_now().await;
        asks_at(deadline, &task);
        // The timeout has struck, and the task has not run since.
        let Err(TaskError::Cancelled(cancelled)) = (&task).await else {
            panic!("a request was swallowed: {}", log.text())
        };
        assert!(cancelled.requests().any(|request| request.message() == Some("at the moment")));
        assert_eq!(task.cancelling(), 1, "but for the timeout's own");
    })
    .unwrap();
}

fn two_requests_around_the_deadline_are_not_swallowed<B: Fifo>() {
    B::run(async {
        let (deadline, log) = (now() + 5 * MS, Log::new());
        let mut first = sleep_until(deadline);
        assert!(poll_once(&mut first).await.is_none());
        let task = victim(deadline, &log);
        yield_now().await;
        asks_at(deadline, &task);
        first.await;
        assert!(task.cancel_with("1"));
        assert!((&task).await.is_err());
        assert_eq!(log.text(), "");
        assert_eq!(task.cancelling(), 2, "but for the timeout's own");
    })
    .unwrap();
}

fn of_nested_ones_none_swallows_a_request_at_the_same_moment<B: Fifo>() {
    for before in [true, false] {
        B::run(async move {
            let (deadline, log) = (now() + 5 * MS, Log::new());
            let (here, said) = (Signal::new(), log.clone());
            let told = here.clone();
            let task = create_task(async move {
                if before {
                    // So that the timer of who asks comes before those of the timeouts.
                    told.wait().await;
                }
                let outcome = timeout_at(deadline, async {
                    let inner = timeout_at(deadline, pending::<()>()).await;
                    said.say(format!("inner {inner:?}"));
                });
                let outcome = outcome.await;
                said.say(format!("outer {outcome:?}"));
            });
            yield_now().await;
            asks_at(deadline, &task);
            here.set();
            assert!((&task).await.is_err(), "{before}: a request was swallowed: {}", log.text());
            assert_eq!(log.text(), "");
            assert_eq!(task.cancelling(), 1, "but for the timeouts' own");
        })
        .unwrap();
    }
}

fn a_request_at_the_moment_in_the_clean_up_is_not_swallowed<B: Fifo>() {
    B::run(async {
        let (cleaning, log) = (Signal::new(), Log::new());
        let (told, said) = (cleaning.clone(), log.clone());
        let task = create_task(async move {
            let outcome = timeout(MS, async move {
                let first = catch_cancel(pending::<()>()).await.unwrap_err();
                told.set();
                let second = catch_cancel(pending::<()>()).await.unwrap_err();
                said.say(format!("{:?} {:?}", first.reason(), second.message()));
                first.resume().await;
            });
            let outcome: Result<(), _> = outcome.await;
            panic!("a request was swallowed: {outcome:?}");
        });
        cleaning.wait().await;
        assert!(task.cancel_with("m"));
        let outcome: Result<(), _> = task.await;
        assert!(matches!(outcome, Err(TaskError::Cancelled(_))), "{outcome:?}");
        assert_eq!(log.text(), "Timeout Some(\"m\")");
    })
    .unwrap();
}

/// Asks the current task to stop, from outside any task.
fn asked_from_outside() {
    let me = current_task().unwrap();
    let asked = thread::spawn(move || me.cancel_with("from outside")).join();
    assert!(asked.unwrap());
}

fn a_request_that_was_there_before_goes_on_outwards<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            asked_from_outside();
            let outcome = timeout(HOUR, pending::<()>()).await;
            panic!("a request was swallowed: {outcome:?}");
        });
        ends_by(task, "from outside").await;
    })
    .unwrap();
}

fn a_request_that_was_there_before_and_meets_the_deadline_is_not_swallowed<B: Fifo>() {
    B::run(async {
        let task = create_task(async {
            asked_from_outside();
            let outcome = timeout(Duration::ZERO, pending::<()>()).await;
            panic!("a request was swallowed: {outcome:?}");
        });
        ends_by(task, "from outside").await;
        let task = create_task(async {
            asked_from_outside();
            let outcome = timeout(Duration::ZERO, timeout(Duration::ZERO, pending::<()>())).await;
            panic!("a request was swallowed: {outcome:?}");
        });
        ends_by(task, "from outside").await;
    })
    .unwrap();
}

fn a_timeout_can_be_put_off<B: Backend>() {
    B::run(async {
        let (scope, start, mut least) = (TimeoutScope::after(10 * MS), now(), 10 * MS);
        let outcome = scope
            .run(async {
                assert!(scope.when().unwrap() >= start + least);
                let later = now() + 50 * MS;
                if scope.reschedule(Some(later)).is_ok() {
                    assert_eq!(scope.when(), Some(later));
                    least = 50 * MS;
                } else {
                    assert!(scope.expired() && now() - start >= least, "it was not too late");
                }
                pending::<()>().await;
            })
            .await;
        assert!(outcome.is_err() && scope.expired());
        assert!(now() - start >= least);
        assert!(scope.when().is_some(), "it still says when it struck");
    })
    .unwrap();
}

fn a_timeout_can_be_brought_forward<B: Backend>() {
    B::run(async {
        let (scope, start) = (TimeoutScope::after(HOUR), now());
        assert_eq!(scope.when(), None, "its code has not begun");
        let outcome = scope
            .run(async {
                scope.reschedule(Some(now() + MS)).unwrap();
                pending::<()>().await;
            })
            .await;
        assert!(outcome.is_err());
        assert!(now() - start < HOUR);
    })
    .unwrap();
}

fn a_timeout_can_be_called_off<B: Backend>() {
    B::run(async {
        let (scope, start, mut in_time) = (TimeoutScope::after(MS), now(), false);
        let outcome = scope
            .run(async {
                in_time = scope.reschedule(None).is_ok();
                assert!(in_time || now() - start >= MS, "it was not too late");
                assert_eq!(scope.when().is_none(), in_time);
                assert_eq!(scope.expired(), !in_time);
                sleep_until(now() + 20 * MS).await;
            })
            .await;
        assert_eq!(outcome.is_ok(), in_time);
        assert_eq!(scope.expired(), !in_time);
    })
    .unwrap();
}

fn one_that_has_struck_can_not_be_moved<B: Backend>() {
    B::run(async {
        let scope = TimeoutScope::never();
        let outcome = scope
            .run(async {
                assert!(!scope.expired());
                scope.reschedule(Some(now() + MS)).unwrap();
                let caught = catch_cancel(pending::<()>()).await;
                assert!(scope.expired());
                assert!(scope.reschedule(Some(now() + HOUR)).is_err());
                caught.unwrap_err().resume().await;
            })
            .await;
        let outcome: Result<(), _> = outcome;
        assert!(outcome.is_err() && scope.expired());
    })
    .unwrap();
}

fn one_that_is_not_under_way_can_not_be_moved<B: Backend>() {
    B::run(async {
        let scope = TimeoutScope::after(HOUR);
        assert!(scope.reschedule(None).is_err());
        scope.run(yield_now()).await.unwrap();
        assert!(scope.reschedule(None).is_err());
        assert!(!scope.expired());
        // Dropped half way, it is over as well.
        let scope = TimeoutScope::after(HOUR);
        let mut half = Box::pin(scope.run(pending::<()>()));
        assert!(poll_once(&mut half).await.is_none());
        assert!(scope.reschedule(None).is_ok());
        drop(half);
        assert!(scope.reschedule(None).is_err());
    })
    .unwrap();
}

fn moved_often_it_strikes_once<B: Backend>() {
    B::run(async {
        let (scope, start) = (TimeoutScope::never(), now());
        let outcome = scope
            .run(async {
                scope.reschedule(Some(now() + MS)).unwrap();
                for n in 0..100 {
                    if scope.reschedule(Some(now() + MS * (1 + n % 3))).is_err() {
                        assert!(scope.expired() && now() - start >= MS, "it was not too late");
                    }
                }
                let first = catch_cancel(pending::<()>()).await.unwrap_err();
                let again = catch_cancel(sleep_until(now() + 20 * MS)).await;
                assert!(again.is_ok(), "it struck twice");
                assert_eq!(current_task().unwrap().cancelling(), 1);
                first.resume().await;
            })
            .await;
        let outcome: Result<(), _> = outcome;
        assert!(outcome.is_err());
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn it_serves_once<B: Backend>() {
    B::run(async {
        let scope = TimeoutScope::never();
        scope.run(async {}).await.unwrap();
        let again = create_task(async move { scope.run(async {}).await });
        let Err(TaskError::Panicked(panicked)) = again.await else { panic!("it ran again") };
        assert!(panicked.text().contains("serves once"), "{panicked}");
    })
    .unwrap();
}

fn a_clone_that_goes_changes_nothing<B: Backend>() {
    B::run(async {
        let scope = TimeoutScope::after(MS);
        let other = scope.clone();
        let outcome = scope
            .run(async move {
                drop(other);
                pending::<()>().await;
            })
            .await;
        assert!(outcome.is_err());
        // The other way round: the clone tells of what was.
        let other = scope.clone();
        drop(scope);
        assert!(other.expired());
    })
    .unwrap();
}

fn it_can_be_moved_from_another_task<B: Backend>() {
    B::run(async {
        let (scope, here) = (TimeoutScope::never(), Signal::new());
        let (inner, parked) = (scope.clone(), here.clone());
        let task = create_task(async move { inner.run(cede_tests::park(parked)).await });
        here.wait().await;
        scope.reschedule(Some(now() + MS)).unwrap();
        assert!(task.await.unwrap().is_err());
    })
    .unwrap();
}

fn it_can_be_moved_from_another_thread<B: Backend>() {
    B::run_real(async {
        let (scope, here) = (TimeoutScope::never(), Signal::new());
        let (inner, parked) = (scope.clone(), here.clone());
        let task = create_task(async move { inner.run(cede_tests::park(parked)).await });
        here.wait().await;
        let now = now();
        let moved = thread::spawn(move || scope.reschedule(Some(now)));
        assert!(task.await.unwrap().is_err());
        assert!(moved.join().unwrap().is_ok());
    })
    .unwrap();
}

fn one_that_is_moved_to_the_past_strikes_when_what_is_ready_has_run<B: Fifo>() {
    B::run(async {
        let (scope, log) = (TimeoutScope::never(), Log::new());
        let said = log.clone();
        drop(create_task(async move { said.say("ready") }));
        let outcome = scope
            .run(async {
                scope.reschedule(Some(now())).unwrap();
                log.say("moved");
                let caught = catch_cancel(pending::<()>()).await;
                log.say("struck");
                caught.unwrap_err().resume().await;
            })
            .await;
        let outcome: Result<(), _> = outcome;
        assert!(outcome.is_err());
        assert_eq!(log.text(), "moved ready struck");
    })
    .unwrap();
}

/// It is in the queue already, and can't be taken back; it does nothing.
fn one_that_is_due_and_is_moved_does_not_strike<B: Fifo>() {
    B::run(async {
        let scope = TimeoutScope::never();
        let outcome = scope
            .run(async {
                scope.reschedule(Some(now())).unwrap();
                scope.reschedule(Some(now() + 20 * MS)).unwrap();
                for _ in 0..5 {
                    checkpoint().await;
                }
                "in time"
            })
            .await;
        assert_eq!(outcome, Ok("in time"));
    })
    .unwrap();
}

/// A scope that was polled once and is not being awaited is thrown at, and the request goes on to where the task is; on that way, too, it counts
/// as one that was there before.
fn a_request_that_a_scope_set_aside_was_to_meet_is_not_swallowed<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            let mut aside = Box::pin(catch_cancel(pending::<()>()));
            assert!(poll_once(&mut aside).await.is_none());
            told.set();
            yield_now().await;
            let outcome = timeout(Duration::ZERO, pending::<()>()).await;
            panic!("a request was swallowed: {outcome:?}");
        });
        here.wait().await;
        assert!(task.cancel_with("from another task"));
        ends_by(task, "from another task").await;
    })
    .unwrap();
}
