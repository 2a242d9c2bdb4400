//! R2: a very long chain of awaiting tasks is cancelled on a small stack.

use std::future::pending;
use std::thread;

use cede::{Cancel, JoinHandle, Task, TaskRef, create_task, yield_now};
use cede_tests::{Backend, Counter, Signal, every_backend, park};

every_backend!(
    a_chain_of_a_million_is_cancelled_on_a_small_stack,
    a_chain_of_a_million_that_panics_at_its_end_unwinds_on_a_small_stack,
    a_chain_that_is_dropped_with_its_backend_needs_no_stack,
    a_task_with_ten_thousand_awaiters_is_cancelled,
    ten_thousand_awaits_in_one_task_are_cancelled,
    a_grid_of_joins_is_asked_in_linear_time,
);

const LONG: usize = 1_000_000;

fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(256 * 1024).spawn(f).unwrap().join().unwrap();
}

/// Tasks of which each awaits the one before; the first is `first`. Each has come to its await.
async fn chain(first: JoinHandle<()>, length: usize) -> JoinHandle<()> {
    let begun = Counter::new();
    let last = (1..length).fold(first, |before, _| {
        let begun = begun.clone();
        create_task(async move {
            drop(begun.one());
            let _ = before.await;
        })
    });
    while begun.made() < length - 1 {
        yield_now().await;
    }
    yield_now().await;
    last
}

fn a_chain_of_a_million_is_cancelled_on_a_small_stack<B: Backend>() {
    on_a_small_stack(|| {
        B::run(async {
            let here = Signal::new();
            let first = create_task(park(here.clone()));
            let first_ref = first.task_ref();
            let last = chain(first, LONG).await;
            here.wait().await;
            assert!(last.cancel());
            assert!(last.await.is_err());
            assert_eq!(first_ref.cancelling(), 1);
            assert!(first_ref.cancelled());
        })
        .unwrap();
    });
}

fn a_chain_of_a_million_that_panics_at_its_end_unwinds_on_a_small_stack<B: Backend>() {
    on_a_small_stack(|| {
        B::run(async {
            let go = Signal::new();
            let gone = go.clone();
            let first = create_task(async move {
                gone.wait().await;
                panic!("at the end");
            });
            let last = chain(first, LONG / 10).await;
            go.set();
            last.await.unwrap();
        })
        .unwrap();
    });
}

fn a_chain_that_is_dropped_with_its_backend_needs_no_stack<B: Backend>() {
    on_a_small_stack(|| {
        B::run_and_drop(|_| {}, async {
            drop(chain(create_task(pending::<()>()), LONG / 10).await);
        })
        .unwrap();
    });
}

fn a_task_with_ten_thousand_awaiters_is_cancelled<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        let awaiting: Vec<JoinHandle<_>> = (0..10_000)
            .map(|_| {
                let task: TaskRef = task.task_ref();
                create_task(async move { task.await.is_err() })
            })
            .collect();
        here.wait().await;
        yield_now().await;
        task.cancel();
        for one in awaiting {
            assert!(one.await.unwrap());
        }
    })
    .unwrap();
}

fn ten_thousand_awaits_in_one_task_are_cancelled<B: Backend>() {
    B::run(async {
        let inner: Vec<_> = (0..10_000).map(|_| create_task(pending::<()>())).collect();
        let refs: Vec<_> = inner.iter().map(Task::task_ref).collect();
        let here = Signal::new();
        let told = here.clone();
        let outer = create_task(async move {
            told.set();
            futures::future::join_all(refs.into_iter().map(IntoFuture::into_future)).await
        });
        here.wait().await;
        yield_now().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        for task in inner {
            assert!(task.await.is_err());
        }
    })
    .unwrap();
}

/// Layers of tasks, each of which awaits all of the layer below: the paths grow as a power, the tasks do not.
fn a_grid_of_joins_is_asked_in_linear_time<B: Backend>() {
    B::run(async {
        let mut layer: Vec<TaskRef> =
            (0..5).map(|_| create_task(pending::<()>()).task_ref()).collect();
        let feet = layer.clone();
        let begun = Counter::new();
        for _ in 0..40 {
            layer = (0..5)
                .map(|_| {
                    let (below, begun) = (layer.clone(), begun.clone());
                    create_task(async move {
                        drop(begun.one());
                        let all = below.into_iter().map(IntoFuture::into_future);
                        futures::future::join_all(all).await;
                    })
                    .task_ref()
                })
                .collect();
        }
        while begun.made() < 40 * 5 {
            yield_now().await;
        }
        yield_now().await;
        assert!(layer[0].cancel());
        assert!((&layer[0]).await.is_err());
        for foot in feet {
            assert!(foot.await.is_err());
        }
    })
    .unwrap();
}
