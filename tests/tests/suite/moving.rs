//! R15: a future that owns a scope, or an await, may move; it belongs to the task that polled it last.

use std::future::{Future, pending};
use std::pin::Pin;

use cede::{Cancel, Task, TaskError, catch_cancel, create_task, critical, yield_now};
use cede_tests::{Backend, Log, Signal, every_backend, park, poll_once, waiting};
use futures::FutureExt as _;

every_backend!(
    a_scope_that_moved_to_another_task_is_that_ones,
    the_task_that_a_scope_left_unwinds_without_it,
    a_scope_moved_with_a_request_leaves_that_behind,
    a_scope_that_moved_into_another_scope_is_that_ones,
    a_scope_that_moved_out_of_a_scope_is_the_tasks,
    a_scope_inside_the_one_that_moved_moves_too,
    a_critical_that_moved_protects_the_new_task,
    an_await_that_moved_forwards_from_the_new_task,
    an_await_that_moved_into_a_scope_still_unwinds,
    an_await_that_was_unwinding_and_moved_yields_to_the_new_task,
    a_shared_future_with_a_scope_in_it,
    a_scope_that_moved_outlives_its_first_task,
);

type Moved<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A future that was polled once by the task that runs this.
async fn begun<T: 'static>(future: impl Future<Output = T> + Send + 'static) -> Moved<T> {
    let mut future: Moved<T> = Box::pin(future);
    assert!(poll_once(&mut future).await.is_none());
    future
}

/// Waits until `signal` is set, and the one who set it has suspended, if it runs on this thread.
async fn settled(signal: &Signal) {
    signal.wait().await;
    yield_now().await;
    yield_now().await;
}

fn a_scope_that_moved_to_another_task_is_that_ones<B: Backend>() {
    B::run(async {
        let scope = begun(catch_cancel(pending::<()>())).await;
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            told.set();
            scope.await.is_err()
        });
        settled(&here).await;
        assert!(task.cancel());
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn the_task_that_a_scope_left_unwinds_without_it<B: Backend>() {
    B::run(async {
        let (here, moved) = (Signal::new(), Signal::new());
        let (parked, told) = (here.clone(), moved.clone());
        let first = create_task(async move {
            let scope = begun(catch_cancel(pending::<()>())).await;
            let second = create_task(async move { waiting(told, scope).await.is_err() });
            cede::shield(&second.task_ref()).map(drop).now_or_never();
            parked.set();
            pending::<()>().await;
            drop(second);
        });
        settled(&here).await;
        settled(&moved).await;
        assert!(first.cancel());
        assert!(first.await.is_err());
    })
    .unwrap();
}

/// Thrown at in one task, polled next in another: the first still meets its request.
fn a_scope_moved_with_a_request_leaves_that_behind<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let (sender, receiver) = async_channel::bounded::<Moved<Result<(), cede::Cancelled>>>(1);
        let first = create_task(async move {
            let mut scope: Moved<_> = Box::pin(catch_cancel(pending::<()>()));
            let won = {
                let before = Box::pin(gone.wait());
                let won = waiting(told, futures::future::select(before, &mut scope)).await;
                matches!(won, futures::future::Either::Left(_))
            };
            said.say(format!("first={won}"));
            sender.try_send(scope).unwrap_or_else(|_| unreachable!());
            yield_now().await;
            pending::<()>().await;
            said.say("not reached");
        });
        let moved = Signal::new();
        let told = moved.clone();
        let second = create_task(async move {
            let scope = receiver.recv().await.unwrap();
            catch_cancel(waiting(told, scope)).await.is_err()
        });
        here.wait().await;
        assert!(go.set_together_with(|| first.cancel()));
        assert!(first.await.is_err());
        assert_eq!(log.text(), "first=true");
        moved.wait().await;
        assert!(!second.done());
        second.cancel();
        assert!(!second.await.unwrap());
    })
    .unwrap();
}

fn a_scope_that_moved_into_another_scope_is_that_ones<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (told, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let inner = begun(catch_cancel(pending::<()>())).await;
            let outer = catch_cancel(async {
                told.set();
                let caught = inner.await;
                said.say(format!("inner={}", caught.is_err()));
                caught.unwrap_err().resume().await;
            })
            .await;
            let outer: Result<(), _> = outer;
            said.say(format!("outer={}", outer.is_err()));
        });
        settled(&here).await;
        task.cancel();
        task.await.unwrap();
        assert_eq!(log.text(), "inner=true outer=true");
    })
    .unwrap();
}

fn a_scope_that_moved_out_of_a_scope_is_the_tasks<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (told, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let inner = catch_cancel(begun(catch_cancel(pending::<()>()))).await.unwrap();
            told.set();
            let caught = inner.await;
            said.say(format!("inner={}", caught.is_err()));
            caught.unwrap_err().resume().await;
        });
        let task: cede::JoinHandle<()> = task;
        settled(&here).await;
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(log.text(), "inner=true");
    })
    .unwrap();
}

fn a_scope_inside_the_one_that_moved_moves_too<B: Backend>() {
    B::run(async {
        let nested = begun(catch_cancel(async {
            let inner = catch_cancel(catch_cancel(pending::<()>())).await;
            inner.unwrap().is_err()
        }))
        .await;
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            told.set();
            nested.await.unwrap()
        });
        settled(&here).await;
        task.cancel();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn a_critical_that_moved_protects_the_new_task<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (gone, said, told) = (go.clone(), log.clone(), here.clone());
        let whole = begun(critical(async move {
            gone.wait().await;
            said.say("whole");
        }))
        .await;
        let task = create_task(async move {
            told.set();
            whole.await;
            pending::<()>().await;
        });
        settled(&here).await;
        task.cancel();
        yield_now().await;
        go.set();
        assert!(task.await.is_err());
        assert_eq!(log.text(), "whole");
        // And the one that it left is not protected any more.
        let me = cede::current_task().unwrap();
        let caught = catch_cancel(async {
            me.cancel();
            yield_now().await;
        })
        .await;
        assert!(caught.is_err());
    })
    .unwrap();
}

fn an_await_that_moved_forwards_from_the_new_task<B: Backend>() {
    B::run(async {
        let (began, here) = (Signal::new(), Signal::new());
        let inner = create_task(park(began.clone()));
        began.wait().await;
        let inner_ref = inner.task_ref();
        let join = begun(inner.into_future()).await;
        let told = here.clone();
        let task = create_task(async move {
            told.set();
            let _ = join.await;
        });
        settled(&here).await;
        assert!(task.cancel());
        assert!(task.await.is_err());
        assert!(inner_ref.cancelled());
    })
    .unwrap();
}

/// The request is with the awaited task, which cleans up, when the await moves into a scope of the same task.
fn an_await_that_moved_into_a_scope_still_unwinds<B: Backend>() {
    B::run(async {
        let (began, here, cleaning, go) =
            (Signal::new(), Signal::new(), Signal::new(), Signal::new());
        let (parked, tell, gone) = (began.clone(), cleaning.clone(), go.clone());
        let inner = create_task(async move {
            let cancelled = catch_cancel(park(parked)).await.unwrap_err();
            tell.set();
            gone.wait().await;
            cancelled.resume().await;
        });
        let inner: cede::JoinHandle<()> = inner;
        began.wait().await;
        let (told, moved) = (here.clone(), Signal::new());
        let (cleans, inside) = (cleaning.clone(), moved.clone());
        let outer = create_task(async move {
            let mut join = inner.into_future();
            // Until the clean-up has begun, it is awaited here …
            told.set();
            let interim = futures::future::select(&mut join, Box::pin(cleans.wait())).await;
            drop(interim);
            // … and then in a scope.
            let caught =
                catch_cancel(async { waiting(inside, join).await.map_err(|_| "an error") }).await;
            match caught {
                Ok(outcome) => format!("{outcome:?}"),
                Err(_) => "unwound".to_owned(),
            }
        });
        settled(&here).await;
        assert!(outer.cancel());
        settled(&moved).await;
        go.set();
        assert_eq!(outer.await.unwrap(), "unwound");
    })
    .unwrap();
}

/// An await that has thrown in one task, and is then given to another: that one must not wait for ever.
fn an_await_that_was_unwinding_and_moved_yields_to_the_new_task<B: Backend>() {
    B::run(async {
        let (began, here) = (Signal::new(), Signal::new());
        let inner = create_task(park(began.clone()));
        began.wait().await;
        let told = here.clone();
        let (sender, receiver) = async_channel::bounded::<Moved<Result<(), TaskError>>>(1);
        let inner_ref = inner.task_ref();
        let outer = create_task(async move {
            let mut join: Moved<_> = Box::pin(inner.into_future());
            let _ = catch_cancel(async {
                told.set();
                // Polled after the await, so that it is ready in the very poll in which that one has thrown.
                let ended = Box::pin(cede::shield(&inner_ref));
                futures::future::select(&mut join, ended).await.factor_first().0.is_ok()
            })
            .await;
            sender.try_send(join).unwrap_or_else(|_| unreachable!());
        });
        settled(&here).await;
        outer.cancel();
        let second = create_task(async move { receiver.recv().await.unwrap().await });
        let _ = outer.await;
        assert!(matches!(second.await.unwrap(), Err(TaskError::Cancelled(_))));
    })
    .unwrap();
}

fn a_shared_future_with_a_scope_in_it<B: Backend>() {
    B::run(async {
        let go = Signal::new();
        let gone = go.clone();
        let shared = async move {
            catch_cancel(async move {
                gone.wait().await;
                7
            })
            .await
            .ok()
        }
        .boxed()
        .shared();
        let here = Signal::new();
        let (mine, told) = (shared.clone(), here.clone());
        let first = create_task(async move {
            told.set();
            mine.await
        });
        settled(&here).await;
        let second = create_task(shared);
        yield_now().await;
        go.set();
        assert_eq!(first.await.unwrap(), Some(7));
        assert_eq!(second.await.unwrap(), Some(7));
    })
    .unwrap();
}

fn a_scope_that_moved_outlives_its_first_task<B: Backend>() {
    B::run(async {
        let first = create_task(begun(catch_cancel(pending::<()>())));
        let scope = first.await.unwrap();
        let here = Signal::new();
        let told = here.clone();
        let second = create_task(async move {
            told.set();
            scope.await.is_err()
        });
        settled(&here).await;
        second.cancel();
        assert!(second.await.unwrap());
        // Dropped in no task at all, after all of them.
        let scope = create_task(begun(catch_cancel(pending::<()>()))).await.unwrap();
        drop(scope);
    })
    .unwrap();
}
