//! R1 and R9: creating a task schedules it, and dropping its handle detaches it.

use std::future::ready;

use cede::{Cancel, Task, TaskBuilder, backend, create_task, current_task, yield_now};
use cede_tests::{
    Backend, Counter, Fifo, Log, Signal, every_backend, fifo_backends, panics_from, park,
};

every_backend!(
    a_detached_task_runs_to_its_end,
    a_detached_task_that_waits_is_not_lost,
    the_future_is_dropped_before_the_task_is_done,
    a_detached_value_is_dropped,
    a_value_waits_for_its_handle,
    outside_any_backend_it_panics,
    on_a_closed_backend_the_task_is_cancelled,
);
fifo_backends!(
    creating_never_polls,
    tasks_start_in_the_order_of_their_creation,
    a_woken_task_queues_behind_what_is_ready,
);

fn creating_never_polls<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        let task = create_task({
            let log = log.clone();
            async move { log.say("task") }
        });
        log.say("created");
        yield_now().await;
        log.say("yielded");
        assert!(task.done());
        assert_eq!(log.text(), "created task yielded");
    })
    .unwrap();
}

fn tasks_start_in_the_order_of_their_creation<B: Fifo>() {
    B::run(async {
        let log = Log::new();
        for name in ["a", "b", "c"] {
            let log = log.clone();
            drop(create_task(async move {
                log.say(name);
                yield_now().await;
                log.say(name.to_uppercase());
            }));
        }
        yield_now().await;
        assert_eq!(log.text(), "a b c");
        yield_now().await;
        assert_eq!(log.text(), "a b c A B C");
    })
    .unwrap();
}

fn a_woken_task_queues_behind_what_is_ready<B: Fifo>() {
    B::run(async {
        let (log, go) = (Log::new(), Signal::new());
        let sleeper = create_task({
            let (log, go) = (log.clone(), go.clone());
            async move {
                go.wait().await;
                log.say("woken");
            }
        });
        yield_now().await;
        let ready = create_task({
            let log = log.clone();
            async move { log.say("ready") }
        });
        go.set();
        sleeper.await.unwrap();
        ready.await.unwrap();
        assert_eq!(log.text(), "ready woken");
    })
    .unwrap();
}

fn a_detached_task_runs_to_its_end<B: Backend>() {
    let done = Signal::new();
    let told = done.clone();
    B::run(async move {
        drop(create_task(async move {
            yield_now().await;
            told.set();
        }));
        done.wait().await;
    })
    .unwrap();
}

fn a_detached_task_that_waits_is_not_lost<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let id = {
            let (here, counted) = (here.clone(), tally.one());
            let task = create_task(async move {
                let _counted = counted;
                park(here).await;
            });
            task.id()
        };
        here.wait().await;
        yield_now().await;
        assert_eq!(tally.alive(), 1);
        let found = cede::all_tasks().into_iter().find(|task| task.id() == id);
        assert!(found.unwrap().cancel_and_wait().await.is_err());
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn the_future_is_dropped_before_the_task_is_done<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let task = create_task(async move {
            let _counted = counted;
            7
        });
        assert_eq!((&task).await.unwrap(), &7);
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn a_detached_value_is_dropped<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let task = create_task(async move { counted }).task_ref();
        task.await.unwrap();
        assert_eq!((tally.made(), tally.alive()), (1, 0));
    })
    .unwrap();
}

fn a_value_waits_for_its_handle<B: Backend>() {
    B::run(async {
        let tally = Counter::new();
        let counted = tally.one();
        let task = create_task(async move { counted });
        task.task_ref().await.unwrap();
        assert_eq!(tally.alive(), 1);
        drop(task);
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn outside_any_backend_it_panics<B: Backend>() {
    let text = panics_from(|| drop(create_task(ready(()))));
    assert!(text.contains("create_task") && text.contains("cede::run"), "{text}");
    B::run(async {}).unwrap();
    assert!(current_task().is_none());
    assert!(backend::ambient().is_none(), "nothing is left behind");
}

fn on_a_closed_backend_the_task_is_cancelled<B: Backend>() {
    let executor = B::run(async { backend::ambient().unwrap() }).unwrap();
    executor.tasks().close();
    let tally = Counter::new();
    let counted = tally.one();
    let task = TaskBuilder::new().create_on(&executor, async move {
        drop(counted);
        unreachable!("nobody polls it")
    });
    assert!(task.done() && task.cancelled());
    assert!(!task.cancel());
    let cede::ResultError::Cancelled(cancelled) = Task::result(&task).unwrap_err() else {
        panic!("not cancelled")
    };
    assert_eq!(cancelled.reason(), cede::Reason::BackendGone);
    assert_eq!(tally.alive(), 0);
    assert!(executor.tasks().all().is_empty());
}
