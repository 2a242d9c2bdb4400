//! R6: `shield` awaits without forwarding.

use cede::{Cancel, Task, TaskError, catch_cancel, create_task, shield, yield_now};
use cede_tests::{Backend, Signal, every_backend, park, waiting};

every_backend!(
    the_shielded_task_runs_on,
    the_waiting_task_unwinds_at_once,
    a_scope_around_a_shield_catches,
    a_shield_gives_the_value_by_reference,
    a_cancelled_task_behind_a_shield_is_an_error_with_its_message,
    a_panic_behind_a_shield_is_an_error,
    a_shield_of_a_task_ref_waits,
    a_shield_of_a_done_task_is_ready,
    a_shield_inside_a_chain_stops_the_request,
);

fn the_shielded_task_runs_on<B: Backend>() {
    B::run(async {
        let (here, go, waits) = (Signal::new(), Signal::new(), Signal::new());
        let (told, gone) = (here.clone(), go.clone());
        let inner = create_task(async move {
            told.set();
            gone.wait().await;
            "saved"
        });
        let (inner_ref, tell) = (inner.task_ref(), waits.clone());
        let outer = create_task(async move {
            tell.set();
            shield(&inner_ref).await
        });
        here.wait().await;
        waits.wait().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        assert_eq!((inner.done(), inner.cancelling()), (false, 0));
        go.set();
        assert_eq!(inner.await.unwrap(), "saved");
    })
    .unwrap();
}

fn the_waiting_task_unwinds_at_once<B: Backend>() {
    B::run(async {
        let (here, waits) = (Signal::new(), Signal::new());
        let inner = create_task(park(here.clone()));
        let (inner_ref, tell) = (inner.task_ref(), waits.clone());
        let outer = create_task(async move {
            tell.set();
            let _ = shield(&inner_ref).await;
        });
        waits.wait().await;
        outer.cancel_with("m");
        let Err(TaskError::Cancelled(cancelled)) = outer.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("m"));
        assert!(!inner.done());
        inner.cancel();
    })
    .unwrap();
}

fn a_scope_around_a_shield_catches<B: Backend>() {
    B::run(async {
        let (go, waits) = (Signal::new(), Signal::new());
        let gone = go.clone();
        let inner = create_task(async move {
            gone.wait().await;
            3
        });
        let tell = waits.clone();
        let outer = create_task(async move {
            let caught = catch_cancel(async {
                tell.set();
                shield(&inner).await.copied()
            })
            .await;
            assert!(caught.is_err());
            go.set();
            inner.await.unwrap()
        });
        waits.wait().await;
        outer.cancel();
        assert_eq!(outer.await.unwrap(), 3);
    })
    .unwrap();
}

fn a_shield_gives_the_value_by_reference<B: Backend>() {
    B::run(async {
        let inner = create_task(async {
            yield_now().await;
            String::from("v")
        });
        assert_eq!(shield(&inner).await.unwrap(), "v");
        assert_eq!(shield(&inner).await.unwrap(), "v");
        assert_eq!(inner.await.unwrap(), "v");
    })
    .unwrap();
}

fn a_cancelled_task_behind_a_shield_is_an_error_with_its_message<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let inner = create_task(park(here.clone()));
        here.wait().await;
        let (inner_ref, waits) = (inner.task_ref(), Signal::new());
        let tell = waits.clone();
        let outer = create_task(async move {
            match waiting(tell, shield(&inner_ref)).await {
                Err(TaskError::Cancelled(cancelled)) => cancelled.message().map(str::to_owned),
                _ => None,
            }
        });
        waits.wait().await;
        inner.cancel_with("told");
        assert_eq!(outer.await.unwrap().as_deref(), Some("told"));
    })
    .unwrap();
}

fn a_panic_behind_a_shield_is_an_error<B: Backend>() {
    B::run(async {
        let inner = create_task(async { panic!("inside") });
        let inner: cede::JoinHandle<()> = inner;
        assert!(matches!(shield(&inner).await, Err(TaskError::Panicked(_))));
    })
    .unwrap();
}

fn a_shield_of_a_task_ref_waits<B: Backend>() {
    B::run(async {
        let inner = create_task(yield_now());
        shield(&inner.task_ref()).await.unwrap();
        assert!(inner.done());
    })
    .unwrap();
}

fn a_shield_of_a_done_task_is_ready<B: Backend>() {
    B::run(async {
        let inner = create_task(async { 1 });
        inner.task_ref().await.unwrap();
        let mut shielded = shield(&inner);
        let now = cede_tests::poll_once(&mut shielded).await;
        assert_eq!(now.unwrap().unwrap(), &1);
    })
    .unwrap();
}

fn a_shield_inside_a_chain_stops_the_request<B: Backend>() {
    B::run(async {
        let (here, waits) = (Signal::new(), Signal::new());
        let inner = create_task(park(here.clone()));
        let (inner_ref, tell) = (inner.task_ref(), waits.clone());
        let middle = create_task(async move {
            let _ = waiting(tell, shield(&inner_ref)).await;
        });
        let awaits = Signal::new();
        let outer = create_task(waiting(awaits.clone(), middle));
        here.wait().await;
        waits.wait().await;
        awaits.wait().await;
        assert!(outer.cancel());
        assert!(outer.await.is_err());
        assert!(!inner.done());
        inner.cancel();
    })
    .unwrap();
}
