//! `gather`: the values of several tasks, in their order.

use std::fmt;

use cede_core::{ResultError, Task, TaskError};
use futures_util::future::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::wait::Fallible;

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
    let tasks: Vec<H> = tasks.into_iter().collect();
    match settle(&tasks, Unwind::AtOnce, |_, outcome| outcome.is_err()).await {
        Some(index) => value_of(pick(tasks, index)).map(|_| Vec::new()),
        None => tasks.into_iter().map(value_of).collect(),
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
pub async fn try_gather<H, T, E>(
    tasks: impl IntoIterator<Item = H>,
) -> Result<Vec<T>, GatherError<E>>
where
    H: Task<Output: Fallible> + IntoFuture<Output = Result<Result<T, E>, TaskError>>,
{
    let tasks: Vec<H> = tasks.into_iter().collect();
    let failed = |task: &H| task.result().is_ok_and(Fallible::is_failure);
    let decides = |task: &H, outcome: &Result<(), TaskError>| outcome.is_err() || failed(task);
    let index = settle(&tasks, Unwind::AtOnce, decides).await;
    let value = |task: H| value_of(task).map_err(GatherError::Task)?.map_err(GatherError::Failed);
    match index {
        Some(index) => value(pick(tasks, index)).map(|_| Vec::new()),
        None => tasks.into_iter().map(value).collect(),
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
    let tasks: Vec<H> = tasks.into_iter().collect();
    settle(&tasks, Unwind::AtTheEnd, |_, _| false).await;
    tasks.into_iter().map(value_of).collect()
}

/// Why [`try_gather`] gave no values.
#[derive(Clone, Debug)]
pub enum GatherError<E> {
    /// A task returned this.
    Failed(E),
    /// A task was cancelled, or panicked.
    Task(TaskError),
}

/// When a request that was passed on to the tasks goes on unwinding the one that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unwind {
    /// As soon as one of them ends cancelled.
    AtOnce,
    /// When all have ended.
    AtTheEnd,
}

/// Waits until all have ended, or one of which `decides` says so: its index.
async fn settle<H: Task>(
    tasks: &[H],
    unwind: Unwind,
    decides: impl Fn(&H, &Result<(), TaskError>) -> bool,
) -> Option<usize> {
    let mut waits: FuturesUnordered<_> = tasks
        .iter()
        .enumerate()
        .map(|(index, task)| {
            let end = task.task_ref().into_future();
            let mut end = if unwind == Unwind::AtOnce { end } else { end.without_unwinding() };
            async move {
                let outcome = (&mut end).await;
                (index, outcome, end.forwarded())
            }
        })
        .collect();
    let mut passed_on = None;
    while let Some((index, outcome, forwarded)) = waits.next().await {
        if decides(&tasks[index], &outcome) {
            return Some(index);
        }
        passed_on = passed_on.or(forwarded);
    }
    if let Some(request) = passed_on {
        // asyncio shows what the last task was cancelled by, and else no message.
        let cancelled = match tasks.last().map(Task::result) {
            Some(Err(ResultError::Cancelled(last))) => last,
            _ => request.without_message(),
        };
        cancelled.resume().await;
    }
    None
}

fn pick<H>(tasks: Vec<H>, index: usize) -> H {
    tasks.into_iter().nth(index).expect("an index of theirs")
}

/// The value of a task that is done.
fn value_of<H: IntoFuture>(task: H) -> H::Output {
    task.into_future().now_or_never().expect("the task is done")
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
