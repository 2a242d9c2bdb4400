//! `Runner`: several runs, the end, and what is left for it.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::local::{LocalExecutor, VirtualClock};
use cede::prelude::*;
use cede::{Runner, Stragglers, critical, sleep, yield_now};

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    fn say(&self, word: &'static str) {
        self.0.borrow_mut().push(word);
    }

    fn text(&self) -> String {
        self.0.borrow().join(" ")
    }
}

/// Says its word when it is dropped.
struct Last(Log, &'static str);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.say(self.1);
    }
}

/// Sleeps until it is asked to stop, then cleans up for `time`.
async fn cleans_up(log: Log, time: Duration) {
    let _last = Last(log.clone(), "gone");
    if let Err(cancelled) = catch_cancel(pending::<()>()).await {
        assert_eq!(cancelled.reason(), Reason::Shutdown);
        log.say("asked");
        sleep(time).await;
        log.say("cleaned-up");
        cancelled.resume().await;
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_one_run_leaves_is_there_for_the_next() {
    let log = Log::default();
    let runner = Runner::new();
    let task = runner.run({
        let log = log.clone();
        async move {
            create_local_task(async move {
                log.say("one");
                yield_now().await;
                yield_now().await;
                log.say("two");
                42
            })
        }
    });
    assert_eq!(log.text(), "one", "a run goes on to the end of the round after its main's end");
    assert_eq!(runner.executor().all_tasks().len(), 1);
    assert_eq!(runner.run(task.unwrap()).unwrap().unwrap(), 42);
    assert_eq!(log.text(), "one two");
    runner.close().unwrap();
}

#[test]
fn what_was_ready_before_comes_before_main() {
    let log = Log::default();
    let runner = Runner::new();
    let [first, second] = [log.clone(), log.clone()];
    let executor = runner.executor();
    let earlier = TaskBuilder::new().create_local_on(executor, async move { first.say("earlier") });
    runner.run(async move { second.say("main") }).unwrap();
    assert!(earlier.done());
    assert_eq!(log.text(), "earlier main");
}

#[test]
fn close_ends_what_is_left_clean_up_and_all() {
    let (log, clock) = (Log::default(), VirtualClock::new());
    let runner = Runner::builder().virtual_clock(&clock).build();
    let task = log.clone();
    runner
        .run(async move {
            create_local_task(cleans_up(task, SECOND)).detach();
            yield_now().await;
        })
        .unwrap();
    assert_eq!(log.text(), "");
    runner.close().unwrap();
    assert_eq!(log.text(), "asked cleaned-up gone");
    assert_eq!(clock.elapsed(), SECOND);
}

#[test]
fn dropping_a_runner_closes_it() {
    let (log, clock) = (Log::default(), VirtualClock::new());
    let runner = Runner::builder().virtual_clock(&clock).build();
    let task = log.clone();
    runner
        .run(async move {
            create_local_task(cleans_up(task, SECOND)).detach();
            yield_now().await;
        })
        .unwrap();
    drop(runner);
    assert_eq!(log.text(), "asked cleaned-up gone");
}

#[test]
fn dropping_a_runner_in_a_task_aborts_what_is_left() {
    let log = Log::default();
    let task = log.clone();
    cede::run(async move {
        let inner = LocalExecutor::new();
        inner.create_task(cleans_up(task, SECOND)).detach();
        drop(Runner::builder().backend(inner).build());
    })
    .unwrap();
    assert_eq!(log.text(), "");
}

#[test]
fn dropping_a_runner_in_a_panic_aborts_what_is_left() {
    let log = Log::default();
    let task = log.clone();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let runner = Runner::new();
        runner
            .run(async move {
                create_local_task(cleans_up(task, SECOND)).detach();
                yield_now().await;
            })
            .unwrap();
        std::panic::resume_unwind(Box::new("quietly"));
    }));
    assert!(panic.is_err());
    assert_eq!(log.text(), "gone");
}

#[test]
fn tasks_that_are_created_meanwhile_end_as_well() {
    let log = Log::default();
    let task = log.clone();
    let runner = Runner::new();
    runner
        .run(async move {
            create_local_task(async move {
                if catch_cancel(pending::<()>()).await.is_err() {
                    let child = create_local_task(cleans_up(task, Duration::ZERO));
                    yield_now().await;
                    drop(child);
                }
            })
            .detach();
            yield_now().await;
        })
        .unwrap();
    runner.close().unwrap();
    assert_eq!(log.text(), "asked cleaned-up gone");
}

#[test]
fn after_the_grace_time_those_that_are_still_there_are_aborted_and_named() {
    let (log, clock) = (Log::default(), VirtualClock::new());
    let runner = Runner::builder().virtual_clock(&clock).grace(2 * SECOND).build();
    let task = log.clone();
    runner
        .run(async move {
            let name = |name| TaskBuilder::new().name(name);
            name("quick").create_local_task(cleans_up(task.clone(), SECOND)).detach();
            name("slow").create_local_task(cleans_up(task.clone(), 3 * SECOND)).detach();
            let last = Last(task, "broken-off");
            name("never")
                .create_local_task(async move {
                    critical(pending::<()>()).await;
                    drop(last);
                })
                .detach();
            yield_now().await;
        })
        .unwrap();
    let stragglers = runner.close().unwrap_err();
    assert_eq!(clock.elapsed(), 2 * SECOND);
    assert_eq!(log.text(), "asked asked cleaned-up gone gone broken-off");
    let names: Vec<String> = stragglers.tasks().iter().map(Task::name).collect();
    assert_eq!(names, ["slow", "never"]);
    assert!(stragglers.tasks().iter().all(TaskRef::cancelled));
    assert!(!stragglers.is_interrupted());
    let text = stragglers.to_string();
    assert!(
        text.starts_with("after 2s, 2 tasks had not ended and were aborted: `slow` "),
        "{text}"
    );
}

#[test]
fn what_the_aborted_create_is_ended_too() {
    struct Creates(Log);
    impl Drop for Creates {
        fn drop(&mut self) {
            let log = self.0.clone();
            create_local_task(async move { log.say("never") }).detach();
            self.0.say("created");
        }
    }
    let (log, clock) = (Log::default(), VirtualClock::new());
    let runner = Runner::builder().virtual_clock(&clock).grace(SECOND).build();
    let creates = Creates(log.clone());
    runner
        .run(async move {
            create_local_task(async move {
                let _creates = creates;
                critical(pending::<()>()).await;
            })
            .detach();
            yield_now().await;
        })
        .unwrap();
    let stragglers: Stragglers = runner.close().unwrap_err();
    assert_eq!(stragglers.tasks().len(), 1);
    assert_eq!(log.text(), "created");
}

#[test]
fn a_long_list_of_stragglers_is_cut() {
    let clock = VirtualClock::new();
    let runner = Runner::builder().virtual_clock(&clock).grace(SECOND).build();
    runner
        .run(async {
            for _ in 0..12 {
                create_task(critical(pending::<()>())).detach();
            }
            yield_now().await;
        })
        .unwrap();
    let text = runner.close().unwrap_err().to_string();
    assert!(
        text.starts_with("after 1s, 12 tasks had not ended and were aborted: `Task-"),
        "{text}"
    );
    assert!(text.ends_with(", and 2 more"), "{text}");
}

#[test]
fn run_to_end_keeps_the_grace_time_too() {
    let clock = VirtualClock::new();
    let runner = Runner::builder().virtual_clock(&clock).grace(SECOND).build();
    let value = runner.run_to_end(async {
        create_task(critical(pending::<()>())).detach();
        yield_now().await;
        42
    });
    assert_eq!(value.unwrap(), 42);
    assert_eq!(clock.elapsed(), SECOND);
}

#[test]
fn main_may_be_cancelled_or_panic_and_the_runner_goes_on() {
    let runner = Runner::builder().main_name("program").build();
    let cancelled = runner.run(async {
        current_task().unwrap().cancel_with("enough");
        pending::<()>().await;
    });
    let text = cancelled.unwrap_err().to_string();
    assert!(text.starts_with("cancelled: enough (task `program` "), "{text}");
    let panicked = runner.run(async { std::panic::resume_unwind(Box::new("quietly")) });
    let Err::<(), _>(TaskError::Panicked(panicked)) = panicked else { panic!() };
    assert_eq!(panicked.text(), "quietly");
    assert_eq!(runner.run(async { 1 }).unwrap(), 1);
}

#[test]
fn a_panic_of_a_task_that_close_ends_is_still_told_of() {
    let told = Arc::new(AtomicBool::new(false));
    let hook = Arc::clone(&told);
    cede::set_unobserved_hook(move |failure| {
        hook.fetch_or(failure.to_string().contains("last words"), Ordering::SeqCst);
    });
    cede::run(async {
        create_task(async {
            let _ = catch_cancel(pending::<()>()).await.is_err();
            std::panic::resume_unwind(Box::new("last words"));
        })
        .detach();
        yield_now().await;
    })
    .unwrap();
    assert!(told.load(Ordering::SeqCst));
}

#[test]
fn runs_cannot_be_nested() {
    let runner = Rc::new(Runner::new());
    let inner = Rc::clone(&runner);
    let text = Rc::new(Cell::new(String::new()));
    let told = Rc::clone(&text);
    runner
        .run(async move {
            let nested = std::panic::AssertUnwindSafe(|| inner.run(async {}));
            let payload = std::panic::catch_unwind(nested).unwrap_err();
            told.set(payload.downcast_ref::<&str>().map_or(String::new(), ToString::to_string));
        })
        .unwrap();
    assert!(text.take().contains("can't be nested"));
}

#[test]
fn the_place_of_main_is_where_run_was_called() {
    let location = || async { current_task().unwrap().location() };
    let places = [cede::run(location()).unwrap(), Runner::new().run(location()).unwrap()];
    for place in places {
        assert_eq!((place.file(), place.line()), (file!(), line!() - 2));
    }
}

#[test]
fn another_thread_can_create_tasks_while_a_runner_runs() {
    struct Done(AtomicBool);
    impl Wake for Done {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let runner = Runner::new();
    let executor = Arc::clone(runner.executor());
    let thread = std::thread::spawn(move || {
        let waker = Waker::from(Arc::new(Done(AtomicBool::new(false))));
        executor.wake_at(executor.now(), waker);
        TaskBuilder::new().create_on(&executor, async { 42 })
    });
    let task = thread.join().unwrap();
    assert_eq!(runner.run(task).unwrap().unwrap(), 42);
}

#[test]
fn many_threads_run_at_once_and_leave_signals_alone() {
    let threads = [(); 8].map(|()| {
        std::thread::spawn(|| {
            for n in 0..100 {
                assert_eq!(cede::run(async move { n }).unwrap(), n);
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
