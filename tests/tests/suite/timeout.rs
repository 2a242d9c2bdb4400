//! R12: `timeout`: a deadline around a piece of code, which is asked to stop, and may clean up.

use std::future::{pending, ready};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::{Duration, Instant};

use cede::{
    Cancel, Reason, Task, TaskError, TimeoutScope, backend, catch_cancel, checkpoint, create_task,
    critical, current_task, shield, sleep, sleep_until, timeout, timeout_at, wait, yield_now,
};
use cede_tests::{
    Backend, Fifo, Log, Signal, every_backend, fifo_backends, panics_from, park, poll_once,
};
use futures::future::{FutureExt, join, select};

every_backend!(
    in_one_arm_of_a_join_it_lets_the_task_end,
    code_in_time_gives_its_value,
    at_the_deadline_it_is_elapsed,
    a_deadline_is_by_the_backends_clock,
    the_code_is_told_that_it_was_a_timeout,
    clean_up_awaits_before_it_is_elapsed,
    code_that_refuses_gives_its_value,
    a_task_that_the_code_awaits_is_asked_and_has_ended,
    a_shielded_task_runs_on,
    a_request_from_outside_goes_on_outwards,
    what_comes_out_of_it_can_be_caught_around_it,
    a_critical_inside_is_not_torn,
    a_panic_inside_is_a_panic,
    code_that_has_panicked_is_over_though_its_future_is_kept,
    a_timeout_for_ever_does_not_strike,
    of_two_that_nest_the_earlier_reports,
    a_timeout_around_an_earlier_one_goes_on,
    many_in_a_row_leave_no_request,
    dropped_half_way_it_leaves_no_timer_and_no_request,
    outside_any_task_it_panics,
    its_texts_say_what_happened,
);
fifo_backends!(
    a_deadline_that_has_passed_strikes_at_the_first_await,
    zero_lets_code_that_does_not_suspend_pass,
    of_those_that_strike_together_the_outermost_reports,
    an_inner_one_that_is_still_cleaning_up_is_struck_by_the_outer,
);

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Instant {
    backend::ambient().unwrap().now()
}

fn code_in_time_gives_its_value<B: Backend>() {
    B::run(async {
        let start = now();
        assert_eq!(timeout(HOUR, ready(1)).await, Ok(1));
        let slept = timeout(HOUR, async {
            sleep(MS).await;
            2
        });
        assert_eq!(slept.await, Ok(2));
        sleep(MS).await;
        assert!(now() - start < HOUR, "its timer is still there");
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn at_the_deadline_it_is_elapsed<B: Backend>() {
    B::run(async {
        let start = now();
        assert!(timeout(5 * MS, pending::<()>()).await.is_err());
        assert!(now() - start >= 5 * MS);
        let start = now();
        assert!(timeout_at(start + 5 * MS, sleep(HOUR)).await.is_err());
        assert!(now() >= start + 5 * MS && now() < start + HOUR);
        // Nothing of it is left.
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn a_deadline_is_by_the_backends_clock<B: Backend>() {
    B::run(async {
        let deadline = now() + 5 * MS;
        let scope = TimeoutScope::at(deadline);
        assert_eq!(scope.when(), Some(deadline));
        assert!(scope.run(pending::<()>()).await.is_err());
        assert!(now() >= deadline);
    })
    .unwrap();
}

fn the_code_is_told_that_it_was_a_timeout<B: Backend>() {
    B::run(async {
        let told = timeout(MS, async {
            let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
            assert_eq!(cancelled.reason(), Reason::Timeout);
            assert_eq!((cancelled.message(), cancelled.requested_by()), (None, None));
            assert_eq!(current_task().unwrap().cancelling(), 1);
            cancelled.resume().await;
        });
        let told: Result<(), _> = told.await;
        assert!(told.is_err());
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn clean_up_awaits_before_it_is_elapsed<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let outcome = timeout(MS, async {
            let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
            sleep(20 * MS).await;
            log.say("clean");
            cancelled.resume().await;
        });
        let start = now();
        let outcome: Result<(), _> = outcome.await;
        log.say("elapsed");
        assert!(outcome.is_err() && now() - start >= 21 * MS);
        assert_eq!(log.text(), "clean elapsed");
    })
    .unwrap();
}

fn code_that_refuses_gives_its_value<B: Backend>() {
    B::run(async {
        let scope = TimeoutScope::after(MS);
        let outcome = scope
            .run(async {
                let caught = catch_cancel(pending::<()>()).await;
                yield_now().await;
                caught.is_err()
            })
            .await;
        assert_eq!(outcome, Ok(true));
        assert!(scope.expired());
        assert_eq!(current_task().unwrap().cancelling(), 0);
        checkpoint().await;
    })
    .unwrap();
}

fn a_task_that_the_code_awaits_is_asked_and_has_ended<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            said.say(format!("{:?}", cancelled.reason()));
            sleep(5 * MS).await;
            cancelled.resume().await;
        });
        let task: cede::JoinHandle<()> = task;
        here.wait().await;
        assert!(timeout(MS, &task).await.is_err());
        assert!(task.cancelled());
        assert_eq!(log.text(), "Timeout");
    })
    .unwrap();
}

fn a_shielded_task_runs_on<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let task = create_task(async move {
            gone.wait().await;
            "saved"
        });
        assert!(timeout(MS, shield(&task)).await.is_err());
        go.set();
        assert_eq!(task.await.unwrap(), "saved");
    })
    .unwrap();
}

fn a_request_from_outside_goes_on_outwards<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let outcome = timeout(HOUR, park(parked)).await;
            said.say(format!("not reached: {outcome:?}"));
        });
        here.wait().await;
        let start = now();
        assert!(task.cancel_with("from outside"));
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("from outside"));
        assert_eq!(log.text(), "");
        assert!(now() - start < HOUR);
    })
    .unwrap();
}

fn what_comes_out_of_it_can_be_caught_around_it<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let caught = catch_cancel(timeout(HOUR, park(parked))).await;
            caught.unwrap_err().message().map(str::to_owned)
        });
        here.wait().await;
        assert!(task.cancel_with("m"));
        assert_eq!(task.await.unwrap().as_deref(), Some("m"));
        // Its own request can't: outside it there is only the error.
        let caught = catch_cancel(timeout(MS, pending::<()>())).await;
        assert!(caught.unwrap().is_err());
    })
    .unwrap();
}

fn a_critical_inside_is_not_torn<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let outcome = timeout(MS, async {
            critical(async {
                sleep(10 * MS).await;
                log.say("whole");
            })
            .await;
            pending::<()>().await;
        });
        assert!(outcome.await.is_err());
        assert_eq!(log.text(), "whole");
        // With no await after the critical, the value counts, and nothing is left behind.
        let outcome = timeout(MS, critical(sleep(10 * MS))).await;
        assert_eq!(outcome, Ok(()));
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn a_panic_inside_is_a_panic<B: Backend>() {
    B::run(async {
        let task = create_task(timeout(HOUR, async {
            yield_now().await;
            panic!("inside");
        }));
        let task: cede::JoinHandle<Result<(), _>> = task;
        assert!(matches!(task.await, Err(TaskError::Panicked(_))));
    })
    .unwrap();
}

fn code_that_has_panicked_is_over_though_its_future_is_kept<B: Backend>() {
    B::run(async {
        let scope = TimeoutScope::after(MS);
        let mut code = pin!(scope.run(async { panic!("inside") }));
        let outcome: Result<Result<(), _>, _> =
            AssertUnwindSafe(code.as_mut()).catch_unwind().await;
        assert!(outcome.is_err());
        assert!(scope.reschedule(None).is_err());
        sleep(2 * MS).await;
        assert!(!scope.expired());
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn a_timeout_for_ever_does_not_strike<B: Backend>() {
    B::run(async {
        assert_eq!(timeout(Duration::MAX, sleep(5 * MS)).await, Ok(()));
        assert_eq!(TimeoutScope::never().run(sleep(5 * MS)).await, Ok(()));
    })
    .unwrap();
}

fn of_two_that_nest_the_earlier_reports<B: Backend>() {
    B::run(async {
        let (outer, inner) = (TimeoutScope::after(HOUR), TimeoutScope::after(MS));
        let outcome = outer.run(async { inner.run(pending::<()>()).await.is_err() }).await;
        assert_eq!(outcome, Ok(true));
        assert_eq!((outer.expired(), inner.expired()), (false, true));
        let (outer, inner) = (TimeoutScope::after(MS), TimeoutScope::after(HOUR));
        let outcome = outer.run(async { inner.run(pending::<()>()).await.is_err() }).await;
        assert!(outcome.is_err());
        assert_eq!((outer.expired(), inner.expired()), (true, false));
    })
    .unwrap();
}

fn a_timeout_around_an_earlier_one_goes_on<B: Backend>() {
    B::run(async {
        let (log, scope) = (Log::new(), TimeoutScope::after(HOUR));
        let outcome = scope.run(async {
            assert!(timeout(MS, pending::<()>()).await.is_err());
            log.say("inner");
            sleep(MS).await;
            log.say("on");
            scope.reschedule(Some(now() + MS)).unwrap();
            pending::<()>().await;
        });
        assert!(outcome.await.is_err());
        assert_eq!(log.text(), "inner on");
    })
    .unwrap();
}

fn many_in_a_row_leave_no_request<B: Backend>() {
    B::run(async {
        for n in 0..200_u32 {
            let (limit, nap) = if n % 2 == 0 { (HOUR, MS / 10) } else { (MS / 10, HOUR) };
            let in_time = timeout(limit, sleep(nap)).await.is_ok();
            assert_eq!(in_time, n % 2 == 0);
            assert_eq!(current_task().unwrap().cancelling(), 0);
        }
    })
    .unwrap();
}

fn dropped_half_way_it_leaves_no_timer_and_no_request<B: Backend>() {
    B::run(async {
        let start = now();
        let mut half = Box::pin(timeout(HOUR, pending::<()>()));
        assert!(poll_once(&mut half).await.is_none());
        drop(half);
        let mut half = Box::pin(timeout(5 * MS, pending::<()>()));
        assert!(poll_once(&mut half).await.is_none());
        drop(half);
        sleep(20 * MS).await;
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
        assert!(now() - start < HOUR);
        // Never polled, it is nothing at all.
        drop(timeout(MS, pending::<()>()));
        // When it is dropped, the one that was faster may have run at the very moment at which it struck.
        for _ in 0..20 {
            let deadline = now() + MS;
            let first = Box::pin(sleep_until(deadline));
            drop(select(first, Box::pin(timeout_at(deadline, pending::<()>()))).await);
            checkpoint().await;
            assert_eq!(current_task().unwrap().cancelling(), 0);
        }
    })
    .unwrap();
}

fn outside_any_task_it_panics<B: Backend>() {
    B::run(async {}).unwrap();
    let text = panics_from(|| futures_lite::future::block_on(timeout(MS, pending::<()>())));
    assert!(text.contains("timeout") && text.contains("task"), "{text}");
}

fn its_texts_say_what_happened<B: Backend>() {
    B::run(async {
        let elapsed = timeout(MS, pending::<()>()).await.unwrap_err();
        assert_eq!(elapsed.to_string(), "the deadline passed before the code had ended");
        let inactive = TimeoutScope::never().reschedule(None).unwrap_err();
        assert!(inactive.to_string().contains("not under way"));
    })
    .unwrap();
}

fn a_deadline_that_has_passed_strikes_at_the_first_await<B: Fifo>() {
    B::run(async {
        let (start, log) = (now(), Log::new());
        sleep(MS).await;
        let outcome = timeout_at(start, async {
            log.say("begins");
            sleep(MS).await;
            log.say("not reached");
        });
        assert!(outcome.await.is_err());
        assert_eq!(log.text(), "begins");
    })
    .unwrap();
}

fn zero_lets_code_that_does_not_suspend_pass<B: Fifo>() {
    B::run(async {
        assert_eq!(timeout(Duration::ZERO, ready(1)).await, Ok(1));
        checkpoint().await;
        assert_eq!(current_task().unwrap().cancelling(), 0);
        assert!(timeout(Duration::ZERO, sleep(MS)).await.is_err());
    })
    .unwrap();
}

fn of_those_that_strike_together_the_outermost_reports<B: Fifo>() {
    B::run(async {
        let scopes: Vec<_> = (0..3).map(|_| TimeoutScope::at(now() + 5 * MS)).collect();
        let log = Log::new();
        let outcome = scopes[0]
            .run(async {
                let middle = scopes[1].run(async {
                    let inner = scopes[2].run(pending::<()>()).await;
                    log.say(format!("inner {}", inner.is_err()));
                });
                let middle = middle.await;
                log.say(format!("middle {}", middle.is_err()));
            })
            .await;
        assert!(outcome.is_err());
        assert_eq!(log.text(), "");
        assert!(scopes.iter().all(TimeoutScope::expired));
        assert_eq!(current_task().unwrap().cancelling(), 0);
        checkpoint().await;
    })
    .unwrap();
}

fn an_inner_one_that_is_still_cleaning_up_is_struck_by_the_outer<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        let outcome = timeout(10 * MS, async {
            let inner = timeout(MS, async {
                let first = catch_cancel(pending::<()>()).await.unwrap_err();
                log.say("cleaning");
                sleep(HOUR).await;
                log.say("not cleaned");
                first.resume().await;
            });
            let inner: Result<(), _> = inner.await;
            log.say(format!("inner {}", inner.is_err()));
        });
        assert!(outcome.await.is_err());
        assert_eq!(log.text(), "cleaning");
        assert_eq!(current_task().unwrap().cancelling(), 0);
    })
    .unwrap();
}

fn in_one_arm_of_a_join_it_lets_the_task_end<B: Backend>() {
    B::run(async {
        let (one, other) = (create_task(pending::<()>()), create_task(pending::<()>()));
        let (first, second) = (one.task_ref(), other.task_ref());
        let both = create_task(async move {
            let arm = async { timeout(MS, second).await.is_err() };
            join(first.into_future(), arm).await
        });
        wait([other]).await;
        one.cancel();
        let ended = wait([both]).timeout(HOUR).await.done.len();
        assert_eq!(ended, 1, "it waits for tasks that are done");
    })
    .unwrap();
}
