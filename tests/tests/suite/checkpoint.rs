//! R4: `checkpoint`, an await that exists only to be a place for a request.

use std::future::pending;

use cede::{
    Cancel, Task, TaskError, catch_cancel, checkpoint, create_task, current_task, yield_now,
};
use cede_tests::{Backend, Fifo, Log, every_backend, fifo_backends};

every_backend!(
    without_a_request_it_goes_on,
    with_one_it_ends_the_task,
    with_one_it_unwinds_to_the_scope_around_it,
    it_passes_once_the_request_was_refused,
    it_meets_an_abort,
    it_passes_outside_any_task,
    a_withdrawn_request_does_not_stop_at_it,
    beside_another_scope_both_get_the_request,
    beside_an_awaited_task_both_get_the_request,
);
fifo_backends!(it_does_not_give_way);

fn without_a_request_it_goes_on<B: Backend>() {
    B::run(async {
        for _ in 0..10 {
            checkpoint().await;
        }
    })
    .unwrap();
}

fn it_does_not_give_way<B: Fifo>() {
    B::run(async {
        let task = create_task(async {});
        for _ in 0..10 {
            checkpoint().await;
        }
        assert!(!task.done());
    })
    .unwrap();
}

fn with_one_it_ends_the_task<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            current_task().unwrap().cancel_with("stop");
            said.say("before");
            checkpoint().await;
            said.say("not reached");
        });
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("stop"));
        assert_eq!(log.text(), "before");
    })
    .unwrap();
}

fn with_one_it_unwinds_to_the_scope_around_it<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let caught = catch_cancel(async {
                current_task().unwrap().cancel();
                checkpoint().await;
                unreachable!()
            })
            .await;
            let caught: Result<(), _> = caught;
            yield_now().await;
            caught.is_err()
        });
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn it_passes_once_the_request_was_refused<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let caught = catch_cancel(async {
                current_task().unwrap().cancel();
                checkpoint().await;
            })
            .await;
            checkpoint().await;
            caught.is_err()
        });
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn it_meets_an_abort<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            let _ = catch_cancel(async {
                current_task().unwrap().abort();
                checkpoint().await;
                said.say("not reached");
            })
            .await;
            said.say("nor this");
        });
        assert!(task.await.is_err());
        assert_eq!(log.text(), "");
    })
    .unwrap();
}

fn it_passes_outside_any_task<B: Backend>() {
    futures_lite::future::block_on(checkpoint());
    B::run(async {}).unwrap();
}

fn a_withdrawn_request_does_not_stop_at_it<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let me = current_task().unwrap();
            me.cancel();
            me.uncancel();
            checkpoint().await;
            1
        });
        assert_eq!(task.await.unwrap(), 1);
    })
    .unwrap();
}

/// R15: every leaf gets the request, also where one of them is a checkpoint.
fn beside_another_scope_both_get_the_request<B: Backend>() {
    B::run(async {
        let task = create_task(async {
            let (waiting, computing) = futures::join!(
                catch_cancel(pending::<()>()),
                catch_cancel(async {
                    current_task().unwrap().cancel();
                    checkpoint().await;
                })
            );
            waiting.is_err() && computing.is_err()
        });
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn beside_an_awaited_task_both_get_the_request<B: Backend>() {
    B::run(async {
        let inner = create_task(pending::<()>());
        let inner_ref = inner.task_ref();
        let task = create_task(async move {
            let (awaiting, computing) = futures::join!(
                catch_cancel(async { inner.await.is_err() }),
                catch_cancel(async {
                    current_task().unwrap().cancel();
                    checkpoint().await;
                })
            );
            awaiting.is_err() && computing.is_err()
        });
        assert!(task.await.unwrap());
        assert!(inner_ref.cancelled());
    })
    .unwrap();
}
