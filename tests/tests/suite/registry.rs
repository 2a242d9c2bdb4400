//! R13: who is alive, and who is running.

use std::future::pending;

use cede::{
    Cancel, Registry, Task, TaskBuilder, all_tasks, backend, catch_cancel, create_task,
    current_task, yield_now,
};
use cede_tests::{Backend, Log, Signal, every_backend, panics_from, park};

every_backend!(
    all_tasks_are_those_that_are_not_done,
    all_tasks_come_in_the_order_of_their_creation,
    a_done_task_is_not_listed_when_its_callbacks_run,
    the_current_task_is_the_one_that_runs,
    there_is_no_current_task_outside,
    there_is_none_in_a_done_callback,
    a_done_callback_is_called_after_the_run_as_well,
    it_is_exact_in_a_nested_block_on,
    it_is_exact_in_a_value_that_is_dropped_by_its_task,
    a_handle_to_the_backend_works_from_any_thread,
    the_current_task_of_another_backend_is_none,
    all_tasks_outside_panics,
    task_refs_are_equal_if_they_are_the_same_task,
);

fn all_tasks_are_those_that_are_not_done<B: Backend>() {
    B::run(async {
        let me = current_task().unwrap();
        assert_eq!(all_tasks(), std::slice::from_ref(&me));
        let a = create_task(async {});
        let b = create_task(pending::<()>());
        assert!(all_tasks().contains(&b.task_ref()));
        a.task_ref().await.unwrap();
        assert_eq!(all_tasks(), [me.clone(), b.task_ref()]);
        b.cancel();
        assert!((&b).await.is_err());
        assert_eq!(all_tasks(), [me]);
    })
    .unwrap();
}

fn all_tasks_come_in_the_order_of_their_creation<B: Backend>() {
    B::run(async {
        let mut made: Vec<_> = (0..20).map(|_| create_task(pending::<()>())).collect();
        for _ in 0..10 {
            let gone = made.remove(made.len() / 2);
            let _ = gone.cancel_and_wait().await;
            made.push(create_task(pending::<()>()));
        }
        let listed: Vec<_> = all_tasks().iter().map(Task::id).skip(1).collect();
        let expected: Vec<_> = made.iter().map(Task::id).collect();
        assert_eq!(listed, expected);
        assert!(listed.is_sorted());
    })
    .unwrap();
}

fn a_done_task_is_not_listed_when_its_callbacks_run<B: Backend>() {
    B::run(async {
        let (log, called) = (Log::new(), Signal::new());
        let (said, told) = (log.clone(), called.clone());
        let executor = backend::ambient().unwrap();
        let task = create_task(yield_now());
        task.add_done_callback(move |task| {
            said.say(format!("{} {}", task.done(), executor.all_tasks().contains(task)));
            told.set();
        });
        task.await.unwrap();
        called.wait().await;
        assert_eq!(log.text(), "true false");
    })
    .unwrap();
}

fn the_current_task_is_the_one_that_runs<B: Backend>() {
    B::run(async {
        let task = TaskBuilder::new().name("inner").create_task(async {
            let before = current_task().unwrap();
            yield_now().await;
            let after = catch_cancel(async { current_task().unwrap() }).await.unwrap();
            assert_eq!(before, after);
            before
        });
        let handle = task.task_ref();
        let (found, mine) = (task.await.unwrap(), current_task().unwrap());
        assert_eq!(found, handle);
        assert_ne!(mine, found);
        assert_eq!(found.name(), "inner");
    })
    .unwrap();
}

fn there_is_no_current_task_outside<B: Backend>() {
    assert!(current_task().is_none());
    let executor = B::run(async { backend::ambient().unwrap() }).unwrap();
    assert!(current_task().is_none());
    assert!(executor.current_task().is_none());
}

fn there_is_none_in_a_done_callback<B: Backend>() {
    B::run(async {
        let (log, called) = (Log::new(), Signal::new());
        let (said, told) = (log.clone(), called.clone());
        let task = create_task(yield_now());
        task.add_done_callback(move |_| {
            said.say(current_task().is_none().to_string());
            told.set();
        });
        called.wait().await;
        // On a task that is done it waits for its turn.
        let (said, called) = (log.clone(), Signal::new());
        let told = called.clone();
        let id = task.add_done_callback(move |_| {
            said.say(current_task().is_none().to_string());
            told.set();
        });
        assert!(id.is_none());
        called.wait().await;
        assert_eq!(log.text(), "true true");
    })
    .unwrap();
}

fn a_done_callback_is_called_after_the_run_as_well<B: Backend>() {
    let task = B::run(async {
        let task = create_task(async {});
        task.task_ref().await.unwrap();
        task
    })
    .unwrap();
    let called = Signal::new();
    let told = called.clone();
    task.add_done_callback(move |_| told.set());
    assert!(called.is_set(), "no turn will ever come");
}

fn it_is_exact_in_a_nested_block_on<B: Backend>() {
    B::run(async {
        let me = current_task();
        let inside = futures_lite::future::block_on(async {
            futures_lite::future::yield_now().await;
            current_task()
        });
        assert_eq!(me, inside);
        assert_eq!(me, current_task());
    })
    .unwrap();
}

fn it_is_exact_in_a_value_that_is_dropped_by_its_task<B: Backend>() {
    struct Who(Log);
    impl Drop for Who {
        fn drop(&mut self) {
            self.0.say(current_task().map_or("nobody".into(), |task| task.name()));
        }
    }
    B::run(async {
        let log = Log::new();
        let (value, go) = (Who(log.clone()), Signal::new());
        let gone = go.wait();
        let task = TaskBuilder::new()
            .name("owner")
            .create_task(async move {
                gone.await;
                value
            })
            .task_ref();
        go.set(); // the handle is gone by now
        task.await.unwrap();
        assert_eq!(log.text(), "owner");
    })
    .unwrap();
}

fn a_handle_to_the_backend_works_from_any_thread<B: Backend>() {
    B::run_real(async {
        let (executor, here) = (backend::ambient().unwrap(), Signal::new());
        let task = create_task(park(here.clone()));
        here.wait().await;
        let told = Signal::new();
        let (tell, id) = (told.clone(), task.id());
        let thread = std::thread::spawn(move || {
            assert!(executor.current_task().is_none());
            let tasks = executor.all_tasks();
            let found = tasks.iter().find(|task| task.id() == id).unwrap();
            assert!(found.cancel());
            tell.set();
        });
        told.wait().await;
        assert!(task.await.is_err());
        thread.join().unwrap();
    })
    .unwrap();
}

fn the_current_task_of_another_backend_is_none<B: Backend>() {
    let other = B::run(async { backend::ambient().unwrap() }).unwrap();
    B::run(async move {
        assert!(other.current_task().is_none());
        let mine = backend::ambient().unwrap();
        assert_eq!(mine.current_task(), current_task());
    })
    .unwrap();
}

fn all_tasks_outside_panics<B: Backend>() {
    B::run(async {}).unwrap();
    let text = panics_from(all_tasks);
    assert!(text.contains("all_tasks") && text.contains("cede::run"), "{text}");
}

fn task_refs_are_equal_if_they_are_the_same_task<B: Backend>() {
    use std::collections::HashSet;
    B::run(async {
        let (a, b) = (create_task(async {}), create_task(async {}));
        let set = HashSet::from([a.task_ref(), a.task_ref(), b.task_ref()]);
        assert_eq!(set.len(), 2);
        assert_ne!(a.task_ref(), b.task_ref());
    })
    .unwrap();
}
