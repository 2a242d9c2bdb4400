//! R10: `run`, and how it ends what is left.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use cede::local::LocalExecutor;
use cede::{
    Cancel, Reason, Registry, Task, TaskError, backend, catch_cancel, create_local_task,
    create_task, current_task, sleep, yield_now,
};
use cede_tests::{
    Backend, Counter, Log, OneThread, Signal, every_backend, local_backends, panics_from, park,
};

every_backend!(
    it_returns_the_value_of_main,
    a_cancelled_main_is_an_error,
    a_panicking_main_is_an_error_and_the_others_still_end,
    what_is_left_is_cancelled_and_awaited_with_its_clean_up,
    what_is_left_learns_why,
    tasks_that_have_not_begun_never_run,
    tasks_created_during_the_shutdown_are_ended_too,
    tasks_created_by_destructors_during_the_shutdown_are_ended_too,
    a_task_that_refuses_is_waited_for,
    a_shutdown_waits_for_a_critical,
    everything_is_dropped_when_it_returns,
    a_backend_that_is_dropped_aborts_what_is_left,
    run_inside_run_panics,
    run_in_a_done_callback_panics,
    run_after_run_is_fine,
);
local_backends!(
    futures_need_not_be_send,
    a_future_that_is_not_send_is_dropped_by_the_shutdown,
    block_on_leaves_the_others_where_they_are,
    an_executor_can_be_used_again_after_its_shutdown,
    a_dropped_executor_ends_its_tasks_unasked,
    a_task_made_in_a_destructor_of_a_dropped_executor_is_ended,
);

fn it_returns_the_value_of_main<B: Backend>() {
    let value = B::run(async {
        yield_now().await;
        "value"
    });
    assert_eq!(value.unwrap(), "value");
}

fn a_cancelled_main_is_an_error<B: Backend>() {
    let outcome = B::run(async {
        let main = current_task().unwrap();
        drop(create_task(async move { main.cancel_with("from below") }));
        pending::<()>().await;
    });
    let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("not cancelled") };
    assert_eq!(cancelled.message(), Some("from below"));
}

fn a_panicking_main_is_an_error_and_the_others_still_end<B: Backend>() {
    let log = Log::new();
    let said = log.clone();
    let outcome: Result<(), _> = B::run(async move {
        let here = Signal::new();
        let parked = here.clone();
        drop(create_task(async move {
            let _ = catch_cancel(park(parked)).await;
            yield_now().await;
            said.say("cleaned");
        }));
        here.wait().await;
        panic!("main");
    });
    assert!(matches!(outcome, Err(TaskError::Panicked(_))));
    assert_eq!(log.text(), "cleaned");
}

fn what_is_left_is_cancelled_and_awaited_with_its_clean_up<B: Backend>() {
    let log = Log::new();
    let said = log.clone();
    B::run(async move {
        let here = Signal::new();
        let parked = here.clone();
        drop(create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            sleep(Duration::from_millis(3)).await;
            said.say("cleaned");
            cancelled.resume().await
        }));
        here.wait().await;
    })
    .unwrap();
    assert_eq!(log.text(), "cleaned");
}

fn what_is_left_learns_why<B: Backend>() {
    let task = B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        task
    })
    .unwrap();
    let Err(cede::ResultError::Cancelled(cancelled)) = task.result() else {
        panic!("not cancelled")
    };
    assert_eq!(cancelled.reason(), Reason::Shutdown);
    assert_eq!(cancelled.requested_by(), None);
}

fn tasks_that_have_not_begun_never_run<B: Backend>() {
    let tally = Counter::new();
    let counted = tally.one();
    let task = B::run(async move {
        create_task(async move {
            let _counted = counted;
            pending::<()>().await;
        })
    })
    .unwrap();
    assert!(task.cancelled());
    assert_eq!(tally.alive(), 0);
}

fn tasks_created_during_the_shutdown_are_ended_too<B: Backend>() {
    let (log, tally) = (Log::new(), Counter::new());
    let (said, counted) = (log.clone(), tally.clone());
    B::run(async move {
        let here = Signal::new();
        let parked = here.clone();
        drop(create_task(async move {
            let _ = catch_cancel(park(parked)).await;
            let (guard, told, here) = (counted.one(), said.clone(), Signal::new());
            let parked = here.clone();
            drop(create_task(async move {
                let _guard = guard;
                let _ = catch_cancel(park(parked)).await;
                yield_now().await;
                told.say("second generation");
            }));
            here.wait().await; // it is asked when those that were there at first have ended
        }));
        here.wait().await;
    })
    .unwrap();
    assert_eq!(log.text(), "second generation");
    assert_eq!((tally.made(), tally.alive()), (1, 0));
}

fn tasks_created_by_destructors_during_the_shutdown_are_ended_too<B: Backend>() {
    struct Creates(Counter, u8);
    impl Drop for Creates {
        fn drop(&mut self) {
            if self.1 == 0 {
                return;
            }
            let (next, counted) = (Creates(self.0.clone(), self.1 - 1), self.0.one());
            drop(create_task(async move {
                let _both = (next, counted);
                pending::<()>().await;
            }));
        }
    }
    let tally = Counter::new();
    let first = Creates(tally.clone(), 5);
    B::run(async move {
        let here = Signal::new();
        let parked = here.clone();
        drop(create_task(async move {
            let _first = first;
            park(parked).await;
        }));
        here.wait().await;
    })
    .unwrap();
    assert_eq!((tally.made(), tally.alive()), (5, 0));
}

fn a_task_that_refuses_is_waited_for<B: Backend>() {
    let task = B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            drop(catch_cancel(park(parked)).await);
            sleep(Duration::from_millis(2)).await;
            "refused"
        });
        here.wait().await;
        task
    })
    .unwrap();
    assert_eq!(task.result().unwrap(), &"refused");
}

fn a_shutdown_waits_for_a_critical<B: Backend>() {
    let log = Log::new();
    let said = log.clone();
    let task = B::run(async move {
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            cede::critical(async {
                told.set();
                sleep(Duration::from_millis(2)).await;
                said.say("whole");
            })
            .await;
            pending::<()>().await;
        });
        here.wait().await;
        task
    })
    .unwrap();
    assert!(task.cancelled());
    assert_eq!(log.text(), "whole");
}

fn everything_is_dropped_when_it_returns<B: Backend>() {
    let tally = Counter::new();
    let inside = tally.clone();
    let executor = B::run(async move {
        for n in 0..100_u64 {
            let (in_future, in_value) = (inside.one(), inside.one());
            drop(create_task(async move {
                let _in_future = in_future;
                if n % 3 == 0 {
                    pending::<()>().await;
                }
                sleep(Duration::from_millis(n % 4)).await;
                in_value
            }));
        }
        sleep(Duration::from_millis(2)).await;
        backend::ambient().unwrap()
    })
    .unwrap();
    assert_eq!((tally.made(), tally.alive()), (200, 0));
    assert!(executor.all_tasks().is_empty());
}

fn a_backend_that_is_dropped_aborts_what_is_left<B: Backend>() {
    let (log, tally) = (Log::new(), Counter::new());
    let (said, counted) = (log.clone(), tally.one());
    let task = B::run_and_drop(|_| {}, async move {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let _counted = counted;
            let _ = catch_cancel(park(parked)).await;
            said.say("asked");
        });
        here.wait().await;
        task
    })
    .unwrap();
    assert!(task.done() && task.cancelled());
    assert_eq!((log.text().as_str(), tally.alive()), ("", 0));
}

fn run_inside_run_panics<B: Backend>() {
    let outcome: Result<(), _> = B::run(async {
        B::run(async {}).unwrap();
    });
    let Err(TaskError::Panicked(panicked)) = outcome else { panic!("not panicked") };
    assert!(panicked.text().contains("can't be nested"), "{}", panicked.text());
}

fn run_in_a_done_callback_panics<B: Backend>() {
    B::run(async {
        let (log, called) = (Log::new(), Signal::new());
        let (said, told) = (log.clone(), called.clone());
        let task = create_task(yield_now());
        task.add_done_callback(move |_| {
            let text = panics_from(|| cede::run(async {}));
            said.say(text.contains("can't be nested").to_string());
            told.set();
        });
        called.wait().await;
        assert_eq!(log.text(), "true");
    })
    .unwrap();
}

fn run_after_run_is_fine<B: Backend>() {
    for n in 0..3 {
        assert_eq!(B::run(async move { n }).unwrap(), n);
    }
}

fn futures_need_not_be_send<B: OneThread>() {
    B::run_local(async {
        let shared = Rc::new(std::cell::Cell::new(0));
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                let shared = Rc::clone(&shared);
                create_local_task(async move {
                    yield_now().await;
                    shared.set(shared.get() + n);
                    shared
                })
            })
            .collect();
        for task in tasks {
            assert!(Rc::ptr_eq(&task.await.unwrap(), &shared));
        }
        assert_eq!(shared.get(), 45);
        assert_eq!(Rc::strong_count(&shared), 1);
    })
    .unwrap();
}

fn a_future_that_is_not_send_is_dropped_by_the_shutdown<B: OneThread>() {
    let shared = Rc::new(());
    let inside = Rc::clone(&shared);
    B::run_local(async move {
        drop(create_local_task(async move {
            pending::<()>().await;
            drop(inside);
        }));
        yield_now().await;
    })
    .unwrap();
    assert_eq!(Rc::strong_count(&shared), 1);
}

fn block_on_leaves_the_others_where_they_are<B: OneThread>() {
    B::run_local(async {}).unwrap();
    let executor = LocalExecutor::new();
    let (log, go) = (Log::new(), Signal::new());
    let (said, gone) = (log.clone(), go.clone());
    let task = executor.create_task(async move {
        said.say("began");
        gone.wait().await;
        said.say("went on");
    });
    executor.block_on(yield_now()).unwrap();
    assert_eq!(log.text(), "began");
    assert_eq!(executor.all_tasks(), [task.task_ref()]);
    go.set();
    executor.block_on(async move { task.await.unwrap() }).unwrap();
    assert_eq!(log.text(), "began went on");
    executor.shutdown();
}

fn an_executor_can_be_used_again_after_its_shutdown<B: OneThread>() {
    B::run_local(async {}).unwrap();
    let executor = LocalExecutor::new();
    for n in 0..3 {
        let left = executor.create_task(pending::<()>());
        assert_eq!(executor.block_on(async move { n }).unwrap(), n);
        executor.shutdown();
        assert!(left.cancelled());
    }
}

fn a_dropped_executor_ends_its_tasks_unasked<B: OneThread>() {
    B::run_local(async {}).unwrap();
    let tally = Counter::new();
    let executor = LocalExecutor::new();
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            let counted = tally.one();
            executor.create_task(async move {
                let _counted = counted;
                if n % 2 == 0 {
                    yield_now().await;
                }
                let _ = catch_cancel(pending::<()>()).await;
                unreachable!("nobody is asked");
            })
        })
        .collect();
    let tasks: Vec<cede::JoinHandle<()>> = tasks;
    executor.block_on(async {}).unwrap();
    assert_eq!(tally.alive(), 10);
    drop(executor);
    assert_eq!(tally.alive(), 0);
    assert!(tasks.iter().all(Cancel::cancelled));
}

fn a_task_made_in_a_destructor_of_a_dropped_executor_is_ended<B: OneThread>() {
    struct Creates(Log);
    impl Drop for Creates {
        fn drop(&mut self) {
            let task = create_task(async { unreachable!("nobody polls it") });
            let task: cede::JoinHandle<()> = task;
            self.0.say(format!("{} {}", task.done(), task.cancelled()));
        }
    }
    B::run_local(async {}).unwrap();
    let log = Log::new();
    let executor = LocalExecutor::new();
    let guard = Creates(log.clone());
    drop(executor.create_task(async move {
        let _guard = guard;
        pending::<()>().await;
    }));
    executor.block_on(async {}).unwrap();
    drop(executor);
    assert_eq!(log.text(), "true true");
}
