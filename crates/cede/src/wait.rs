//! `wait`: for some tasks to be done, or for a time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cede_core::{ResultError, Sleep, Task, sleep};

use crate::tally::{Tally, WakeAt};

/// Waits until `tasks` are done: all of them, or [one](Wait::first_completed), or [until one fails](Wait::first_exception), or
/// [for a time](Wait::timeout). Gives the handles back, sorted into those that are done and those that are not, each in the order in
/// which they were given.
///
/// It raises no failure of theirs and cancels none. It always suspends. Time and memory are linear in the number of tasks.
///
/// # Dropping
///
/// Drops the handles that it was given; the tasks run on. Give it references, `wait(&handles)`, to keep them.
///
/// # Cancel safety
///
/// A request ends the wait, and is not forwarded.
///
/// # Panics
///
/// If it has a timeout, and is polled where there is no backend.
///
/// # asyncio
///
/// [`asyncio.wait`](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait), which gives sets, refuses an empty one, and
/// takes a task that stands twice in the list once.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::{Task, wait};
///
/// cede::run(async {
///     let tasks = [10, 60_000].map(|ms| cede::create_task(cede::sleep(Duration::from_millis(ms))));
///     let waited = wait(tasks).first_completed().await;
///     assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
///     let waited = wait(waited.pending).timeout(Duration::from_millis(1)).await;
///     assert!(!waited.pending[0].done());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "select_all")]
#[doc(alias = "join_all")]
pub fn wait<H: Task>(tasks: impl IntoIterator<Item = H>) -> Wait<H> {
    Wait {
        tasks: tasks.into_iter().collect(),
        until: Until::AllCompleted,
        timeout: None,
        tally: None,
        decided: false,
    }
}

/// The future of [`wait`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::wait;
///
/// cede::run(async {
///     let tasks = [10, 60_000].map(|ms| cede::create_task(cede::sleep(Duration::from_millis(ms))));
///     let waited = wait(&tasks).first_completed().await;
///     assert_eq!(waited.pending.len(), 1);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct Wait<H: Task> {
    tasks: Vec<H>,
    until: Until<H>,
    timeout: Option<Sleep>,
    tally: Option<Tally>,
    /// The one that was waited for has ended.
    decided: bool,
}

/// What [`wait`] gives back: the caller's own handles, sorted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::wait;
///
/// cede::run(async {
///     let tasks = [10, 60_000].map(|ms| cede::create_task(cede::sleep(Duration::from_millis(ms))));
///     let waited = wait(&tasks).first_completed().await;
///     assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited<H> {
    /// The tasks that are done.
    pub done: Vec<H>,
    /// Those that are not.
    pub pending: Vec<H>,
}

/// A value that may say that its task has failed.
///
/// A `Result` does, with `Err`. The `()` of a [`TaskRef`](crate::TaskRef) never does: of those only panics are known.
///
/// # Examples
///
/// ```
/// use cede::Fallible;
///
/// assert!(Err::<(), _>("no luck").is_failure());
/// assert!(!Ok::<_, ()>(1).is_failure());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't say that a task has failed",
    note = "`first_exception` needs tasks whose output is a `Result`, or `TaskRef`s"
)]
pub trait Fallible {
    /// Is this a failure?
    fn is_failure(&self) -> bool;
}

/// When a wait is over.
enum Until<H> {
    AllCompleted,
    FirstCompleted,
    /// One has failed, by this measure; or all are done.
    FirstException(fn(&H) -> bool),
}

impl<T, E> Fallible for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}

impl Fallible for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl<H: Task> Wait<H> {
    /// Waits for the first end only. asyncio's `FIRST_COMPLETED`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::{Task, wait};
    ///
    /// cede::run(async {
    ///     let tasks = [10, 60_000].map(|ms| cede::create_task(cede::sleep(Duration::from_millis(ms))));
    ///     let waited = wait(&tasks).first_completed().await;
    ///     assert!(Task::done(waited.done[0]));
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[doc(alias = "FIRST_COMPLETED")]
    pub fn first_completed(mut self) -> Self {
        self.until = Until::FirstCompleted;
        self
    }

    /// Waits until one has failed (with an `Err` or a panic), or all are done. A cancelled task is no failure. asyncio's
    /// `FIRST_EXCEPTION`.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::wait;
    ///
    /// cede::run(async {
    ///     let fails = cede::create_task(async { Err::<(), _>("no luck") });
    ///     let never = cede::create_task(std::future::pending());
    ///     let waited = wait([fails, never]).first_exception().await;
    ///     assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[doc(alias = "FIRST_EXCEPTION")]
    pub fn first_exception(mut self) -> Self
    where
        H::Output: Fallible,
    {
        self.until = Until::FirstException(|task| match task.result() {
            Ok(value) => value.is_failure(),
            Err(ResultError::Panicked(_)) => true,
            Err(_) => false,
        });
        self
    }

    /// Waits no longer than `timeout`, by the backend's clock. It is no error if that strikes.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::wait;
    ///
    /// cede::run(async {
    ///     let tasks = [10, 60_000].map(|ms| cede::create_task(cede::sleep(Duration::from_millis(ms))));
    ///     let waited = wait(&tasks).timeout(Duration::from_millis(1)).await;
    ///     assert_eq!(waited.pending.len(), 2);
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(sleep(timeout));
        self
    }

    /// Is there nothing more to wait for? If there is, `cx` will be woken.
    fn is_over(&mut self, cx: &Context<'_>) -> bool {
        let wake_at = match self.until {
            Until::AllCompleted => WakeAt::Count(self.tasks.len()),
            Until::FirstCompleted => WakeAt::Count(1),
            Until::FirstException(_) => WakeAt::Each,
        };
        let tally = self.tally.get_or_insert_with(|| Tally::new(&self.tasks, wake_at));
        let ended = tally.ended(cx.waker());
        match self.until {
            Until::AllCompleted => {}
            Until::FirstCompleted => self.decided |= ended > 0,
            Until::FirstException(failed) => {
                while let Some(index) = tally.next() {
                    self.decided |= failed(&self.tasks[index]);
                }
            }
        }
        self.decided || ended == self.tasks.len()
    }

    fn end(&mut self) {
        if let Some(mut tally) = self.tally.take() {
            tally.end(self.tasks.iter().map(Some));
        }
    }
}

impl<H: Task> Unpin for Wait<H> {}

impl<H: Task> Future for Wait<H> {
    type Output = Waited<H>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Waited<H>> {
        let this = &mut *self;
        let first = this.tally.is_none();
        let mut over = this.is_over(cx);
        if let (false, Some(timeout)) = (over, &mut this.timeout) {
            over = Pin::new(timeout).poll(cx).is_ready();
        }
        if !over {
            return Poll::Pending;
        }
        if first {
            // It is over at once, and gives way all the same.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.end();
        let (done, pending) = std::mem::take(&mut this.tasks).into_iter().partition(H::done);
        Poll::Ready(Waited { done, pending })
    }
}

impl<H: Task> Drop for Wait<H> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<H: Task> std::fmt::Debug for Wait<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wait").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
