//! R7: `result()` borrows the outcome.

use std::future::pending;

use cede::{Cancel, Reason, ResultError, Task, TaskError, create_task};
use cede_tests::{Backend, Signal, every_backend, park};

every_backend!(
    while_not_done_the_state_is_invalid,
    a_value_is_borrowed_any_number_of_times,
    a_cancelled_one_tells_the_message_to_everybody,
    a_panicked_one_tells_the_text,
    a_panic_with_a_formatted_text_tells_it,
    a_payload_that_is_no_text_is_handed_out_once,
    a_panic_can_be_resumed_with_its_payload,
    a_panic_can_be_resumed_without_its_payload,
    errors_clone_and_convert,
    results_can_be_read_from_other_threads,
);

fn while_not_done_the_state_is_invalid<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        assert!(matches!(task.result(), Err(ResultError::InvalidState(_))));
        assert!(matches!(task.task_ref().result(), Err(ResultError::InvalidState(_))));
        task.cancel();
        let _ = task.await;
    })
    .unwrap();
}

fn a_value_is_borrowed_any_number_of_times<B: Backend>() {
    B::run(async {
        let task = create_task(async { String::from("x") });
        task.task_ref().await.unwrap();
        for _ in 0..3 {
            assert_eq!(task.result().unwrap(), "x");
        }
    })
    .unwrap();
}

fn a_cancelled_one_tells_the_message_to_everybody<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        task.cancel_with("why not");
        let _ = (&task).await;
        for _ in 0..3 {
            let Err(ResultError::Cancelled(cancelled)) = task.result() else {
                panic!("not cancelled")
            };
            assert_eq!(cancelled.message(), Some("why not"));
            assert_eq!(cancelled.reason(), Reason::Request);
        }
        assert!(matches!(task.task_ref().result(), Err(ResultError::Cancelled(_))));
        assert!(matches!(task.await, Err(TaskError::Cancelled(_))));
    })
    .unwrap();
}

fn a_panicked_one_tells_the_text<B: Backend>() {
    B::run(async {
        let task = create_task(async { panic!("static text") });
        let _: Result<&(), _> = (&task).await;
        for _ in 0..2 {
            let Err(ResultError::Panicked(panicked)) = task.result() else {
                panic!("not panicked")
            };
            assert_eq!(panicked.text(), "static text");
        }
        assert!(task.done() && !task.cancelled() && !task.cancel());
    })
    .unwrap();
}

fn a_panic_with_a_formatted_text_tells_it<B: Backend>() {
    B::run(async {
        let number = 6 * 7;
        let task = create_task(async move { panic!("number {number}") });
        let outcome: Result<(), _> = task.await;
        let Err(TaskError::Panicked(panicked)) = outcome else { panic!("not panicked") };
        assert_eq!(panicked.text(), "number 42");
    })
    .unwrap();
}

fn a_payload_that_is_no_text_is_handed_out_once<B: Backend>() {
    B::run(async {
        let task = create_task(async { std::panic::panic_any(17_u64) });
        let outcome: Result<&(), _> = (&task).await;
        let Err(TaskError::Panicked(panicked)) = outcome else { panic!("not panicked") };
        assert!(panicked.text().contains("not text"), "{}", panicked.text());
        let copy = panicked.clone();
        assert_eq!(*panicked.take_payload().unwrap().downcast::<u64>().unwrap(), 17);
        assert!(copy.take_payload().is_none());
    })
    .unwrap();
}

fn a_panic_can_be_resumed_with_its_payload<B: Backend>() {
    B::run(async {
        let inner = create_task(async { std::panic::panic_any(5_i8) });
        let inner: cede::JoinHandle<()> = inner;
        let outer = create_task(async move {
            match inner.await {
                Err(TaskError::Panicked(panicked)) => panicked.resume(),
                other => panic!("{other:?}"),
            }
        });
        let outcome: Result<(), _> = outer.await;
        let Err(TaskError::Panicked(panicked)) = outcome else { panic!("not panicked") };
        assert_eq!(*panicked.take_payload().unwrap().downcast::<i8>().unwrap(), 5);
    })
    .unwrap();
}

fn a_panic_can_be_resumed_without_its_payload<B: Backend>() {
    B::run(async {
        let task = create_task(async { panic!("told") });
        let outcome: Result<(), _> = task.await;
        let Err(TaskError::Panicked(panicked)) = outcome else { panic!("not panicked") };
        drop(panicked.take_payload());
        let text = cede_tests::panics_from(|| panicked.resume());
        assert_eq!(text, "told");
    })
    .unwrap();
}

fn errors_clone_and_convert<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        task.cancel_with("m");
        let error = task.await.unwrap_err();
        let converted = ResultError::from(error.clone());
        assert!(matches!(converted, ResultError::Cancelled(_)));
        assert_eq!(error.to_string(), converted.to_string());
        let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
        assert!(boxed.to_string().contains(": m"));
    })
    .unwrap();
}

/// A race that used to be possible: not done when the value was asked for, done when the failure was.
fn results_can_be_read_from_other_threads<B: Backend>() {
    for _ in 0..300 {
        B::run_real(async {
            let go = Signal::new();
            let gone = go.clone();
            let task = create_task(async move {
                gone.wait().await;
                1
            });
            let task = std::sync::Arc::new(task);
            let (reader, began) = (std::sync::Arc::clone(&task), go.clone());
            let reading = std::thread::spawn(move || {
                began.set();
                loop {
                    match reader.result() {
                        Ok(value) => break *value,
                        Err(ResultError::InvalidState(_)) => std::hint::spin_loop(),
                        Err(other) => panic!("{other}"),
                    }
                }
            });
            task.task_ref().await.unwrap();
            assert_eq!(reading.join().unwrap(), 1);
        })
        .unwrap();
    }
}
