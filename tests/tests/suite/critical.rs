//! R12a: `critical` holds a request back.

use std::future::pending;

use cede::{
    Cancel, Task, TaskError, catch_cancel, checkpoint, create_task, critical, current_task,
    yield_now,
};
use cede_tests::{Backend, Fifo, Log, Signal, every_backend, fifo_backends, park, poll_once};

every_backend!(
    a_request_inside_is_delivered_at_the_next_await_after_it,
    a_request_made_inside_by_the_task_itself_is_held_too,
    a_task_that_ends_in_a_critical_ends_cancelled_all_the_same,
    a_critical_in_a_scope_hands_on_to_the_next_await_in_that_scope,
    a_scope_in_a_critical_gets_nothing,
    a_checkpoint_in_a_critical_passes,
    nested_criticals_hold_until_the_outermost_ends,
    a_critical_does_not_forward,
    two_criticals_in_a_join_hold_until_both_are_over,
    a_scope_beside_a_critical_gets_the_request,
    a_dropped_critical_sets_the_request_free,
    a_resume_inside_goes_out_through_the_critical,
    a_critical_gives_the_value,
    a_request_before_it_is_not_held_back_from_outside,
    a_critical_in_the_clean_up_protects_it,
    outside_any_task_it_just_runs,
    a_panic_in_a_critical_is_a_panic,
);
fifo_backends!(
    a_held_request_can_be_withdrawn,
    of_held_requests_the_last_message_counts,
    a_held_request_is_counted_at_once,
);

fn a_request_inside_is_delivered_at_the_next_await_after_it<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            critical(async {
                told.set();
                gone.wait().await;
                yield_now().await;
                said.say("whole");
            })
            .await;
            said.say("after");
            yield_now().await;
            said.say("not reached");
        });
        here.wait().await;
        assert!(task.cancel_with("m"));
        yield_now().await;
        go.set();
        let Err(TaskError::Cancelled(cancelled)) = (&task).await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("m"));
        assert_eq!(log.text(), "whole after");
    })
    .unwrap();
}

fn a_request_made_inside_by_the_task_itself_is_held_too<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            critical(async {
                current_task().unwrap().cancel();
                yield_now().await;
                yield_now().await;
                said.say("whole");
            })
            .await;
            let caught = catch_cancel(pending::<()>()).await;
            said.say(format!("caught={}", caught.is_err()));
        });
        task.await.unwrap();
        assert_eq!(log.text(), "whole caught=true");
    })
    .unwrap();
}

fn a_task_that_ends_in_a_critical_ends_cancelled_all_the_same<B: Backend>() {
    B::run(async {
        let (here, go) = (Signal::new(), Signal::new());
        let (told, gone) = (here.clone(), go.clone());
        let task = create_task(critical(async move {
            told.set();
            gone.wait().await;
            "value"
        }));
        here.wait().await;
        yield_now().await;
        assert!(task.cancel());
        go.set();
        assert!(matches!((&task).await, Err(TaskError::Cancelled(_))));
    })
    .unwrap();
}

fn a_critical_in_a_scope_hands_on_to_the_next_await_in_that_scope<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            let caught = catch_cancel(async {
                critical(async {
                    told.set();
                    gone.wait().await;
                })
                .await;
                said.say("whole");
                pending::<()>().await;
            })
            .await;
            said.say(format!("caught={}", caught.is_err()));
        });
        here.wait().await;
        task.cancel();
        yield_now().await;
        assert_eq!(log.text(), "");
        go.set();
        task.await.unwrap();
        assert_eq!(log.text(), "whole caught=true");
    })
    .unwrap();
}

fn a_scope_in_a_critical_gets_nothing<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            critical(async {
                let caught = catch_cancel(async {
                    told.set();
                    gone.wait().await;
                })
                .await;
                said.say(format!("inner caught={}", caught.is_err()));
            })
            .await;
            yield_now().await;
            said.say("not reached");
        });
        here.wait().await;
        task.cancel();
        yield_now().await;
        go.set();
        assert!(task.await.is_err());
        assert_eq!(log.text(), "inner caught=false");
    })
    .unwrap();
}

fn a_checkpoint_in_a_critical_passes<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            critical(async {
                current_task().unwrap().cancel();
                checkpoint().await;
                yield_now().await;
                checkpoint().await;
                said.say("whole");
            })
            .await;
            checkpoint().await;
            said.say("not reached");
        });
        assert!(task.await.is_err());
        assert_eq!(log.text(), "whole");
    })
    .unwrap();
}

fn nested_criticals_hold_until_the_outermost_ends<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            critical(async {
                critical(async {
                    current_task().unwrap().cancel();
                    yield_now().await;
                })
                .await;
                said.say("inner");
                yield_now().await;
                said.say("outer");
            })
            .await;
            yield_now().await;
            said.say("not reached");
        });
        assert!(task.await.is_err());
        assert_eq!(log.text(), "inner outer");
    })
    .unwrap();
}

fn a_critical_does_not_forward<B: Backend>() {
    B::run(async {
        let (here, go, awaits) = (Signal::new(), Signal::new(), Signal::new());
        let (told, gone) = (here.clone(), go.clone());
        let inner = create_task(async move {
            told.set();
            gone.wait().await;
            "saved"
        });
        let (inner_ref, tell, log) = (inner.task_ref(), awaits.clone(), Log::new());
        let said = log.clone();
        let outer = create_task(async move {
            let saved = critical(async {
                tell.set();
                inner.await
            })
            .await;
            said.say(saved.unwrap());
            yield_now().await;
            said.say("not reached");
        });
        here.wait().await;
        awaits.wait().await;
        yield_now().await;
        assert!(outer.cancel());
        assert_eq!(inner_ref.cancelling(), 0);
        go.set();
        assert!(outer.await.is_err());
        assert!(!inner_ref.cancelled());
        assert_eq!(log.text(), "saved");
    })
    .unwrap();
}

fn two_criticals_in_a_join_hold_until_both_are_over<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            futures::join!(
                critical(async {
                    for _ in 0..4 {
                        yield_now().await;
                    }
                    said.say("first");
                }),
                critical(async {
                    told.set();
                    gone.wait().await;
                    yield_now().await;
                    said.say("second");
                })
            );
            yield_now().await;
            said.say("not reached");
        });
        here.wait().await;
        task.cancel();
        while log.text().is_empty() {
            yield_now().await;
        }
        yield_now().await;
        go.set();
        assert!(task.await.is_err());
        assert_eq!(log.text(), "first second");
    })
    .unwrap();
}

fn a_scope_beside_a_critical_gets_the_request<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            futures::join!(
                critical(async {
                    gone.wait().await;
                    said.say("critical");
                }),
                async {
                    let caught = catch_cancel(park(told)).await;
                    said.say(format!("caught={}", caught.is_err()));
                    gone.set();
                }
            );
            yield_now().await;
            said.say("on");
        });
        here.wait().await;
        task.cancel();
        task.await.unwrap();
        assert_eq!(log.text(), "caught=true critical on");
        drop(go);
    })
    .unwrap();
}

fn a_dropped_critical_sets_the_request_free<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            let mut inside = Box::pin(critical(pending::<()>()));
            assert!(poll_once(&mut inside).await.is_none());
            current_task().unwrap().cancel();
            // Held back at this await; set free by the drop.
            let mut rounds = 0;
            futures::future::select(
                inside,
                Box::pin(async {
                    for _ in 0..3 {
                        yield_now().await;
                        rounds += 1;
                    }
                }),
            )
            .await;
            said.say(format!("rounds={rounds}"));
            yield_now().await;
            said.say("not reached");
        });
        assert!(task.await.is_err());
        assert_eq!(log.text(), "rounds=3");
    })
    .unwrap();
}

fn a_resume_inside_goes_out_through_the_critical<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (told, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let cancelled = catch_cancel(park(told)).await.unwrap_err();
            let outer: Result<(), _> = catch_cancel(critical(async {
                said.say("in");
                cancelled.resume().await;
            }))
            .await;
            said.say(format!("{:?}", outer.unwrap_err().message()));
        });
        here.wait().await;
        task.cancel_with("m");
        task.await.unwrap();
        assert_eq!(log.text(), "in Some(\"m\")");
    })
    .unwrap();
}

fn a_critical_gives_the_value<B: Backend>() {
    B::run(async {
        let value = critical(async {
            yield_now().await;
            String::from("v")
        })
        .await;
        assert_eq!(value, "v");
    })
    .unwrap();
}

fn a_request_before_it_is_not_held_back_from_outside<B: Backend>() {
    B::run(async {
        let log = Log::new();
        let said = log.clone();
        let task = create_task(async move {
            current_task().unwrap().cancel();
            // Pending when the critical begins: held back by it as well, since it is delivered at an await.
            critical(async {
                yield_now().await;
                said.say("whole");
            })
            .await;
            yield_now().await;
            said.say("not reached");
        });
        assert!(task.await.is_err());
        assert_eq!(log.text(), "whole");
    })
    .unwrap();
}

fn a_critical_in_the_clean_up_protects_it<B: Backend>() {
    B::run(async {
        let (here, cleaning, go, log) = (Signal::new(), Signal::new(), Signal::new(), Log::new());
        let (parked, told, gone, said) = (here.clone(), cleaning.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            critical(async {
                told.set();
                gone.wait().await;
                said.say("clean");
            })
            .await;
            cancelled.resume().await;
        });
        here.wait().await;
        task.cancel_with("1");
        cleaning.wait().await;
        task.cancel_with("2");
        yield_now().await;
        go.set();
        let outcome: Result<(), _> = task.await;
        assert!(outcome.is_err());
        assert_eq!(log.text(), "clean");
    })
    .unwrap();
}

fn outside_any_task_it_just_runs<B: Backend>() {
    let value = futures_lite::future::block_on(critical(async {
        futures_lite::future::yield_now().await;
        1
    }));
    assert_eq!(value, 1);
    B::run(async {}).unwrap();
}

fn a_panic_in_a_critical_is_a_panic<B: Backend>() {
    B::run(async {
        let task = create_task(critical(async {
            current_task().unwrap().cancel();
            panic!("inside");
        }));
        let outcome: Result<(), _> = task.await;
        assert!(matches!(outcome, Err(TaskError::Panicked(_))));
    })
    .unwrap();
}

fn a_held_request_can_be_withdrawn<B: Fifo>() {
    B::run(async {
        let (here, go) = (Signal::new(), Signal::new());
        let (told, gone) = (here.clone(), go.clone());
        let task = create_task(async move {
            critical(async {
                told.set();
                gone.wait().await;
            })
            .await;
            yield_now().await;
            "carried on"
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        yield_now().await;
        assert_eq!(task.uncancel(), 0);
        go.set();
        assert_eq!(task.await.unwrap(), "carried on");
    })
    .unwrap();
}

fn of_held_requests_the_last_message_counts<B: Fifo>() {
    B::run(async {
        let (here, go) = (Signal::new(), Signal::new());
        let (told, gone) = (here.clone(), go.clone());
        let task = create_task(async move {
            critical(async {
                told.set();
                gone.wait().await;
            })
            .await;
            yield_now().await;
        });
        here.wait().await;
        yield_now().await;
        task.cancel_with("1");
        yield_now().await;
        task.cancel_with("2");
        go.set();
        let Err(TaskError::Cancelled(cancelled)) = task.await else { panic!("not cancelled") };
        assert_eq!(cancelled.message(), Some("2"));
    })
    .unwrap();
}

fn a_held_request_is_counted_at_once<B: Fifo>() {
    B::run(async {
        let here = Signal::new();
        let task = create_task(critical(park(here.clone())));
        here.wait().await;
        yield_now().await;
        assert!(task.cancel() && task.cancel());
        assert_eq!(task.cancelling(), 2);
        assert!(!task.done());
        task.abort();
        assert!((&task).await.is_err());
    })
    .unwrap();
}
