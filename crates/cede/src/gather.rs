//! `gather`: the values of several tasks, in their order.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use cede_core::{Cancelled, Ended, ResultError, Task, TaskError};
use futures_util::future::FutureExt;

use crate::tally::{Tally, WakeAt};
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
    let mut ends = Ends::new(tasks, unwind);
    let mut passed_on: Option<Cancelled> = None;
    let all = poll_fn(|cx| {
        ends.look(cx);
        while let Some(End { index, outcome, forwarded }) = ready!(ends.next()) {
            if decides(&tasks[index], &outcome) {
                return Poll::Ready(Some(index));
            }
            passed_on = Cancelled::both(passed_on.take(), forwarded);
        }
        Poll::Ready(None)
    });
    let index = all.await;
    if let (Some(request), None) = (passed_on, index) {
        // asyncio shows what the last task was cancelled by, and else no message.
        let cancelled = match tasks.last().map(Task::result) {
            Some(Err(ResultError::Cancelled(last))) => last.for_requests(&request),
            _ => request.without_message(),
        };
        cancelled.resume().await;
    }
    index
}

/// The end of one of several tasks.
struct End {
    index: usize,
    outcome: Result<(), TaskError>,
    /// The request that had been passed on to it.
    forwarded: Option<Cancelled>,
}

/// The ends of several tasks, one after the other. Only those that have ended are looked at.
struct Ends<'a, H: Task> {
    tasks: &'a [H],
    /// What forwards to the tasks that have not ended.
    waits: Vec<Option<Ended>>,
    tally: Option<Tally>,
    left: usize,
    /// The task whose end is being looked at; it stays so where that unwinds.
    at: Option<usize>,
}

impl<'a, H: Task> Ends<'a, H> {
    fn new(tasks: &'a [H], unwind: Unwind) -> Self {
        let wait = |task: &H| {
            let end = task.task_ref().into_future();
            Some(if unwind == Unwind::AtOnce { end } else { end.without_unwinding() })
        };
        let waits = tasks.iter().map(wait).collect();
        Ends { tasks, waits, tally: None, left: tasks.len(), at: None }
    }

    /// Has the waker woken at each end. The first time, it enlists the tasks that have not ended.
    fn look(&mut self, cx: &mut Context<'_>) {
        let first = self.tally.is_none();
        let tally = self.tally.get_or_insert_with(|| Tally::new(self.tasks, WakeAt::Each));
        tally.ended(cx.waker());
        if first {
            for (task, wait) in self.tasks.iter().zip(&mut self.waits) {
                if let (Some(wait), false) = (wait, task.done()) {
                    let _ = poll_end(wait);
                }
            }
        }
    }

    /// The next end. Pending: it is still to come, or unwinds the task that waits.
    fn next(&mut self) -> Poll<Option<End>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.at = self.at.or_else(|| self.tally.as_ref()?.next());
        let Some(index) = self.at else { return Poll::Pending };
        let Some(wait) = &mut self.waits[index] else { return Poll::Pending };
        let outcome = ready!(poll_end(wait));
        let forwarded = wait.forwarded();
        if !wait.is_quiet() {
            self.waits[index] = None;
        }
        self.at = None;
        self.left -= 1;
        Poll::Ready(Some(End { index, outcome, forwarded }))
    }
}

/// Of the ends it is the tally that wakes.
fn poll_end(wait: &mut Ended) -> Poll<Result<(), TaskError>> {
    Pin::new(wait).poll(&mut Context::from_waker(Waker::noop()))
}

impl<H: Task> Drop for Ends<'_, H> {
    fn drop(&mut self) {
        if let Some(tally) = &mut self.tally {
            tally.end(self.tasks.iter().map(Some));
        }
    }
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
