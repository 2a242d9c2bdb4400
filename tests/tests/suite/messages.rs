//! Names, places and texts: what people read when something goes wrong.

use std::future::pending;
use std::panic::Location;

use cede::{Cancel, Reason, Task, TaskBuilder, TaskError, catch_cancel, create_task, current_task};
use cede_tests::{Backend, Signal, every_backend, park};

every_backend!(
    a_task_has_the_name_it_was_given,
    a_task_without_a_name_is_called_by_its_number,
    a_task_can_be_renamed_and_errors_say_so,
    numbers_grow,
    a_task_knows_where_it_was_created,
    a_request_knows_who_asked_and_where,
    a_request_from_outside_any_task_has_no_asker,
    the_text_of_a_cancellation_tells_everything,
    the_text_of_an_invalid_state_helps,
    the_text_of_awaiting_oneself_helps,
    the_text_of_a_panic_tells_the_task,
    debug_shows_the_text,
    reasons_are_told_apart,
    debug_of_handles_never_blocks,
);

fn a_task_has_the_name_it_was_given<B: Backend>() {
    B::run(async {
        let task =
            TaskBuilder::new().name("fetch").create_task(async { current_task().unwrap().name() });
        assert_eq!(task.name(), "fetch");
        assert_eq!(task.task_ref().name(), "fetch");
        assert_eq!(task.await.unwrap(), "fetch");
    })
    .unwrap();
}

fn a_task_without_a_name_is_called_by_its_number<B: Backend>() {
    B::run(async {
        let task = create_task(async {});
        assert_eq!(task.name(), format!("Task-{}", task.id()));
        assert_eq!(task.id().to_string(), task.id().get().to_string());
    })
    .unwrap();
}

fn a_task_can_be_renamed_and_errors_say_so<B: Backend>() {
    B::run(async {
        let task = TaskBuilder::new().name("old").create_task(pending::<()>());
        task.set_name("new");
        assert_eq!(task.name(), "new");
        task.cancel();
        let text = task.await.unwrap_err().to_string();
        assert!(text.contains("new") && !text.contains("old"), "{text}");
    })
    .unwrap();
}

fn numbers_grow<B: Backend>() {
    B::run(async {
        let ids: Vec<_> = (0..100).map(|_| create_task(async {}).id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    })
    .unwrap();
}

fn a_task_knows_where_it_was_created<B: Backend>() {
    B::run(async {
        let line = line!() + 1;
        let task = create_task(async {});
        assert_eq!((task.location().file(), task.location().line()), (file!(), line));
        let line = line!() + 1;
        let task = TaskBuilder::new().create_task(async {});
        assert_eq!((task.location().file(), task.location().line()), (file!(), line));
    })
    .unwrap();
}

fn a_request_knows_who_asked_and_where<B: Backend>() {
    B::run(async {
        let me = current_task().unwrap().id();
        let asks: [fn(&cede::JoinHandle<()>); 4] = [
            |task| assert!(task.cancel()),
            |task| assert!(task.cancel_with("m")),
            |task| assert!(task.task_ref().cancel()),
            |task| drop(task.cancel_and_wait()),
        ];
        for ask in asks {
            let task = create_task(pending::<()>());
            ask(&task);
            let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
            assert_eq!(cancelled.requested_by(), Some(me));
            assert_eq!(cancelled.location().file(), file!());
        }
        let task = create_task(pending::<()>());
        task.abort();
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.requested_by(), Some(me));
        assert_eq!(cancelled.location().file(), file!());
    })
    .unwrap();
}

fn a_request_from_outside_any_task_has_no_asker<B: Backend>() {
    B::run_real(async {
        let here = Signal::new();
        let task = create_task(park(here.clone()));
        here.wait().await;
        let other = task.task_ref();
        std::thread::spawn(move || other.cancel()).join().unwrap();
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.requested_by(), None);
        assert!(!cancelled.to_string().contains("by task"));
    })
    .unwrap();
}

fn the_text_of_a_cancellation_tells_everything<B: Backend>() {
    B::run(async {
        current_task().unwrap().set_name("boss");
        let task = TaskBuilder::new().name("worker").create_task(pending::<()>());
        let line = line!() + 1;
        task.cancel_with("closing time");
        let text = task.await.unwrap_err().to_string();
        let start = format!(
            "cancelled: closing time (task `worker` was asked to stop by task `boss` at {}:{line}:",
            file!()
        );
        assert!(text.starts_with(&start), "{text}");
    })
    .unwrap();
}

fn the_text_of_an_invalid_state_helps<B: Backend>() {
    B::run(async {
        let task = TaskBuilder::new().name("slow").create_task(std::future::pending::<()>());
        let text = task.result().unwrap_err().to_string();
        assert!(text.contains("`slow` is not done") && text.contains("await it"), "{text}");
    })
    .unwrap();
}

fn the_text_of_awaiting_oneself_helps<B: Backend>() {
    B::run(async {
        let me = current_task().unwrap();
        me.set_name("narcissus");
        let text = (&me).await.unwrap_err().to_string();
        assert!(text.contains("`narcissus` awaited itself"), "{text}");
    })
    .unwrap();
}

fn the_text_of_a_panic_tells_the_task<B: Backend>() {
    B::run(async {
        let task = TaskBuilder::new().name("fragile").create_task(async { panic!("cracked") });
        let outcome: Result<(), _> = task.await;
        let text = outcome.unwrap_err().to_string();
        assert_eq!(text, "task `fragile` panicked: cracked");
    })
    .unwrap();
}

fn debug_shows_the_text<B: Backend>() {
    B::run(async {
        let task = create_task(pending::<()>());
        task.cancel_with("shown");
        let error = task.await.unwrap_err();
        assert!(format!("{error:?}").contains("shown"), "{error:?}");
    })
    .unwrap();
}

fn reasons_are_told_apart<B: Backend>() {
    B::run(async {
        for (reason, word) in [
            (Reason::Timeout, "a timeout struck"),
            (Reason::Group, "its group is shutting down"),
            (Reason::Shutdown, "the run is over"),
        ] {
            let task = create_task(pending::<()>());
            task.task_ref().cancel_for(reason, Some("with a message".into()), Location::caller());
            let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
            assert_eq!(cancelled.reason(), reason);
            let text = cancelled.to_string();
            assert!(text.contains(word) && text.contains("with a message"), "{text}");
        }
    })
    .unwrap();
}

fn debug_of_handles_never_blocks<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(async move {
            let scope = catch_cancel(park(here));
            let text = format!("{:?}", current_task());
            drop(scope);
            text
        });
        let shown = format!("{task:?} {:?}", task.task_ref());
        assert!(shown.contains(&task.id().to_string()), "{shown}");
        assert!(task.await.unwrap().contains("running"));
    })
    .unwrap();
}
