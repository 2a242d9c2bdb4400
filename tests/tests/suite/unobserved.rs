//! R8: a panic that nobody looked at is told once, when the last handle goes.

use std::time::Duration;

use cede::{Cancel, Task, TaskBuilder, catch_cancel, create_task, wait, yield_now};
use cede_tests::{Backend, Noticed, Signal, every_backend};

every_backend!(
    a_panic_of_a_detached_task_is_told_once,
    it_is_told_only_when_the_last_handle_goes,
    awaited_it_is_not_told,
    awaited_by_task_ref_it_is_not_told,
    looked_at_it_is_not_told,
    asking_whether_it_is_done_is_not_looking,
    waiting_for_the_end_alone_is_not_looking,
    cancelled_tasks_are_not_told,
    values_are_not_told,
    a_panic_while_unwinding_is_told,
    it_says_who_and_where,
    a_panic_of_main_is_not_told,
);

/// A task that panics, and its id.
fn panics() -> cede::JoinHandle<()> {
    create_task(async { panic!("nobody looks") })
}

fn a_panic_of_a_detached_task_is_told_once<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let here = Signal::new();
        let told = here.clone();
        let task: cede::JoinHandle<()> = create_task(async move {
            told.set();
            panic!("nobody looks")
        });
        let id = task.id();
        drop(task);
        here.wait().await; // else it is cancelled, and never runs
        id
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 1);
}

fn it_is_told_only_when_the_last_handle_goes<B: Backend>() {
    let noticed = Noticed::install();
    let kept = B::run(async {
        let task = panics();
        wait([&task]).await;
        let kept = task.task_ref();
        drop(task);
        kept
    })
    .unwrap();
    let id = kept.id();
    assert_eq!(noticed.of(id).len(), 0);
    let copy = kept.clone();
    drop(kept);
    assert_eq!(noticed.of(id).len(), 0);
    drop(copy);
    assert_eq!(noticed.of(id).len(), 1);
}

fn awaited_it_is_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let task = panics();
        let id = task.id();
        assert!(task.await.is_err());
        id
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 0);
}

fn awaited_by_task_ref_it_is_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let task = panics().task_ref();
        assert!((&task).await.is_err());
        task.id()
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 0);
}

fn looked_at_it_is_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let task = panics();
        wait([&task]).await;
        assert!(task.result().is_err());
        task.id()
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 0);
}

fn asking_whether_it_is_done_is_not_looking<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let task = panics();
        while !task.done() {
            yield_now().await;
        }
        assert!(!task.cancelled() && !task.cancel());
        task.id()
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 1);
}

fn waiting_for_the_end_alone_is_not_looking<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let task = panics();
        wait([&task]).timeout(Duration::from_secs(3600)).await;
        assert!(task.done());
        task.add_done_callback(|_| {});
        task.id()
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 1);
}

fn cancelled_tasks_are_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let task = create_task(std::future::pending::<()>());
        task.cancel();
        task.id()
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 0);
}

fn values_are_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async { create_task(async { Err::<(), _>("a value") }).id() }).unwrap();
    assert_eq!(noticed.of(id).len(), 0);
}

fn a_panic_while_unwinding_is_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let _ = catch_cancel(cede_tests::park(parked)).await;
            panic!("clean-up failed");
        });
        let task: cede::JoinHandle<()> = task;
        here.wait().await;
        task.cancel();
        task.id()
    })
    .unwrap();
    assert_eq!(noticed.of(id).len(), 1);
}

fn it_says_who_and_where<B: Backend>() {
    let noticed = Noticed::install();
    let (id, line) = B::run(async {
        let here = Signal::new();
        let alas = Signal::wait(&here);
        let alas = async move {
            alas.await;
            panic!("alas")
        };
        let line = line!() + 1;
        let task = TaskBuilder::new().name("lonely").create_task(alas);
        let task: cede::JoinHandle<()> = task;
        here.set();
        wait([&task]).await;
        (task.id(), line)
    })
    .unwrap();
    let told = noticed.of(id);
    assert_eq!(told.len(), 1);
    let place = format!("{}:{line}:", file!());
    assert!(
        told[0].contains("`lonely`") && told[0].contains("alas") && told[0].contains(&place),
        "{told:?}"
    );
}

fn a_panic_of_main_is_not_told<B: Backend>() {
    let noticed = Noticed::install();
    let id = std::sync::Arc::new(cede_sync::Mutex::new(None));
    let told = std::sync::Arc::clone(&id);
    let outcome: Result<(), _> = B::run(async move {
        *told.lock() = Some(cede::current_task().unwrap().id());
        panic!("main")
    });
    assert!(outcome.is_err());
    let id = id.lock().unwrap();
    assert_eq!(noticed.of(id).len(), 0);
}
