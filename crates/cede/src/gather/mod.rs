//! `gather`: the values of several tasks, in their order.

mod ends;
mod tuple;

use std::fmt;

use cede_core::backend::outcome_of;
use cede_core::{Task, TaskError};

pub use tuple::{
    TaskTuple, TryGatherTuple, TryTaskTuple, gather_tuple, gather_tuple_results, try_gather_tuple,
};

use crate::wait::Fallible;
use ends::{Unwind, settle};

/// Waits for all of `tasks`, and gives their values in the order of the tasks.
///
/// The first that is cancelled or panics decides: its error comes at once, and the others run on. What a task returns is a value, also an `Err`:
/// [`try_gather`] takes those for failures, [`gather_results`] takes nothing for one.
///
/// While it waits, a request to the waiting task is forwarded to every task that is not done, in their order. If any of them took it, the
/// waiting task goes on unwinding in the end, also if all of them refused.
///
/// # Dropping
///
/// Drops the handles that it was given; the tasks run on. Give it references, `gather(&handles)`, to keep them.
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
///     let tasks = [1, 2, 3].map(|n| cede::create_task(async move { n * n }));
///     assert_eq!(cede::gather(tasks).await?, [1, 4, 9]);
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "join_all")]
pub async fn gather<H, T>(tasks: impl IntoIterator<Item = H>) -> Result<Vec<T>, TaskError>
where
    H: Task + IntoFuture<Output = Result<T, TaskError>>,
{
    let mut tasks: Vec<H> = tasks.into_iter().collect();
    match settle(&mut tasks, Unwind::AtOnce, |_, outcome| outcome.is_err()).await {
        Some(index) => outcome_of(pick(tasks, index)).map(|_| Vec::new()),
        None => tasks.into_iter().map(outcome_of).collect(),
    }
}

/// As [`gather`], for tasks that return a `Result`: the first `Err` decides as well, and comes at once.
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
///     let tasks = ["1", "2", "x"].map(|text| cede::create_task(async move { text.parse::<i32>() }));
///     assert!(matches!(cede::try_gather(tasks).await, Err(cede::GatherError::Failed(_))));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "try_join_all")]
pub async fn try_gather<H, R>(
    tasks: impl IntoIterator<Item = H>,
) -> Result<Vec<R::Value>, GatherError<R::Error>>
where
    H: Task<Output: Fallible> + IntoFuture<Output = Result<R, TaskError>>,
    R: Returned,
{
    let mut tasks: Vec<H> = tasks.into_iter().collect();
    let decides = |task: &H, outcome: &Result<(), TaskError>| outcome.is_err() || failed(task);
    match settle(&mut tasks, Unwind::AtOnce, decides).await {
        Some(index) => value_of(pick(tasks, index)).map(|_| Vec::new()),
        None => tasks.into_iter().map(value_of).collect(),
    }
}

/// As [`gather`], but waits for all of `tasks`, and gives each its own result. asyncio's `return_exceptions=True`.
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
///     let tasks = [1, 2].map(|n| cede::create_task(async move { n }));
///     tasks[0].cancel();
///     let results = cede::gather_results(tasks).await;
///     assert!(results[0].is_err());
///     assert!(matches!(results[1], Ok(2)));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "return_exceptions")]
pub async fn gather_results<H, T>(tasks: impl IntoIterator<Item = H>) -> Vec<Result<T, TaskError>>
where
    H: Task + IntoFuture<Output = Result<T, TaskError>>,
{
    let mut tasks: Vec<H> = tasks.into_iter().collect();
    settle(&mut tasks, Unwind::AtTheEnd, |_, _| false).await;
    tasks.into_iter().map(outcome_of).collect()
}

/// Why [`try_gather`] gave no values.
///
/// # Examples
///
/// ```
/// use cede::GatherError;
///
/// cede::run(async {
///     let task = cede::create_task(async { Err::<(), _>("no luck") });
///     match cede::try_gather([task]).await {
///         Err(GatherError::Failed(error)) => assert_eq!(error, "no luck"),
///         other => unreachable!("{other:?}"),
///     }
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug)]
pub enum GatherError<E> {
    /// A task returned this.
    Failed(E),
    /// A task was cancelled, or panicked.
    Task(TaskError),
}

/// What a task of [`try_gather`] returns, which makes a `Result` of it: a `Result`, or a reference to one.
///
/// # Examples
///
/// ```
/// use cede::Returned;
///
/// assert_eq!(Ok::<_, ()>(1).returned(), Ok(1));
/// assert_eq!((&Err::<(), _>("no")).returned(), Err(&"no"));
/// ```
pub trait Returned {
    /// The value of `Ok`.
    type Value;
    /// The error of `Err`.
    type Error;

    /// As a `Result`.
    ///
    /// # Errors
    ///
    /// Its own error.
    fn returned(self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> Returned for Result<T, E> {
    type Value = T;
    type Error = E;

    fn returned(self) -> Result<T, E> {
        self
    }
}

impl<'a, T, E> Returned for &'a Result<T, E> {
    type Value = &'a T;
    type Error = &'a E;

    fn returned(self) -> Result<&'a T, &'a E> {
        self.as_ref()
    }
}

/// Did that task return an `Err`?
fn failed<H: Task<Output: Fallible>>(task: &H) -> bool {
    task.result().is_ok_and(Fallible::is_failure)
}

/// The value of a task that is done.
fn value_of<H, R>(task: H) -> Result<R::Value, GatherError<R::Error>>
where
    H: IntoFuture<Output = Result<R, TaskError>>,
    R: Returned,
{
    outcome_of(task).map_err(GatherError::Task)?.returned().map_err(GatherError::Failed)
}

fn pick<H>(tasks: Vec<H>, index: usize) -> H {
    tasks.into_iter().nth(index).expect("an index of theirs")
}

impl<E: fmt::Display> fmt::Display for GatherError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GatherError::Failed(error) => error.fmt(f),
            GatherError::Task(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for GatherError<E> {}
