//! `gather` for tasks of several types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cede_core::backend::outcome_of;
use cede_core::{Resuming, Task, TaskError, TaskRef};

use crate::gather::ends::{Ends, Unwind, settle};
use crate::gather::{GatherError, Returned, failed, value_of};
use crate::wait::Fallible;

/// As [`gather`](crate::gather), for a tuple of up to eight tasks, each with a type of its own.
///
/// # Dropping
///
/// Drops the handles that it was given; the tasks run on. Give it references, `gather_tuple((&one, &other))`, to keep them.
///
/// # Cancel safety
///
/// A request is forwarded.
///
/// # Errors
///
/// [`TaskError`]: of the first task to be cancelled or to panic.
///
/// # asyncio
///
/// [`asyncio.gather`](https://docs.python.org/3/library/asyncio-task.html#asyncio.gather).
///
/// # Examples
///
/// ```
/// cede::run(async {
///     let number = cede::create_task(async { 6 * 7 });
///     let text = cede::create_task(async { "the answer" });
///     assert_eq!(cede::gather_tuple((number, text)).await?, (42, "the answer"));
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "join")]
pub async fn gather_tuple<G: TaskTuple>(tasks: G) -> Result<G::Values, TaskError> {
    let mut refs = tasks.refs();
    match settle(&mut refs, Unwind::AtOnce, |_, outcome| outcome.is_err()).await {
        Some(index) => {
            let error = outcome_of(&refs[index]).expect_err("it decides by its error");
            Err(error)
        }
        None => tasks.values(),
    }
}

/// As [`gather_results`](crate::gather_results), for a tuple of up to eight tasks.
///
/// # Dropping
///
/// Drops the handles that it was given; the tasks run on.
///
/// # Cancel safety
///
/// A request is forwarded; when all tasks have ended, the waiting task goes on unwinding.
///
/// # Examples
///
/// ```
/// use cede::Cancel;
///
/// cede::run(async {
///     let number = cede::create_task(async { 6 * 7 });
///     let text = cede::create_task(async { "the answer" });
///     number.cancel();
///     let (number, text) = cede::gather_tuple_results((number, text)).await;
///     assert!(number.is_err());
///     assert_eq!(text.unwrap(), "the answer");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub async fn gather_tuple_results<G: TaskTuple>(tasks: G) -> G::Results {
    settle(&mut tasks.refs(), Unwind::AtTheEnd, |_, _| false).await;
    tasks.results()
}

/// As [`try_gather`](crate::try_gather), for a tuple of up to eight tasks that return `Result`s with one type of error.
///
/// # Dropping
///
/// Drops the handles that it was given; the tasks run on.
///
/// # Cancel safety
///
/// A request is forwarded.
///
/// # Errors
///
/// [`GatherError`]: of the first task to fail, to be cancelled or to panic.
///
/// # Examples
///
/// ```
/// cede::run(async {
///     let number = cede::create_task(async { "42".parse::<i32>() });
///     let text = cede::create_task(async { Ok::<_, std::num::ParseIntError>("the answer") });
///     assert_eq!(cede::try_gather_tuple((number, text)).await.unwrap(), (42, "the answer"));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "try_join")]
pub fn try_gather_tuple<G: TryTaskTuple>(tasks: G) -> TryGatherTuple<G> {
    let ends = Ends::new(tasks.refs(), Unwind::AtOnce);
    TryGatherTuple { tasks: Some(tasks), ends, unwinding: None }
}

/// The future of [`try_gather_tuple`].
///
/// It has a type of its own for the compiler's sake: of an `async fn` it could not see in an `async` block that it is `Send`, where the error is a
/// reference.
///
/// # Examples
///
/// ```
/// cede::run(async {
///     let one = cede::create_task(async { Ok::<_, String>(1) });
///     let two = cede::create_task(async { Ok::<_, String>("two") });
///     let both: cede::TryGatherTuple<_> = cede::try_gather_tuple((one, two));
///     assert_eq!(both.await.unwrap(), (1, "two"));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct TryGatherTuple<G> {
    tasks: Option<G>,
    ends: Ends<Vec<TaskRef>, TaskRef>,
    unwinding: Option<Resuming>,
}

impl<G: TryTaskTuple> Future for TryGatherTuple<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(unwinding) = &mut this.unwinding {
            return unwinding.poll();
        }
        let tasks = this.tasks.as_ref().expect("`try_gather_tuple` was polled after it was ready");
        let decides = |_: &_, index: usize, outcome: &Result<(), TaskError>| {
            outcome.is_err() || tasks.failed(index)
        };
        let index = ready!(this.ends.poll_decided(cx, decides));
        if let (None, Some(cancelled)) = (index, this.ends.unwinding()) {
            return this.unwinding.insert(cancelled.resuming()).poll();
        }
        let tasks = this.tasks.take().expect("they were there");
        Poll::Ready(tasks.values(index))
    }
}

impl<G> Unpin for TryGatherTuple<G> {}

impl<G> fmt::Debug for TryGatherTuple<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryGatherTuple").finish_non_exhaustive()
    }
}

/// A tuple of tasks: handles, or references to them. For [`gather_tuple`] and [`gather_tuple_results`].
///
/// # Examples
///
/// ```
/// use cede::{TaskTuple, gather_tuple};
///
/// cede::run(async {
///     async fn both<G: TaskTuple>(tasks: G) -> Option<G::Values> {
///         gather_tuple(tasks).await.ok()
///     }
///     let tasks = (cede::create_task(async { 1 }), cede::create_task(async { "two" }));
///     assert_eq!(both(tasks).await, Some((1, "two")));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of up to eight tasks",
    note = "for tasks of one type there is `gather`, which takes any collection"
)]
pub trait TaskTuple: sealed::Sealed {
    /// Their values.
    type Values;
    /// Their results.
    type Results;

    #[doc(hidden)]
    fn refs(&self) -> Vec<TaskRef>;
    #[doc(hidden)]
    fn values(self) -> Result<Self::Values, TaskError>;
    #[doc(hidden)]
    fn results(self) -> Self::Results;
}

/// A tuple of tasks that return `Result`s. For [`try_gather_tuple`].
///
/// # Examples
///
/// ```
/// use cede::{TryTaskTuple, try_gather_tuple};
///
/// cede::run(async {
///     async fn both<G: TryTaskTuple>(tasks: G) -> Option<G::Values> {
///         try_gather_tuple(tasks).await.ok()
///     }
///     let one = cede::create_task(async { Ok::<_, String>(1) });
///     assert_eq!(both((one,)).await, Some((1,)));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of up to eight tasks that return `Result`s with one type of error",
    note = "for tasks of one type there is `try_gather`, which takes any collection"
)]
pub trait TryTaskTuple: sealed::Sealed {
    /// Their values.
    type Values;
    /// The error of each.
    type Error;

    #[doc(hidden)]
    fn refs(&self) -> Vec<TaskRef>;
    #[doc(hidden)]
    fn failed(&self, index: usize) -> bool;
    /// The values, unless that one has decided by its failure.
    #[doc(hidden)]
    fn values(self, decided: Option<usize>) -> Result<Self::Values, GatherError<Self::Error>>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! tuples {
    ($(($($task:ident $returned:ident $index:tt),+))+) => {$(
        impl<$($task: Task),+> sealed::Sealed for ($($task,)+) {}

        impl<$($task, $returned),+> TaskTuple for ($($task,)+)
        where
            $($task: Task + IntoFuture<Output = Result<$returned, TaskError>>,)+
        {
            type Values = ($($returned,)+);
            type Results = ($(Result<$returned, TaskError>,)+);

            fn refs(&self) -> Vec<TaskRef> {
                vec![$(self.$index.task_ref()),+]
            }

            fn values(self) -> Result<Self::Values, TaskError> {
                Ok(($(outcome_of(self.$index)?,)+))
            }

            fn results(self) -> Self::Results {
                ($(outcome_of(self.$index),)+)
            }
        }

        impl<$($task, $returned,)+ Error> TryTaskTuple for ($($task,)+)
        where
            $($task: Task<Output: Fallible> + IntoFuture<Output = Result<$returned, TaskError>>,)+
            $($returned: Returned<Error = Error>,)+
        {
            type Values = ($($returned::Value,)+);
            type Error = Error;

            fn refs(&self) -> Vec<TaskRef> {
                vec![$(self.$index.task_ref()),+]
            }

            fn failed(&self, index: usize) -> bool {
                $((index == $index && failed(&self.$index)))||+
            }

            fn values(self, decided: Option<usize>) -> Result<Self::Values, GatherError<Error>> {
                match decided {
                    $(Some($index) => Err(value_of(self.$index).err().expect("it has failed")),)+
                    _ => Ok(($(value_of(self.$index)?,)+)),
                }
            }
        }
    )+};
}

tuples! {
    (A Ra 0)
    (A Ra 0, B Rb 1)
    (A Ra 0, B Rb 1, C Rc 2)
    (A Ra 0, B Rb 1, C Rc 2, D Rd 3)
    (A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4)
    (A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4, F Rf 5)
    (A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4, F Rf 5, G Rg 6)
    (A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4, F Rf 5, G Rg 6, H Rh 7)
}
