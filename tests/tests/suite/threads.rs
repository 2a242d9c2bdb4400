//! Other threads: they wake, cancel, create, hold and await.

use std::future::pending;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::thread;

use cede::{
    Cancel, Reason, Registry, ResultError, Task, TaskBuilder, TaskError, backend,
    create_local_task, create_task, wait, yield_now,
};
use cede_tests::{Backend, Counter, OneThread, Signal, every_backend, local_backends, park};

every_backend!(
    a_handle_can_be_awaited_on_another_thread,
    a_request_from_another_thread_wakes_the_task,
    a_wake_from_another_thread_is_heard,
    a_value_can_be_taken_on_another_thread_after_the_run,
    tasks_can_be_created_from_another_thread,
    cancel_races_with_the_end_and_both_agree,
    abort_races_with_the_end_and_both_agree,
    wakes_and_requests_during_the_drop_of_the_backend,
    tasks_created_while_the_backend_is_dropped_end,
    an_end_of_run_while_another_thread_creates,
    a_done_callback_races_with_the_end_and_is_called_once,
    awaits_race_with_the_end_and_all_see_it,
    threads_that_create_tasks_all_the_time_do_not_starve_the_others,
);
local_backends!(
    a_value_that_is_not_send_outlives_a_task_ref_elsewhere,
    a_value_that_is_not_send_goes_with_its_handle_at_home,
);

/// How often a race is run.
const RACES: usize = 200;

fn a_handle_can_be_awaited_on_another_thread<B: Backend>() {
    B::run_real(async {
        let go = Signal::new();
        let gone = go.clone();
        let task = create_task(async move {
            gone.wait().await;
            String::from("value")
        });
        let (done, told) = (Signal::new(), Signal::new());
        let (tell, wait) = (done.clone(), told.clone());
        let thread = thread::spawn(move || {
            tell.set();
            let value = futures::executor::block_on(task.into_future()).unwrap();
            wait.set();
            value
        });
        done.wait().await;
        go.set();
        told.wait().await;
        assert_eq!(thread.join().unwrap(), "value");
        // And by reference, with another executor.
        let task = Arc::new(create_task(async { 5 }));
        let (mine, told) = (Arc::clone(&task), Signal::new());
        let tell = told.clone();
        let thread = thread::spawn(move || {
            let value = *futures_lite::future::block_on((&*mine).into_future()).unwrap();
            tell.set();
            value
        });
        told.wait().await;
        assert_eq!(thread.join().unwrap(), 5);
    })
    .unwrap();
}

fn a_request_from_another_thread_wakes_the_task<B: Backend>() {
    B::run_real(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        let other = task.task_ref();
        let thread = thread::spawn(move || other.cancel());
        assert!(task.await.is_err());
        assert!(thread.join().unwrap());
    })
    .unwrap();
}

fn a_wake_from_another_thread_is_heard<B: Backend>() {
    B::run_real(async {
        for _ in 0..RACES {
            let go = Signal::new();
            let gone = go.clone();
            let thread = thread::spawn(move || gone.set());
            go.wait().await;
            thread.join().unwrap();
        }
    })
    .unwrap();
}

fn a_value_can_be_taken_on_another_thread_after_the_run<B: Backend>() {
    let task = B::run(async {
        let task = create_task(async { vec![1] });
        task.task_ref().await.unwrap();
        task
    })
    .unwrap();
    let value =
        thread::spawn(move || futures_lite::future::block_on(task.into_future())).join().unwrap();
    assert_eq!(value.unwrap(), [1]);
}

fn tasks_can_be_created_from_another_thread<B: Backend>() {
    B::run_real(async {
        let executor = backend::ambient().unwrap();
        let done = Signal::new();
        let told = done.clone();
        let thread = thread::spawn(move || {
            let task = TaskBuilder::new().name("foreign").create_on(&executor, async {
                yield_now().await;
                6
            });
            let value = futures_lite::future::block_on(task.into_future()).unwrap();
            told.set();
            value
        });
        done.wait().await;
        assert_eq!(thread.join().unwrap(), 6);
    })
    .unwrap();
}

fn cancel_races_with_the_end_and_both_agree<B: Backend>() {
    B::run_real(async {
        let mut both = [0, 0];
        for round in 0..RACES {
            let start = Arc::new(Barrier::new(2));
            let mine = Arc::clone(&start);
            let task = create_task(async move {
                mine.wait();
                for _ in 0..round % 7 {
                    yield_now().await;
                }
                "value"
            });
            let other = task.task_ref();
            let thread = thread::spawn(move || {
                start.wait();
                other.cancel()
            });
            let outcome = (&task).await;
            let asked = thread.join().unwrap();
            assert_eq!(asked, outcome.is_err(), "round {round}");
            assert_eq!(asked, task.cancelled());
            assert_eq!(task.cancelling(), usize::from(asked));
            both[usize::from(asked)] += 1;
        }
        assert_eq!(both.iter().sum::<usize>(), RACES);
    })
    .unwrap();
}

fn abort_races_with_the_end_and_both_agree<B: Backend>() {
    B::run_real(async {
        for round in 0..RACES {
            let start = Arc::new(Barrier::new(2));
            let mine = Arc::clone(&start);
            let task = create_task(async move {
                mine.wait();
                cede::critical(async {
                    for _ in 0..round % 7 {
                        yield_now().await;
                    }
                })
                .await;
            });
            let other = task.task_ref();
            let thread = thread::spawn(move || {
                start.wait();
                (other.cancel(), other.abort())
            });
            let outcome = (&task).await;
            let (asked, aborted) = thread.join().unwrap();
            assert_eq!(asked || aborted, outcome.is_err(), "round {round}");
            assert!(asked || !aborted);
            if let (true, Err(TaskError::Cancelled(cancelled))) = (aborted, &outcome) {
                // The request may have ended the task before the abort came to it; then that was too late for the reason.
                let reason = cancelled.reason();
                assert!(matches!(reason, Reason::Abort | Reason::Request), "{reason:?}");
            }
        }
    })
    .unwrap();
}

fn wakes_and_requests_during_the_drop_of_the_backend<B: Backend>() {
    for _ in 0..RACES / 4 {
        let tally = Counter::new();
        let inside = tally.clone();
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let (tasks, go): (Vec<cede::TaskRef>, Signal) = receiver.recv().unwrap();
            for (n, task) in tasks.iter().enumerate() {
                match n % 3 {
                    0 => drop(task.cancel_and_wait()),
                    1 => go.set(),
                    _ => {
                        task.abort();
                    }
                }
            }
            tasks
        });
        B::run_and_drop(|_| {}, async move {
            let go = Signal::new();
            let tasks: Vec<_> = (0..30)
                .map(|_| {
                    let (counted, gone) = (inside.one(), go.clone());
                    create_task(async move {
                        let _counted = counted;
                        gone.wait().await;
                        yield_now().await;
                    })
                    .task_ref()
                })
                .collect();
            yield_now().await;
            sender.send((tasks, go)).unwrap();
        })
        .unwrap();
        assert_eq!((tally.made(), tally.alive()), (30, 0));
        for task in thread.join().unwrap() {
            assert!(task.done());
            assert!(!task.cancel());
        }
    }
}

fn tasks_created_while_the_backend_is_dropped_end<B: Backend>() {
    for _ in 0..RACES / 4 {
        let tally = Counter::new();
        let inside = tally.clone();
        let mut thread = None;
        B::run_and_drop(
            |executor| {
                let executor = Arc::clone(executor);
                thread = Some(thread::spawn(move || {
                    let mut tasks = Vec::new();
                    loop {
                        let counted = inside.one();
                        let task = TaskBuilder::new().create_on(&executor, async move {
                            let _counted = counted;
                            pending::<()>().await;
                        });
                        let gone = match task.result() {
                            Err(ResultError::Cancelled(cancelled)) => {
                                cancelled.reason() == Reason::BackendGone
                            }
                            _ => false,
                        };
                        tasks.push(task);
                        if gone {
                            return tasks;
                        }
                    }
                }));
            },
            async {
                for _ in 0..3 {
                    yield_now().await;
                }
            },
        )
        .unwrap();
        let tasks = thread.unwrap().join().unwrap();
        assert!(tasks.iter().all(Cancel::cancelled));
        assert_eq!(tally.alive(), 0);
    }
}

fn an_end_of_run_while_another_thread_creates<B: Backend>() {
    for _ in 0..RACES / 4 {
        let start = Arc::new(Barrier::new(2));
        let mine = Arc::clone(&start);
        let (thread, executor) = B::run_real(async move {
            let executor = backend::ambient().unwrap();
            let foreign = Arc::clone(&executor);
            let thread = thread::spawn(move || {
                start.wait();
                let created: Vec<_> = (0..20)
                    .map(|_| TaskBuilder::new().create_on(&foreign, pending::<()>()))
                    .collect();
                created
            });
            mine.wait();
            (thread, executor)
        })
        .unwrap();
        let created = thread.join().unwrap();
        drop(executor.all_tasks());
        // Each was ended by the shutdown or by the drop, but for those that the test's own helper still holds: none.
        for task in &created {
            assert!(task.done(), "{task:?}");
        }
    }
}

fn a_done_callback_races_with_the_end_and_is_called_once<B: Backend>() {
    B::run_real(async {
        for _ in 0..RACES {
            let start = Arc::new(Barrier::new(2));
            let mine = Arc::clone(&start);
            let task = create_task(async move {
                mine.wait();
            });
            let (other, called, tally) = (task.task_ref(), Signal::new(), Counter::new());
            let (told, counted) = (called.clone(), tally.clone());
            let thread = thread::spawn(move || {
                start.wait();
                other.add_done_callback(move |task| {
                    assert!(task.done());
                    drop(counted.one());
                    told.set();
                });
            });
            called.wait().await;
            thread.join().unwrap();
            task.await.unwrap();
            assert_eq!(tally.made(), 1);
        }
    })
    .unwrap();
}

fn awaits_race_with_the_end_and_all_see_it<B: Backend>() {
    B::run_real(async {
        for _ in 0..RACES {
            let start = Arc::new(Barrier::new(2));
            let mine = Arc::clone(&start);
            let task = create_task(async move {
                mine.wait();
                1
            });
            let (other, seen) = (task.task_ref(), Signal::new());
            let told = seen.clone();
            let thread = thread::spawn(move || {
                start.wait();
                futures_lite::future::block_on(other.into_future()).unwrap();
                told.set();
            });
            assert_eq!(task.await.unwrap(), 1);
            seen.wait().await;
            thread.join().unwrap();
        }
    })
    .unwrap();
}

/// Law 4 of the backends: a task that is ready runs after finitely many others, however many come meanwhile.
fn threads_that_create_tasks_all_the_time_do_not_starve_the_others<B: Backend>() {
    /// How many of a thread's tasks may be under way, so that memory holds out.
    const AT_ONCE: usize = 1000;
    B::run_real(async {
        let over = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (executor, over) = (backend::ambient().unwrap(), Arc::clone(&over));
                thread::spawn(move || {
                    let tally = Counter::new();
                    while !over.load(Ordering::SeqCst) {
                        if tally.alive() < AT_ONCE {
                            let counted = tally.one();
                            let task = TaskBuilder::new().create_on(&executor, async move {
                                drop(counted);
                            });
                            task.detach();
                        }
                    }
                    tally
                })
            })
            .collect();
        // If these are starved, they never end.
        let tasks = [0, 1].map(|_| {
            create_task(async {
                for _ in 0..100 {
                    yield_now().await;
                }
            })
        });
        wait(tasks).await;
        over.store(true, Ordering::SeqCst);
        for thread in threads {
            let tally = thread.join().unwrap();
            while tally.alive() > 0 {
                yield_now().await;
            }
        }
    })
    .unwrap();
}

fn a_value_that_is_not_send_outlives_a_task_ref_elsewhere<B: OneThread>() {
    let shared = Rc::new(());
    let inside = Rc::clone(&shared);
    let (handle, elsewhere) = B::run_local(async move {
        let task = create_local_task(async move { inside });
        task.task_ref().await.unwrap();
        let elsewhere = task.task_ref();
        (task, elsewhere)
    })
    .unwrap();
    let (go, wait) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        wait.recv().unwrap();
        assert!(elsewhere.done() && elsewhere.result().is_ok());
        drop(elsewhere);
    });
    assert_eq!(Rc::strong_count(&shared), 2);
    drop(handle);
    assert_eq!(Rc::strong_count(&shared), 1);
    go.send(()).unwrap();
    thread.join().unwrap();
    assert_eq!(Rc::strong_count(&shared), 1);
}

fn a_value_that_is_not_send_goes_with_its_handle_at_home<B: OneThread>() {
    let shared = Rc::new(());
    let inside = Rc::clone(&shared);
    let handle = B::run_local(async move {
        let task = create_local_task(async move { inside });
        task.task_ref().await.unwrap();
        task
    })
    .unwrap();
    let elsewhere = handle.task_ref();
    let back = thread::spawn(move || {
        assert!(elsewhere.clone().done());
        elsewhere
    })
    .join()
    .unwrap();
    assert_eq!(**handle.result().unwrap(), ());
    drop(handle);
    drop(back);
    assert_eq!(Rc::strong_count(&shared), 1);
}
