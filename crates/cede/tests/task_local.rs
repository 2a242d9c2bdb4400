//! `TaskLocal`: whose a value is, who inherits it, and when it is dropped.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use cede::local::LocalExecutor;
use cede::prelude::*;
use cede::{TaskLocal, yield_now};

static OWN: TaskLocal<u32> = TaskLocal::new();
static INHERITED: TaskLocal<u32> = TaskLocal::inherited();
static TOLD: TaskLocal<Told> = TaskLocal::new();
static TOLD_TOO: TaskLocal<Told> = TaskLocal::inherited();

/// What happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// Says when it is dropped, and in which task.
#[derive(Debug)]
struct Told(Log, &'static str);

impl Drop for Told {
    fn drop(&mut self) {
        let task = current_task().map_or("no task".to_string(), |task| task.name());
        self.0.lock().unwrap().push(format!("{} in {task}", self.1));
    }
}

fn told(log: &Log, word: &'static str) -> Told {
    Told(Arc::clone(log), word)
}

fn text(log: &Log) -> String {
    log.lock().unwrap().join(", ")
}

fn named(name: &str) -> TaskBuilder {
    TaskBuilder::new().name(name)
}

#[test]
fn each_task_has_its_own() {
    cede::run(async {
        assert_eq!(OWN.get(), None);
        OWN.set(1);
        let tasks = [2, 3].map(|value| {
            create_task(async move {
                assert_eq!(OWN.get(), None);
                OWN.set(value);
                yield_now().await;
                OWN.get()
            })
        });
        for (task, value) in tasks.into_iter().zip([2, 3]) {
            assert_eq!(task.await.unwrap(), Some(value));
        }
        assert_eq!(OWN.get(), Some(1));
        OWN.unset();
        assert_eq!(OWN.get(), None);
    })
    .unwrap();
}

#[test]
fn a_child_inherits_what_is_there_when_it_is_created() {
    cede::run(async {
        INHERITED.set(1);
        let child = create_task(async {
            let grandchild = create_task(async { INHERITED.get() });
            (INHERITED.get(), grandchild.await.unwrap())
        });
        INHERITED.set(2);
        assert_eq!(child.await.unwrap(), (Some(1), Some(1)));
        INHERITED.unset();
        assert_eq!(create_task(async { INHERITED.get() }).await.unwrap(), None);
    })
    .unwrap();
}

#[test]
fn a_child_shares_the_value_and_may_set_another() {
    static SHARED: TaskLocal<Arc<()>> = TaskLocal::inherited();
    cede::run(async {
        let value = Arc::new(());
        SHARED.set(Arc::clone(&value));
        let child = create_task(async {
            SHARED.set(Arc::new(()));
            pending::<()>().await;
        });
        let same = create_task(async { SHARED.get() }).await.unwrap();
        assert!(Arc::ptr_eq(&same.unwrap(), &value));
        assert_eq!(Arc::strong_count(&value), 2, "inheriting makes no copy");
        drop(child);
    })
    .unwrap();
}

#[test]
fn children_on_other_backends_and_local_ones_inherit_too() {
    cede::run(async {
        INHERITED.set(7);
        let local = create_local_task(async { INHERITED.get() });
        assert_eq!(local.await.unwrap(), Some(7));
        let other = LocalExecutor::new();
        let there = other.create_task(async { INHERITED.get() });
        std::thread::scope(|_| drop(other));
        assert!(there.cancelled());
    })
    .unwrap();
}

#[test]
fn outside_any_task_there_is_none() {
    assert_eq!(OWN.get(), None);
    assert_eq!(OWN.with(|_| ()), None);
    OWN.unset();
    let panic = std::panic::catch_unwind(|| OWN.set(1)).unwrap_err();
    let text = panic.downcast_ref::<&str>().expect("it is text");
    assert!(text.contains("inside"), "{text}");
}

#[test]
fn values_are_dropped_after_the_future_in_the_task_before_it_is_done() {
    let log = Log::default();
    cede::run({
        let log = Arc::clone(&log);
        async move {
            let in_task = Arc::clone(&log);
            let task = named("task").create_task(async move {
                let _future = told(&in_task, "future");
                TOLD.set(told(&in_task, "first"));
                TOLD_TOO.set(told(&in_task, "second"));
                yield_now().await;
                42
            });
            assert_eq!(*(&task).await.unwrap(), 42);
            assert_eq!(text(&log), "future in task, second in task, first in task");
        }
    })
    .unwrap();
}

#[test]
fn they_are_dropped_when_a_task_is_cancelled_aborted_or_panics() {
    for how in ["cancelled", "aborted", "panicked", "never polled"] {
        let log = Log::default();
        cede::run({
            let log = Arc::clone(&log);
            async move {
                TOLD_TOO.set(told(&log, "inherited"));
                let in_task = Arc::clone(&log);
                let task = named("task").create_task(async move {
                    let _future = told(&in_task, "future");
                    TOLD.set(told(&in_task, "own"));
                    if how == "panicked" {
                        std::panic::resume_unwind(Box::new("quietly"));
                    }
                    pending::<()>().await;
                });
                if how != "never polled" {
                    yield_now().await;
                }
                if how == "aborted" {
                    task.abort();
                } else {
                    task.cancel();
                }
                assert!((&task).await.is_err());
                let expected =
                    if how == "never polled" { "" } else { "future in task, own in task" };
                assert_eq!(text(&log), expected, "{how}");
                TOLD_TOO.unset();
                assert!(text(&log).ends_with("inherited in main"), "{how}: the last one drops it");
            }
        })
        .unwrap();
    }
}

#[test]
fn they_are_dropped_when_the_backend_goes() {
    let log = Log::default();
    let executor = LocalExecutor::new();
    let in_task = Arc::clone(&log);
    let task = executor.create_task(async move {
        TOLD.set(told(&in_task, "value"));
        pending::<()>().await;
    });
    task.set_name("task");
    executor.block_on(yield_now()).unwrap();
    drop(executor);
    assert_eq!(text(&log), "value in task");
}

#[test]
fn a_value_that_is_replaced_is_dropped_at_once() {
    let log = Log::default();
    cede::run({
        let log = Arc::clone(&log);
        async move {
            TOLD.set(told(&log, "one"));
            TOLD.with(|value| {
                TOLD.set(told(&log, "two"));
                assert_eq!((value.1, text(&log).as_str()), ("one", ""), "it is in use");
            });
            assert_eq!(text(&log), "one in main");
        }
    })
    .unwrap();
    assert_eq!(text(&log), "one in main, two in main");
}

#[test]
fn a_destructor_may_look_and_set_but_not_for_long() {
    static SEEN: Mutex<Vec<Option<u32>>> = Mutex::new(Vec::new());
    static LAST: TaskLocal<Last> = TaskLocal::new();
    #[derive(Debug)]
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            SEEN.lock().unwrap().push(OWN.get());
            OWN.set(2);
            SEEN.lock().unwrap().push(OWN.get());
        }
    }
    cede::run(async {
        OWN.set(1);
        LAST.set(Last);
    })
    .unwrap();
    assert_eq!(*SEEN.lock().unwrap(), [None, None], "the values have left the task by then");
}

#[test]
fn a_panicking_destructor_harms_nobody() {
    #[derive(Debug)]
    struct Booby;
    impl Drop for Booby {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("quietly"));
        }
    }
    static BOOBY: TaskLocal<Booby> = TaskLocal::new();
    let log = Log::default();
    let value = cede::run({
        let log = Arc::clone(&log);
        async move {
            TOLD.set(told(&log, "dropped"));
            BOOBY.set(Booby);
            42
        }
    });
    assert_eq!(value.unwrap(), 42);
    assert_eq!(text(&log), "dropped in main");
}

#[test]
fn a_scope_has_its_value_while_it_is_polled() {
    cede::run(async {
        OWN.set(1);
        let inside = OWN.scope(2, async {
            let before = OWN.get();
            yield_now().await;
            OWN.set(3);
            yield_now().await;
            (before, OWN.get())
        });
        let beside = async {
            let mut seen = Vec::new();
            for _ in 0..3 {
                seen.push(OWN.get());
                yield_now().await;
            }
            seen
        };
        let (inside, beside) = futures_lite::future::zip(inside, beside).await;
        assert_eq!(inside, (Some(2), Some(3)));
        assert_eq!(beside, [Some(1); 3]);
        assert_eq!(OWN.get(), Some(1));
    })
    .unwrap();
}

#[test]
fn scopes_nest_and_children_inherit_from_them() {
    cede::run(async {
        let seen = INHERITED.scope(1, async {
            let inner = INHERITED.scope(2, async {
                (INHERITED.get(), create_task(async { INHERITED.get() }).await.unwrap())
            });
            (inner.await, INHERITED.get())
        });
        assert_eq!(seen.await, ((Some(2), Some(2)), Some(1)));
        assert_eq!(INHERITED.get(), None);
    })
    .unwrap();
}

#[test]
fn a_scope_that_is_unwound_still_has_its_value() {
    static SEEN: Mutex<Vec<Option<u32>>> = Mutex::new(Vec::new());
    struct Looks;
    impl Drop for Looks {
        fn drop(&mut self) {
            SEEN.lock().unwrap().push(OWN.get());
        }
    }
    cede::run(async {
        let task = create_task(async {
            OWN.set(1);
            let scope = OWN.scope(2, async {
                let _looks = Looks;
                pending::<()>().await;
            });
            let unwound = catch_cancel(scope).await;
            (unwound.is_err(), OWN.get())
        });
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (true, Some(1)));
    })
    .unwrap();
    assert_eq!(*SEEN.lock().unwrap(), [Some(2)]);
}

#[test]
fn a_scope_whose_future_panics_gives_the_value_back() {
    cede::run(async {
        OWN.set(1);
        let mut scope =
            pin!(OWN.scope(2, async { std::panic::resume_unwind(Box::new("quietly")) }));
        let poll = || scope.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(poll));
        assert!(polled.map(|polled: std::task::Poll<()>| polled.is_ready()).is_err());
        assert_eq!(OWN.get(), Some(1));
    })
    .unwrap();
}

#[test]
fn a_scope_may_be_dropped_outside_any_task() {
    let log = Log::default();
    let in_scope = told(&log, "future");
    drop(TOLD.scope(told(&log, "value"), async move {
        let _in_scope = in_scope;
    }));
    assert_eq!(text(&log), "future in no task, value in no task");
}

#[test]
fn a_scope_needs_a_task() {
    let scope = OWN.scope(1, async {});
    let polled = std::panic::AssertUnwindSafe(|| futures_lite::future::block_on(scope));
    let panic = std::panic::catch_unwind(polled).unwrap_err();
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap();
    assert!(text.contains("inside a task"), "{text}");
}
