//! What a pool promises beyond the laws that every backend keeps; the suite in `tests/` is about those.

use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use cede::backend::{Drive, call_soon};
use cede::prelude::*;
use cede::steal::{BuildError, StealExecutor};
use cede::{Runner, TaskRef, sleep, yield_now};
use cede_sync::Mutex;
use futures_lite::future::block_on;

fn pool(workers: usize) -> StealExecutor {
    StealExecutor::builder().workers(workers).build().unwrap()
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

/// Without the hook: that would write into libtest's buffer, whose lock ThreadSanitizer does not see.
fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("on purpose"))
}

#[test]
fn no_workers_are_an_error() {
    let error = StealExecutor::builder().workers(0).build().unwrap_err();
    assert!(matches!(error, BuildError::NoWorkers));
    assert!(error.to_string().contains("at least one"), "{error}");
}

#[test]
fn more_workers_than_it_can_count_are_an_error() {
    let error = StealExecutor::builder().workers(1 << 20).build().unwrap_err();
    assert!(matches!(error, BuildError::TooManyWorkers { asked: 1_048_576, most: 65_535 }));
    assert!(error.to_string().contains("65535"), "{error}");
}

#[test]
fn a_thread_that_the_system_does_not_give_is_an_error() {
    let stopped = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&stopped);
    let result = StealExecutor::builder()
        .workers(2)
        .stack_size(1 << 60)
        .on_thread_stop(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    let error = result.unwrap_err();
    assert!(matches!(error, BuildError::Thread { worker: 0, .. }), "{error:?}");
    assert!(error.to_string().contains("worker 0"), "{error}");
    assert_eq!(stopped.load(Ordering::SeqCst), 0);
}

#[test]
fn hooks_are_called_on_each_worker_and_may_panic() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let (start, stop) = (Arc::clone(&said), Arc::clone(&said));
    let pool = StealExecutor::builder()
        .workers(3)
        .thread_name("hooked")
        .on_thread_start(move |worker| {
            start.lock().push(format!("{} {worker} starts", thread_name()));
            if worker == 1 {
                panic_quietly();
            }
        })
        .on_thread_stop(move |worker| {
            stop.lock().push(format!("{} {worker} stops", thread_name()));
            panic_quietly();
        })
        .build()
        .unwrap();
    assert_eq!(block_on(pool.create_task(async { 1 }).into_future()).unwrap(), 1);
    drop(pool);
    let mut said = said.lock().clone();
    said.sort();
    let expected = (0..3).flat_map(|worker| {
        ["starts", "stops"].map(|what| format!("hooked-{worker} {worker} {what}"))
    });
    assert_eq!(said, expected.collect::<Vec<_>>());
}

#[test]
fn tasks_run_on_the_workers_of_their_own_pool() {
    let pools = ["left", "right"]
        .map(|name| StealExecutor::builder().workers(2).thread_name(name).build().unwrap());
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let other = Arc::clone(pools[(n + 1) % 2].executor());
            pools[n % 2].create_task(async move {
                let there =
                    TaskBuilder::new().create_on(&other, async { thread_name() }).await.unwrap();
                yield_now().await;
                (thread_name(), there)
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        let (here, there) = block_on(task.into_future()).unwrap();
        let names = ["left-", "right-"];
        assert!(here.starts_with(names[n % 2]) && there.starts_with(names[(n + 1) % 2]));
    }
}

#[test]
fn a_task_runs_while_its_creator_blocks_the_thread() {
    let pool = pool(2);
    let task = pool.create_task(async {
        let (tell, told) = mpsc::channel();
        let child = create_task(async move { tell.send(7).unwrap() });
        let value = told.recv().unwrap(); // blocks this worker
        child.await.unwrap();
        value
    });
    assert_eq!(block_on(task.into_future()).unwrap(), 7);
}

#[test]
fn what_stands_behind_a_job_that_blocks_is_taken_by_others() {
    let pool = pool(2);
    let task = pool.create_task(async {
        let (tell, told) = mpsc::channel();
        let told = Arc::new(Mutex::new(told));
        // All in the queue of one worker: the first that runs blocks until all others have run.
        let blocking = create_task(async move {
            for _ in 0..100 {
                told.lock().recv().unwrap();
            }
        });
        for _ in 0..100 {
            let tell = tell.clone();
            create_task(async move { tell.send(()).unwrap() }).detach();
        }
        blocking.await.unwrap();
    });
    block_on(task.into_future()).unwrap();
}

#[test]
fn a_timer_fires_while_the_worker_that_set_it_blocks() {
    let pool = pool(2);
    let task = pool.create_task(async {
        for _ in 0..20 {
            let (tell, told) = mpsc::channel();
            let sleeping = create_task(async move {
                sleep(Duration::from_millis(1)).await;
                tell.send(()).unwrap();
            });
            yield_now().await;
            yield_now().await;
            told.recv().unwrap(); // blocks this worker
            sleeping.await.unwrap();
        }
    });
    block_on(task.into_future()).unwrap();
}

#[test]
fn a_timer_of_another_thread_is_heard_while_one_worker_blocks() {
    let pool = pool(2);
    let executor = Arc::clone(pool.executor());
    let (tell, told) = mpsc::channel::<()>();
    let blocking = pool.create_task(async move { told.recv().unwrap() });
    let _entered = cede::backend::enter(Arc::clone(&executor));
    let start = Instant::now();
    block_on(sleep(Duration::from_millis(5)));
    assert!(start.elapsed() >= Duration::from_millis(5));
    tell.send(()).unwrap();
    block_on(blocking.into_future()).unwrap();
}

#[test]
fn one_worker_runs_its_own_tasks_in_the_order_of_their_creation() {
    let pool = pool(1);
    let task = pool.create_task(async {
        let said = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..1000)
            .map(|n| {
                let said = Arc::clone(&said);
                create_task(async move { said.lock().push(n) })
            })
            .collect();
        wait(tasks).await;
        let said = said.lock();
        assert!(said.is_sorted() && said.len() == 1000);
    });
    block_on(task.into_future()).unwrap();
}

/// Law 4: what the worker schedules itself does not keep it from the injector.
#[test]
fn tasks_that_give_way_all_the_time_do_not_starve_other_threads() {
    let pool = pool(1);
    let greedy = pool.create_task(async {
        loop {
            yield_now().await;
        }
    });
    for n in 0..100 {
        assert_eq!(block_on(pool.create_task(async move { n }).into_future()).unwrap(), n);
    }
    assert!(greedy.cancel());
}

#[test]
fn a_pool_drops_what_is_left() {
    let alive = Arc::new(());
    let pool = pool(2);
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let alive = Arc::clone(&alive);
            pool.create_task(async move {
                assert!(Arc::strong_count(&alive) > 1);
                match n % 3 {
                    0 => pending().await,
                    1 => sleep(Duration::from_secs(3600)).await,
                    _ => loop {
                        yield_now().await;
                    },
                }
            })
        })
        .collect();
    let executor = Arc::downgrade(pool.executor());
    drop(pool);
    assert_eq!(Arc::strong_count(&alive), 1);
    for task in tasks {
        assert!(task.cancelled());
    }
    assert!(executor.upgrade().is_none(), "the memory of the pool is left");
}

#[test]
fn a_pool_that_is_dropped_by_its_own_task_ends() {
    let pool = pool(2);
    let executor = Arc::downgrade(pool.executor());
    let (give, given) = mpsc::channel::<StealExecutor>();
    let (tell, told) = mpsc::channel::<&str>();
    let task = pool.create_task(async move {
        drop(given.recv().unwrap());
        tell.send("dropped").unwrap();
        pending::<()>().await;
    });
    give.send(pool).unwrap();
    assert_eq!(told.recv(), Ok("dropped"));
    assert!(block_on(task.into_future()).is_err());
    assert!(told.recv().is_err(), "the task's future is gone");
    while executor.upgrade().is_some() {
        thread::yield_now(); // the last worker is leaving
    }
}

#[test]
fn a_task_that_is_created_in_a_pool_that_is_gone_says_so() {
    let pool = pool(1);
    let executor = Arc::clone(pool.executor());
    drop(pool);
    let task = TaskBuilder::new().create_on(&executor, async {});
    let Err(TaskError::Cancelled(cancelled)) = block_on(task.into_future()) else {
        panic!("nobody has run it")
    };
    assert_eq!(cancelled.reason(), Reason::BackendGone);
    assert!(executor.all_tasks().is_empty());
}

#[test]
fn runs_can_not_be_nested() {
    let runner = Runner::builder().backend(pool(1)).build();
    runner
        .run(async {
            let inner = pool(1);
            let nested = std::panic::AssertUnwindSafe(|| inner.drive(pin!(async {})));
            let payload = std::panic::catch_unwind(nested).unwrap_err();
            let text = payload.downcast_ref::<&str>().copied().unwrap_or_default();
            assert!(text.contains("can't be nested"), "{text}");
        })
        .unwrap();
    runner.close().unwrap();
}

#[test]
fn one_program_runs_on_it_after_the_other() {
    let runner = Runner::builder().backend(pool(2)).build();
    let task = runner.run(async { create_task(async { 42 }) }).unwrap();
    assert_eq!(runner.run(task).unwrap().unwrap(), 42);
    runner.run(async { create_task(pending::<()>()).detach() }).unwrap();
    runner.close().unwrap();
}

#[test]
fn a_million_tasks_of_one_worker_are_shared_out() {
    let pool = StealExecutor::builder().workers(2).thread_name("sharing").build().unwrap();
    let task = pool.create_task(async {
        let ran = Arc::new(AtomicUsize::new(0));
        let elsewhere = Arc::new(AtomicUsize::new(0));
        let creator = thread::current().id();
        for _ in 0..1_000_000 {
            let (ran, elsewhere) = (Arc::clone(&ran), Arc::clone(&elsewhere));
            create_task(async move {
                if thread::current().id() != creator {
                    elsewhere.fetch_add(1, Ordering::Relaxed);
                }
                ran.fetch_add(1, Ordering::Relaxed);
            })
            .detach();
        }
        while ran.load(Ordering::Relaxed) < 1_000_000 {
            yield_now().await;
        }
        elsewhere.load(Ordering::Relaxed)
    });
    assert!(block_on(task.into_future()).unwrap() > 0);
}

#[test]
fn callbacks_that_have_more_called_come_to_their_end_with_the_pool() {
    const CALLS: usize = 100_000;

    fn call(task: TaskRef, left: usize, called: Arc<AtomicUsize>) {
        called.fetch_add(1, Ordering::Relaxed);
        if left > 0 {
            let executor = Arc::clone(task.executor());
            call_soon(&*executor, move || call(task, left - 1, called));
        }
    }

    let (pool, called) = (pool(1), Arc::new(AtomicUsize::new(0)));
    let task = pool.create_task(async {}).task_ref();
    call(task, CALLS, Arc::clone(&called));
    drop(pool);
    while called.load(Ordering::Relaxed) <= CALLS {
        thread::yield_now();
    }
}
