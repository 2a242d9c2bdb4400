//! Time: sleeping, in what order, and what a timer leaves behind.

use std::time::Duration;

use cede::{Cancel, Task, backend, catch_cancel, create_task, sleep, sleep_until, wait, yield_now};
use cede_tests::{
    Backend, Fifo, Log, Signal, every_backend, fifo_backends, panics_from, poll_once, waiting,
};

every_backend!(
    it_sleeps_no_less_than_it_was_told,
    a_deadline_that_has_passed_is_a_bare_yield,
    a_request_ends_a_sleep,
    a_sleep_that_is_moved_to_another_task_wakes_that_one,
    a_sleep_for_ever_can_be_cancelled,
    polled_outside_any_backend_it_panics,
    time_never_goes_back,
    a_sleep_can_be_polled_after_it_is_over,
    dropped_sleeps_keep_nobody_waiting,
);
fifo_backends!(
    sleepers_wake_in_the_order_of_their_deadlines,
    equal_deadlines_fire_in_the_order_of_creation,
    zero_is_a_bare_yield,
    a_timer_does_not_overtake_what_is_ready,
);

const MS: Duration = Duration::from_millis(1);

fn now() -> std::time::Instant {
    backend::ambient().unwrap().now()
}

fn it_sleeps_no_less_than_it_was_told<B: Backend>() {
    B::run(async {
        for ms in [1, 2, 5] {
            let start = now();
            sleep(ms * MS).await;
            assert!(now() - start >= ms * MS);
            let start = now();
            sleep_until(start + ms * MS).await;
            assert!(now() >= start + ms * MS);
        }
    })
    .unwrap();
}

fn a_deadline_that_has_passed_is_a_bare_yield<B: Backend>() {
    B::run(async {
        let start = now();
        sleep(MS).await;
        let mut late = sleep_until(start);
        assert!(poll_once(&mut late).await.is_none(), "it gives way");
        late.await;
        sleep(Duration::ZERO).await;
    })
    .unwrap();
}

fn a_request_ends_a_sleep<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            catch_cancel(waiting(told, sleep(Duration::from_secs(3600)))).await.is_err()
        });
        here.wait().await;
        task.cancel();
        let start = now();
        assert!(task.await.unwrap());
        assert!(now() - start < Duration::from_secs(3600));
    })
    .unwrap();
}

fn a_sleep_that_is_moved_to_another_task_wakes_that_one<B: Backend>() {
    B::run(async {
        let (mut nap, due) = (sleep(5 * MS), now() + 5 * MS);
        assert!(poll_once(&mut nap).await.is_none());
        let task = create_task(async move {
            let mut nap = nap;
            let over = poll_once(&mut nap).await.is_some();
            assert!(!over || now() >= due, "over before its time");
            nap.await;
            "woken"
        });
        assert_eq!(task.await.unwrap(), "woken");
    })
    .unwrap();
}

fn a_sleep_for_ever_can_be_cancelled<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(waiting(here.clone(), sleep(Duration::MAX)));
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn polled_outside_any_backend_it_panics<B: Backend>() {
    B::run(async {}).unwrap();
    let text = panics_from(|| futures_lite::future::block_on(sleep(MS)));
    assert!(text.contains("sleep") && text.contains("cede::run"), "{text}");
}

fn time_never_goes_back<B: Backend>() {
    B::run(async {
        let tasks: Vec<_> = (0..20_u32)
            .map(|n| {
                create_task(async move {
                    let mut last = now();
                    for k in 0..10_u32 {
                        sleep(MS * ((n * 7 + k * 3) % 5) / 4).await;
                        let then = now();
                        assert!(then >= last);
                        last = then;
                    }
                })
            })
            .collect();
        for task in wait(tasks).await.done {
            task.await.unwrap();
        }
    })
    .unwrap();
}

fn a_sleep_can_be_polled_after_it_is_over<B: Backend>() {
    B::run(async {
        let mut nap = sleep(MS);
        (&mut nap).await;
        assert!(poll_once(&mut nap).await.is_some());
    })
    .unwrap();
}

fn dropped_sleeps_keep_nobody_waiting<B: Backend>() {
    B::run(async {
        let start = now();
        for _ in 0..1000 {
            let mut nap = sleep(Duration::from_secs(100));
            assert!(poll_once(&mut nap).await.is_none());
        }
        sleep(MS).await;
        assert!(now() - start < Duration::from_secs(100));
    })
    .unwrap();
}

fn sleepers_wake_in_the_order_of_their_deadlines<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        for ms in [5, 1, 4, 2, 3_u32] {
            let said = log.clone();
            drop(create_task(async move {
                sleep(ms * MS).await;
                said.say(ms.to_string());
            }));
        }
        sleep(10 * MS).await;
        assert_eq!(log.text(), "1 2 3 4 5");
    })
    .unwrap();
}

fn equal_deadlines_fire_in_the_order_of_creation<B: Fifo>() {
    B::run(async {
        let (log, deadline) = (Log::new(), now() + MS);
        for n in 0..10 {
            let said = log.clone();
            drop(create_task(async move {
                sleep_until(deadline).await;
                said.say(n.to_string());
            }));
        }
        sleep(10 * MS).await;
        assert_eq!(log.text(), "0 1 2 3 4 5 6 7 8 9");
    })
    .unwrap();
}

fn zero_is_a_bare_yield<B: Fifo>() {
    B::run(async {
        let task = create_task(async {});
        sleep(Duration::ZERO).await;
        assert!(task.done());
    })
    .unwrap();
}

fn a_timer_does_not_overtake_what_is_ready<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        drop(create_task(async move {
            sleep(MS).await;
            said.say("timer");
        }));
        for _ in 0..50 {
            yield_now().await;
        }
        log.say("ready");
        sleep(2 * MS).await;
        assert_eq!(log.text(), "ready timer");
    })
    .unwrap();
}
