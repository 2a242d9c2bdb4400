//! `gather_tuple` and its kin: tasks of several types.

use std::future::pending;

use cede::{
    Cancel, GatherError, Task, TaskError, create_task, gather_tuple, gather_tuple_results,
    try_gather, try_gather_tuple, yield_now,
};
use cede_tests::{Backend, Signal, every_backend, waiting};

every_backend!(
    values_of_several_types_come_in_their_places,
    the_first_to_be_cancelled_decides_at_once,
    results_are_told_one_by_one,
    the_first_err_decides_at_once,
    a_panic_is_told_as_the_tasks,
    by_reference_the_handles_stay,
    a_request_goes_to_all,
    try_gather_takes_references,
);

fn values_of_several_types_come_in_their_places<B: Backend>() {
    B::run(async {
        let number = create_task(async { 1 });
        let text = create_task(async { "two".to_string() });
        let nothing = create_task(async {});
        let values = gather_tuple((number, text, nothing)).await.unwrap();
        assert_eq!(values, (1, "two".to_string(), ()));
    })
    .unwrap();
}

fn the_first_to_be_cancelled_decides_at_once<B: Backend>() {
    B::run(async {
        let (never, asked) = (create_task(pending::<u8>()), create_task(pending::<&str>()));
        asked.cancel_with("this one");
        let outcome = gather_tuple((&never, &asked)).await;
        let Err(TaskError::Cancelled(cancelled)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(cancelled.message(), Some("this one"));
        assert!(!never.done());
    })
    .unwrap();
}

fn results_are_told_one_by_one<B: Backend>() {
    B::run(async {
        let number = create_task(async { 1 });
        let asked = create_task(pending::<&str>());
        asked.cancel();
        let (number, asked) = gather_tuple_results((number, asked)).await;
        assert_eq!(number.unwrap(), 1);
        assert!(matches!(asked, Err(TaskError::Cancelled(_))));
    })
    .unwrap();
}

fn the_first_err_decides_at_once<B: Backend>() {
    B::run(async {
        let never = create_task(pending::<Result<u8, &str>>());
        let fails = create_task(async {
            yield_now().await;
            Err::<u16, _>("the second")
        });
        let outcome = try_gather_tuple((&never, &fails)).await;
        assert!(matches!(outcome, Err(GatherError::Failed(&"the second"))), "{outcome:?}");
        assert!(!never.done());
    })
    .unwrap();
}

fn a_panic_is_told_as_the_tasks<B: Backend>() {
    B::run(async {
        let fine = create_task(async { Ok::<_, &str>(1) });
        let panics = create_task(async {
            yield_now().await;
            "x".parse::<u16>().expect("on purpose");
            Ok::<u16, &str>(1)
        });
        let outcome = try_gather_tuple((fine, panics)).await;
        assert!(matches!(outcome, Err(GatherError::Task(TaskError::Panicked(_)))), "{outcome:?}");
    })
    .unwrap();
}

fn by_reference_the_handles_stay<B: Backend>() {
    B::run(async {
        let number = create_task(async { Ok::<_, ()>(1) });
        let text = create_task(async { Ok::<_, ()>("two") });
        assert_eq!(gather_tuple((&number, &text)).await.unwrap(), (&Ok(1), &Ok("two")));
        assert_eq!(try_gather_tuple((&number, &text)).await.unwrap(), (&1, &"two"));
        assert_eq!(try_gather_tuple((number, text)).await.unwrap(), (1, "two"));
    })
    .unwrap();
}

fn a_request_goes_to_all<B: Backend>() {
    B::run(async {
        let (one, other) = (create_task(pending::<u8>()), create_task(pending::<&str>()));
        let refs = (one.task_ref(), other.task_ref());
        let here = Signal::new();
        let told = here.clone();
        let gathers =
            create_task(async move { waiting(told, gather_tuple((one, other))).await.map(drop) });
        here.wait().await;
        assert!(gathers.cancel());
        assert!(matches!(gathers.await, Err(TaskError::Cancelled(_))));
        assert!(matches!(refs.0.await, Err(TaskError::Cancelled(_))));
        assert!(matches!(refs.1.await, Err(TaskError::Cancelled(_))));
    })
    .unwrap();
}

fn try_gather_takes_references<B: Backend>() {
    B::run(async {
        let tasks = ["1", "2", "x"].map(|text| create_task(async move { text.parse::<u8>() }));
        assert_eq!(try_gather(&tasks[..2]).await.unwrap(), [&1, &2]);
        assert!(matches!(try_gather(&tasks).await, Err(GatherError::Failed(_))));
    })
    .unwrap();
}
