//! `task_group`: tasks that belong together, and end together.

mod error;
mod handle;
mod recorded;
mod start;

use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, resume_unwind};
use std::sync::Arc;

use cede_core::{Cancel, Cancelled, Reason, TaskRef, current_task};
use futures_util::FutureExt;

pub use error::{Failure, GroupClosed, GroupError, StartError};
pub use handle::TaskGroup;
pub use start::Starting;

use handle::{Abandoned, OnFailure};

/// Runs `body` with a group of tasks, and returns when **all of them have ended**.
///
/// The first child that fails, with an `Err` or a panic, makes the group shut down: the other children are asked to stop, in the order
/// in which they were created, and then the body. An `Err` or a panic of the body, or a request to the task that runs it, does the same. However often
/// that task is asked to stop meanwhile, it stays until every child has ended, clean-up and all.
///
/// A child that is cancelled is no failure. Children may be created from anywhere as long as the group is open, also by children: clone the
/// [`TaskGroup`].
///
/// # Dropping
///
/// If this is dropped half way (by a `select!`, say), the children are asked to stop, and nobody waits for them: they belong to the backend then.
///
/// # Cancel safety
///
/// A request ends the body and the children, and goes on outwards when all have ended.
///
/// # Panics
///
/// If it is polled outside any task. A panic of the body goes on when all children have ended.
///
/// # Errors
///
/// [`GroupError`], with every failure.
///
/// # asyncio
///
/// [`asyncio.TaskGroup`](https://docs.python.org/3/library/asyncio-task.html#task-groups), as of CPython 3.13.
///
/// # Examples
///
/// ```
/// use std::num::ParseIntError;
///
/// use cede::{TaskGroup, task_group};
///
/// cede::run(async {
///     let sum = task_group(async |group: TaskGroup<ParseIntError>| {
///         let one = group.create_task(async { "1".parse::<i32>() }).unwrap();
///         let two = group.create_task(async { "2".parse::<i32>() }).unwrap();
///         Ok(one.await.unwrap().unwrap() + two.await.unwrap().unwrap())
///     });
///     assert_eq!(sum.await.unwrap(), 3);
///
///     let failed = task_group(async |group: TaskGroup<String>| {
///         group.create_task(async { Err::<(), _>("no luck".to_string()) }).unwrap();
///         group.create_task(std::future::pending::<Result<(), _>>()).unwrap();
///         std::future::pending::<Result<(), _>>().await
///     });
///     assert_eq!(failed.await.unwrap_err().to_string(), "1 failure in a task group: no luck");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "JoinSet")]
#[doc(alias = "scope")]
#[doc(alias = "nursery")]
#[track_caller]
pub fn task_group<R, E, F, Fut>(body: F) -> impl Future<Output = Result<R, GroupError<E>>>
where
    E: Send + Sync + 'static,
    F: FnOnce(TaskGroup<E>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let made = Location::caller();
    async move {
        let (body, group) = run(OnFailure::ShutDown, made, body).await;
        let mut failures = group.take_failures();
        let value = match body {
            Body::Value(value) => Some(value),
            Body::Err(error) => {
                failures.push(Failure::Err(Arc::new(error)));
                None
            }
            Body::Interrupted => None,
        };
        match value {
            _ if !failures.is_empty() => Err(GroupError::Failed(failures)),
            Some(value) => Ok(value),
            None => Err(GroupError::Stopped),
        }
    }
}

/// Runs `body` with a group in which a failure stops nobody else: the siblings of a child that fails run on, and so does the body. All the rest is as
/// in [`task_group`].
///
/// Gives the body's value, and every failure, in the order in which they arose; they are kept until the end.
///
/// # Dropping
///
/// As for [`task_group`].
///
/// # Cancel safety
///
/// A request ends the body and the children, and goes on outwards when all have ended.
///
/// # Panics
///
/// If it is polled outside any task. A panic of the body goes on when all children have ended.
///
/// # Errors
///
/// [`GroupError`], if the body itself fails: with every failure, the body's last.
///
/// # asyncio
///
/// There is nothing like it.
///
/// # Examples
///
/// ```
/// use cede::{TaskGroup, supervise};
///
/// cede::run(async {
///     let (served, failures) = supervise(async |group: TaskGroup<&str>| {
///         group.create_task(async { Err::<(), _>("one connection broke") }).unwrap();
///         let other = group.create_task(async { Ok("served") }).unwrap();
///         Ok(other.await.unwrap().unwrap())
///     })
///     .await
///     .unwrap();
///     assert_eq!(served, "served");
///     assert_eq!(failures[0].to_string(), "one connection broke");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
pub fn supervise<R, E, F, Fut>(
    body: F,
) -> impl Future<Output = Result<(R, Vec<Failure<E>>), GroupError<E>>>
where
    E: Send + Sync + 'static,
    F: FnOnce(TaskGroup<E>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let made = Location::caller();
    async move {
        let (body, group) = run(OnFailure::Survive, made, body).await;
        let mut failures = group.take_failures();
        match body {
            Body::Value(value) => Ok((value, failures)),
            Body::Err(error) => {
                failures.push(Failure::Err(Arc::new(error)));
                Err(GroupError::Failed(failures))
            }
            Body::Interrupted => Err(GroupError::Stopped),
        }
    }
}

/// How the body ended.
enum Body<R, E> {
    Value(R),
    Err(E),
    /// By a request of the group's own.
    Interrupted,
}

/// Runs the body, and waits for the children. Does not return if it ends by a request from outside, or by a panic of the body.
async fn run<R, E, F, Fut>(
    on_failure: OnFailure,
    made: &'static Location<'static>,
    body: F,
) -> (Body<R, E>, TaskGroup<E>)
where
    E: Send + Sync + 'static,
    F: FnOnce(TaskGroup<E>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let owner = current_task().expect("a task group works only inside a task: await it in one");
    let group = TaskGroup::new(owner.clone(), on_failure, made);
    let mut abandoned = Abandoned { group: &group, unwinding: None };
    // A panic is caught, for the children are to end before it goes on.
    let body = AssertUnwindSafe(async { body(group.clone()).await }).catch_unwind();
    let (body, unwinding) = match group.scope(body).await {
        Ok(Ok(Ok(value))) => (Ok(Body::Value(value)), None),
        Ok(Ok(Err(error))) => (Ok(Body::Err(error)), None),
        Ok(Err(panic)) => (Err(panic), None),
        Err(cancelled) => (Ok(Body::Interrupted), Some(cancelled)),
    };
    abandoned.unwinding = unwinding;
    if !matches!(body, Ok(Body::Value(_))) {
        group.shut_down();
    }
    while !group.close_if_empty() {
        if let Err(cancelled) = group.scope(group.all_ended()).await {
            group.shut_down();
            abandoned.unwinding = Cancelled::both(abandoned.unwinding.take(), Some(cancelled));
        }
    }
    let mut unwinding = abandoned.unwinding.take();
    if let Some(own) = group.take_interrupt() {
        owner.take_back(&own);
        let left = owner.cancelling_here();
        // If it was the only request, nothing is left to unwind by.
        unwinding = unwinding.filter(|_| left > 0).and_then(|cancelled| cancelled.without(&own));
    }
    let body = body.unwrap_or_else(|panic| resume_unwind(panic));
    let failed = matches!(body, Body::Err(_)) || group.has_failures();
    if let Some(cancelled) = unwinding {
        if !failed || on_failure == OnFailure::Survive {
            cancelled.resume().await;
        }
        again(&owner, Some(cancelled), made);
    } else if failed {
        again(&owner, None, made);
    }
    drop(abandoned);
    (body, group)
}

/// If requests from outside are under way, and failures go first: they strike at the next await instead, without their messages, as in asyncio.
fn again(owner: &TaskRef, cancelled: Option<Cancelled>, made: &'static Location<'static>) {
    if owner.cancelling_here() == 0 {
        return;
    }
    if let Some(cancelled) = cancelled.or_else(|| owner.take_undelivered()) {
        owner.hand_back(cancelled.without_message());
    } else {
        // They have been refused before; asyncio goes by the count.
        owner.uncancel();
        let _ = owner.cancel_for(Reason::Request, None, made);
    }
}
