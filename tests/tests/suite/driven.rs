//! The seam: a `Runnable` that is dropped, or run in the wrong place, and tasks that other executors drive as futures.

use std::collections::VecDeque;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::thread;
use std::time::Instant;

use cede::backend::{TaskSet, TimerKey};
use cede::{
    Cancel, Executor, JoinHandle, Reason, Registry, ResultError, Runnable, Running, Task,
    TaskBuilder, TaskError, catch_cancel, create_task, critical, current_task, yield_now,
};
use cede_sync::Mutex;
use cede_tests::{Counter, Log, Signal, panics_from, park};
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt as _;

/// Who drives the tasks of [`Driver`].
enum How {
    /// The test, by hand.
    Hand(Mutex<VecDeque<Runnable>>),
    /// async-executor, as futures.
    AsyncExecutor(Arc<async_executor::Executor<'static>>),
    /// Whoever takes the futures out.
    Futures(Mutex<VecDeque<Running>>),
}

/// A tiny backend, without time.
struct Driver {
    tasks: TaskSet,
    how: How,
    home: thread::ThreadId,
}

impl Driver {
    fn new(how: How) -> (Arc<Self>, Arc<dyn Executor>) {
        let driver = Arc::new(Driver { tasks: TaskSet::new(), how, home: thread::current().id() });
        (Arc::clone(&driver), driver)
    }

    fn by_hand() -> (Arc<Self>, Arc<dyn Executor>) {
        Self::new(How::Hand(Mutex::default()))
    }

    /// The next task that has something to do.
    fn next(&self) -> Option<Runnable> {
        match &self.how {
            How::Hand(queue) => queue.lock().pop_front(),
            _ => unreachable!("driven by hand"),
        }
    }

    fn next_future(&self) -> Option<Running> {
        match &self.how {
            How::Futures(queue) => queue.lock().pop_front(),
            _ => unreachable!("driven as futures"),
        }
    }

    /// Runs what is ready until nothing is.
    fn run_all(&self) {
        while let Some(task) = self.next() {
            self.run(task);
        }
    }

    /// Runs one step; what gives way goes to the end of the queue.
    fn run(&self, task: Runnable) {
        if let Some(again) = task.run() {
            self.schedule(again);
        }
    }
}

impl Executor for Driver {
    fn schedule(&self, task: Runnable) {
        match &self.how {
            How::Hand(queue) => queue.lock().push_back(task),
            How::AsyncExecutor(executor) => executor.spawn(task.into_future()).detach(),
            How::Futures(queue) => queue.lock().push_back(task.into_future()),
        }
    }

    fn tasks(&self) -> &TaskSet {
        &self.tasks
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wake_at(&self, _: Instant, _: Waker) -> TimerKey {
        unreachable!("no timers here")
    }

    fn forget_timer(&self, _: TimerKey) -> Option<Waker> {
        None
    }

    fn name(&self) -> &'static str {
        "driver"
    }

    fn is_local(&self) -> bool {
        thread::current().id() == self.home
    }
}

fn reason<T>(task: &JoinHandle<T>) -> Reason {
    match task.result() {
        Err(ResultError::Cancelled(cancelled)) => cancelled.reason(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a value"),
    }
}

#[test]
fn a_runnable_dropped_unrun_ends_its_task() {
    let (driver, executor) = Driver::by_hand();
    let tally = Counter::new();
    let counted = tally.one();
    let task = TaskBuilder::new().create_on(&executor, async move {
        let _counted = counted;
        pending::<()>().await;
    });
    drop(driver.next().unwrap());
    assert!(task.done());
    assert_eq!(reason(&task), Reason::BackendGone);
    assert_eq!(tally.alive(), 0);
    assert!(executor.all_tasks().is_empty());
    assert!(!task.cancel());
}

#[test]
fn a_runnable_dropped_in_the_middle_drops_the_future_as_the_current_task() {
    struct Who(Log);
    impl Drop for Who {
        fn drop(&mut self) {
            self.0.say(current_task().map_or("nobody".into(), |task| task.name()));
        }
    }
    let (driver, executor) = Driver::by_hand();
    let log = Log::new();
    let guard = Who(log.clone());
    let task = TaskBuilder::new().name("victim").create_on(&executor, async move {
        let _guard = guard;
        let _ = catch_cancel(yield_now()).await;
        pending::<()>().await;
    });
    driver.run(driver.next().unwrap());
    drop(driver.next().unwrap());
    assert_eq!(reason(&task), Reason::BackendGone);
    assert_eq!(log.text(), "victim");
}

#[test]
fn a_runnable_dropped_with_a_panicking_destructor_is_a_panic_of_the_task() {
    let (driver, executor) = Driver::by_hand();
    let booby = cede_tests::Booby("gone");
    let task = TaskBuilder::new().create_on(&executor, async move {
        let _booby = booby;
        pending::<()>().await;
    });
    drop(driver.next().unwrap());
    let error = Task::result(&task).unwrap_err().to_string();
    assert!(error.contains("panicked: gone"), "{error}");
}

#[test]
fn awaiters_of_a_task_whose_runnable_was_dropped_learn_so() {
    let (driver, executor) = Driver::by_hand();
    let inner = TaskBuilder::new().create_on(&executor, pending::<()>());
    let dropped = driver.next().unwrap();
    let outer = TaskBuilder::new().create_on(&executor, async move {
        match inner.await {
            Err(TaskError::Cancelled(cancelled)) => cancelled.reason(),
            other => panic!("{other:?}"),
        }
    });
    driver.run_all();
    assert!(!outer.done());
    drop(dropped);
    driver.run_all();
    assert_eq!(outer.result().unwrap(), &Reason::BackendGone);
}

#[test]
fn there_is_one_runnable_at_a_time() {
    let (driver, executor) = Driver::by_hand();
    let here = Signal::new();
    let task = TaskBuilder::new().create_on(&executor, critical(park(here)));
    driver.run(driver.next().unwrap());
    assert!(driver.next().is_none());
    let wakers: Vec<_> = (0..3).map(|_| task.cancel()).collect();
    assert_eq!(wakers, [true; 3]);
    // Two steps, to see whether the `critical` is being awaited, and was not set aside by the first; it is, so the request is held back.
    driver.run(driver.next().unwrap());
    driver.run(driver.next().unwrap());
    assert!(driver.next().is_none(), "held back: nothing to do");
    assert!(task.abort() && task.abort());
    let runnable = driver.next().unwrap();
    assert!(driver.next().is_none(), "only one");
    driver.run(runnable);
    assert!(task.done() && driver.next().is_none());
    assert_eq!(reason(&task), Reason::Abort);
}

#[test]
fn a_wake_during_a_step_schedules_once_after_it() {
    let (driver, executor) = Driver::by_hand();
    let task = TaskBuilder::new().create_on(&executor, async {
        for _ in 0..3 {
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
                std::task::Poll::Ready(())
            })
            .await;
        }
        yield_now().await;
    });
    driver.run(driver.next().unwrap());
    let again = driver.next().unwrap();
    assert!(driver.next().is_none());
    driver.run(again);
    assert!(task.done());
}

#[test]
fn a_waker_that_outlives_its_task_does_nothing() {
    let (driver, executor) = Driver::by_hand();
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let task = TaskBuilder::new().create_on(&executor, async move {
        std::future::poll_fn(|cx| {
            *keep.lock() = Some(cx.waker().clone());
            std::task::Poll::Ready(())
        })
        .await;
    });
    driver.run_all();
    drop(task);
    let waker = kept.lock().take().unwrap();
    thread::spawn(move || {
        waker.wake_by_ref();
        waker.wake();
    })
    .join()
    .unwrap();
    assert!(driver.next().is_none());
}

#[test]
fn a_runnable_that_is_not_send_run_elsewhere_panics_and_leaks() {
    let (driver, executor) = Driver::by_hand();
    let shared = Rc::new(());
    let inside = Rc::clone(&shared);
    let task = TaskBuilder::new().name("homebody").create_local_on(&executor, async move {
        pending::<()>().await;
        drop(inside);
    });
    let runnable = driver.next().unwrap();
    let text = thread::spawn(move || panics_from(|| runnable.run())).join().unwrap();
    assert!(text.contains("`homebody`") && text.contains("not `Send`"), "{text}");
    assert!(task.done());
    assert_eq!(reason(&task), Reason::BackendGone);
    drop(task);
    assert_eq!(Rc::strong_count(&shared), 2, "leaked, and not dropped elsewhere");
}

#[test]
fn a_runnable_that_is_not_send_dropped_elsewhere_leaks_quietly() {
    let (driver, executor) = Driver::by_hand();
    let shared = Rc::new(());
    let inside = Rc::clone(&shared);
    let task = TaskBuilder::new().create_local_on(&executor, async move {
        yield_now().await;
        drop(inside);
    });
    driver.run(driver.next().unwrap());
    let runnable = driver.next().unwrap();
    thread::spawn(move || drop(runnable)).join().unwrap();
    assert_eq!(reason(&task), Reason::BackendGone);
    assert_eq!(Rc::strong_count(&shared), 2);
}

#[test]
fn a_running_that_is_not_send_polled_elsewhere_panics_and_leaks() {
    let (driver, executor) = Driver::new(How::Futures(Mutex::default()));
    let shared = Rc::new(());
    let inside = Rc::clone(&shared);
    let task = TaskBuilder::new().create_local_on(&executor, async move {
        pending::<()>().await;
        drop(inside);
    });
    let running = driver.next_future().unwrap();
    let text = thread::spawn(move || panics_from(|| futures_lite::future::block_on(running)))
        .join()
        .unwrap();
    assert!(text.contains("not `Send`"), "{text}");
    assert_eq!(reason(&task), Reason::BackendGone);
    assert_eq!(Rc::strong_count(&shared), 2);
}

#[test]
fn a_local_task_on_a_backend_of_many_threads_is_refused() {
    let (_, executor) = Driver::by_hand();
    let text = thread::spawn(move || {
        panics_from(|| drop(TaskBuilder::new().create_local_on(&executor, async {})))
    })
    .join()
    .unwrap();
    assert!(text.contains("`driver`") && text.contains("must be `Send`"), "{text}");
}

/// What every executor of futures must get right: waking, cancelling, awaiting, clean-up.
fn program(executor: &Arc<dyn Executor>) -> JoinHandle<String> {
    TaskBuilder::new().name("program").create_on(executor, async {
        let here = Signal::new();
        let parked = here.clone();
        let worker = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            yield_now().await;
            cancelled.resume().await;
        });
        let worker: JoinHandle<()> = worker;
        here.wait().await;
        let sum = create_task(async {
            let parts: Vec<_> = (0..10)
                .map(|n| {
                    create_task(async move {
                        yield_now().await;
                        n
                    })
                })
                .collect();
            let mut sum = 0;
            for part in parts {
                sum += part.await.unwrap();
            }
            sum
        });
        let sum = sum.await.unwrap();
        worker.cancel_with("enough");
        let ended = worker.await.unwrap_err();
        let never = create_task(pending::<()>());
        never.abort();
        assert!(never.await.is_err());
        format!("{} {sum} {}", current_task().unwrap().name(), ended.to_string().contains("enough"))
    })
}

#[test]
fn async_executor_can_drive_tasks() {
    let inner = Arc::new(async_executor::Executor::new());
    let (_, executor) = Driver::new(How::AsyncExecutor(Arc::clone(&inner)));
    let task = program(&executor);
    let text = futures_lite::future::block_on(inner.run(task.into_future())).unwrap();
    assert_eq!(text, "program 45 true");
    assert!(executor.all_tasks().is_empty());
}

#[test]
fn async_executor_on_several_threads_can_drive_tasks() {
    let inner = Arc::new(async_executor::Executor::new());
    let (_, executor) = Driver::new(How::AsyncExecutor(Arc::clone(&inner)));
    let stop = Signal::new();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (inner, stop) = (Arc::clone(&inner), stop.clone());
            thread::spawn(move || futures_lite::future::block_on(inner.run(stop.wait())))
        })
        .collect();
    for _ in 0..50 {
        let tasks: Vec<_> = (0..4).map(|_| program(&executor)).collect();
        for task in tasks {
            let text = futures_lite::future::block_on(task.into_future()).unwrap();
            assert_eq!(text, "program 45 true");
        }
    }
    stop.set();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(executor.all_tasks().is_empty());
}

/// async-task aborts the process when a destructor panics; that must not reach us.
#[test]
fn an_async_executor_that_is_dropped_ends_its_tasks() {
    let inner = async_executor::Executor::new();
    let (driver, executor) = Driver::new(How::Futures(Mutex::default()));
    let tally = Counter::new();
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            let (counted, booby) = (tally.one(), (n == 5).then(|| cede_tests::Booby("late")));
            TaskBuilder::new().create_on(&executor, async move {
                let _counted = counted;
                let _booby = booby;
                if n % 2 == 0 {
                    yield_now().await;
                }
                let _ = catch_cancel(pending::<()>()).await;
            })
        })
        .collect();
    while let Some(running) = driver.next_future() {
        inner.spawn(running).detach();
    }
    while inner.try_tick() {}
    tasks[3].cancel();
    drop(inner);
    assert!(tasks.iter().all(Task::done));
    assert_eq!(tally.alive(), 0);
    assert!(executor.all_tasks().is_empty());
}

#[test]
fn a_local_pool_can_drive_tasks_that_are_not_send() {
    let mut pool = LocalPool::new();
    let (driver, executor) = Driver::new(How::Futures(Mutex::default()));
    let shared = Rc::new(std::cell::Cell::new(0));
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            let shared = Rc::clone(&shared);
            TaskBuilder::new().create_local_on(&executor, async move {
                for _ in 0..n {
                    yield_now().await;
                }
                shared.set(shared.get() + n);
                if n == 7 {
                    pending::<()>().await;
                }
            })
        })
        .collect();
    while let Some(running) = driver.next_future() {
        pool.spawner().spawn_local(running).unwrap();
    }
    pool.run_until_stalled();
    assert_eq!(shared.get(), 45);
    assert!(tasks[7].cancel());
    pool.run_until_stalled();
    assert!(tasks[7].cancelled() && tasks.iter().all(Task::done));
    assert_eq!(Rc::strong_count(&shared), 1);
}

#[test]
fn a_local_pool_that_is_dropped_ends_its_tasks() {
    let mut pool = LocalPool::new();
    let (driver, executor) = Driver::new(How::Futures(Mutex::default()));
    let shared = Rc::new(());
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let shared = Rc::clone(&shared);
            TaskBuilder::new().create_local_on(&executor, async move {
                let _ = catch_cancel(pending::<()>()).await;
                drop(shared);
            })
        })
        .collect();
    while let Some(running) = driver.next_future() {
        pool.spawner().spawn_local(running).unwrap();
    }
    pool.run_until_stalled();
    drop(pool);
    assert!(tasks.iter().all(|task| reason(task) == Reason::BackendGone));
    assert_eq!(Rc::strong_count(&shared), 1);
    assert!(executor.all_tasks().is_empty());
}

#[test]
fn a_running_polled_without_need_does_nothing() {
    let (driver, executor) = Driver::new(How::Futures(Mutex::default()));
    let tally = Counter::new();
    let counted = tally.clone();
    let task = TaskBuilder::new().create_on(&executor, async move {
        std::future::poll_fn(|_| {
            drop(counted.one());
            std::task::Poll::<()>::Pending
        })
        .await;
    });
    let mut running = driver.next_future().unwrap();
    for _ in 0..5 {
        let polled = futures_lite::future::poll_once(&mut running);
        assert!(futures_lite::future::block_on(polled).is_none());
    }
    assert_eq!(tally.made(), 1);
    task.cancel();
    futures_lite::future::block_on(&mut running);
    assert!(task.cancelled());
    futures_lite::future::block_on(running);
}
