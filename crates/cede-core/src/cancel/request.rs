//! What travels with a cancel request: its message, who asked, where and why.

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use crate::cancel::throw::Throw;
use crate::current;
use crate::id::{Label, TaskId};

/// A cancel request as it arrives: the message, who asked, where and why. asyncio's `CancelledError`.
///
/// [`catch_cancel`](crate::catch_cancel) yields one when the task is asked to stop while inside it, and a
/// [`TaskError::Cancelled`](crate::TaskError::Cancelled) holds the one that ended a task. Cloning it is cheap.
///
/// # Dropping
///
/// Dropping the `Cancelled` that a `catch_cancel` yielded **refuses** the request: the task goes on as if
/// nothing had happened. [`resume`](Cancelled::resume) passes it on.
///
/// # asyncio
///
/// [`CancelledError`](https://docs.python.org/3/library/asyncio-exceptions.html#asyncio.CancelledError) has
/// only the message, and only the first who retrieves it from a task sees that. Here everybody does.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, Reason};
///
/// cede::run(async {
///     let task = cede::create_task(async {
///         match cede::catch_cancel(std::future::pending::<()>()).await {
///             Ok(()) => unreachable!(),
///             Err(cancelled) => {
///                 assert_eq!(cancelled.message(), Some("closing time"));
///                 assert_eq!(cancelled.reason(), Reason::Request);
///                 cancelled.resume().await
///             }
///         }
///     });
///     cede::yield_now().await;
///     task.cancel_with("closing time");
///     assert!((&task).await.is_err());
///     assert!(task.cancelled());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone)]
#[must_use = "a `Cancelled` that is dropped refuses the request: `refuse()` says so, `resume().await` passes it on"]
pub struct Cancelled {
    /// The request that is shown.
    request: Arc<Request>,
    /// All requests that this delivery answers, where that is not the one that is shown alone.
    answers: Option<Arc<[Cancelled]>>,
}

struct Request {
    id: RequestId,
    message: Option<Arc<str>>,
    reason: Reason,
    asked: Option<Label>,
    by: Option<Label>,
    at: &'static Location<'static>,
}

/// Why a task was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Somebody called [`cancel`](crate::Cancel::cancel) or [`cancel_with`](crate::Cancel::cancel_with).
    Request,
    /// A timeout around the code struck.
    Timeout,
    /// A group that the task belongs to is shutting down, since one of its members failed.
    Group,
    /// The run is over: the backend stops what is left.
    Shutdown,
    /// [`abort`](crate::Task::abort): no scope was asked.
    Abort,
    /// The backend is gone; nobody is left to poll the task.
    BackendGone,
    /// Somebody pressed Ctrl-C, or sent SIGINT: the program is to stop.
    Interrupted,
    /// Somebody sent SIGTERM: the program is to stop.
    Terminated,
}

/// The address of a request: no two are alike in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(u64);

impl Cancelled {
    /// A request against `asked`, made by the task that runs here, if any.
    #[track_caller]
    pub(crate) fn new(asked: Option<Label>, message: Option<Arc<str>>, reason: Reason) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Cancelled::one(Request {
            id: RequestId(NEXT.fetch_add(1, Ordering::Relaxed)),
            message,
            reason,
            asked,
            by: current::label(),
            at: Location::caller(),
        })
    }

    fn one(request: Request) -> Self {
        Cancelled { request: Arc::new(request), answers: None }
    }

    /// This and `other` in one delivery, which shows this one. For code that has met two, and passes on one.
    pub fn and(self, other: &Cancelled) -> Self {
        let others = other.requests().filter(|theirs| !self.includes(theirs));
        let answers = self.requests().chain(others).map(Cancelled::alone).collect();
        Cancelled { request: self.request, answers: Some(answers) }
    }

    /// Does this delivery answer all requests that `other` does?
    pub(crate) fn includes(&self, other: &Cancelled) -> bool {
        other.requests().all(|theirs| self.requests().any(|mine| *mine == *theirs))
    }

    /// What a task unwinds by that has passed `requests` on to one that ended by this.
    pub(crate) fn struck(&self, requests: &Cancelled) -> Self {
        self.clone().for_requests(self.struck_of(requests).as_ref().unwrap_or(requests))
    }

    /// Those of `requests` that this answers, as this has them.
    pub(crate) fn struck_of(&self, requests: &Cancelled) -> Option<Self> {
        let mut struck = self.requests().filter(|mine| requests.includes(mine));
        let first = struck.next()?.alone();
        Some(struck.fold(first, Cancelled::and))
    }

    /// The delivery of `requests`, which shows this one: what an awaited task ended by.
    pub fn for_requests(self, requests: &Cancelled) -> Self {
        let answers = requests.requests().map(Cancelled::alone).collect();
        Cancelled { request: self.request, answers: Some(answers) }
    }

    /// This delivery but for the requests that `other` answers; `None` if nothing is left. For code that has asked its own task to stop,
    /// and must pass on what others have asked at the same moment.
    pub fn without(&self, other: &Cancelled) -> Option<Self> {
        let mut left =
            self.requests().filter(|mine| !other.requests().any(|theirs| *mine == theirs));
        let first = left.next()?.alone();
        let left = left.fold(first, Cancelled::and);
        Some(if other.includes(&self.alone()) { left } else { self.clone().for_requests(&left) })
    }

    /// The requests that this delivery answers: mostly itself alone; several, where they arrived at the same moment.
    pub fn requests(&self) -> impl Iterator<Item = &Cancelled> {
        let alone = self.answers.is_none().then_some(self);
        alone.into_iter().chain(self.answers.iter().flat_map(|list| list.iter()))
    }

    fn alone(&self) -> Self {
        Cancelled { request: Arc::clone(&self.request), answers: None }
    }

    pub(crate) fn id(&self) -> RequestId {
        self.request.id
    }

    /// The message that the request carries, if it has one.
    pub fn message(&self) -> Option<&str> {
        self.request.message.as_deref()
    }

    /// The same request, without its message; all of them, where this answers several.
    pub fn without_message(&self) -> Self {
        let mute = |Cancelled { request, .. }: &Cancelled| {
            let Request { id, reason, at, .. } = **request;
            let (asked, by) = (request.asked.clone(), request.by.clone());
            Cancelled::one(Request { id, message: None, reason, asked, by, at })
        };
        let answers = self.answers.as_ref().map(|answers| answers.iter().map(mute).collect());
        Cancelled { answers, ..mute(self) }
    }

    /// Why the task was asked to stop.
    pub fn reason(&self) -> Reason {
        self.request.reason
    }

    /// The task that was asked, and may have passed the request on to the one that it awaits.
    pub fn asked(&self) -> Option<TaskId> {
        self.request.asked.as_ref().map(|label| label.id)
    }

    /// The task that asked, or `None` if the request came from outside any task.
    pub fn requested_by(&self) -> Option<TaskId> {
        self.request.by.as_ref().map(|label| label.id)
    }

    /// Where in the source the request was made.
    pub fn location(&self) -> &'static Location<'static> {
        self.request.at
    }

    /// Refuses the request: the task goes on as if nothing had happened. The same as dropping it, in words.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cede::{Cancel, catch_cancel};
    /// # cede::run(async {
    /// let task = cede::create_task(async {
    ///     if let Err(cancelled) = catch_cancel(std::future::pending::<()>()).await {
    ///         cancelled.refuse();
    ///     }
    ///     "not now"
    /// });
    /// cede::yield_now().await;
    /// task.cancel();
    /// assert_eq!(task.await.unwrap(), "not now");
    /// # })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn refuse(self) {
        drop(self);
    }

    /// Goes on unwinding: to the next [`catch_cancel`](crate::catch_cancel) around this await, or, if there is
    /// none, to the end of the task, which is then cancelled with this message. asyncio's `raise`.
    ///
    /// The future never completes, so `resume().await` fits where a value of any type is expected.
    ///
    /// It serves for any `Cancelled`: a task that finds another one cancelled
    /// ([`TaskError::Cancelled`](crate::TaskError::Cancelled)) may end in the same way by resuming that.
    ///
    /// # Dropping
    ///
    /// Dropped before its first poll, the future refuses the request. Dropped between its poll and the end of the
    /// unwinding (by a `select!` around it, say), it hands the request back: the task meets it at its next
    /// await that suspends.
    ///
    /// # Panics
    ///
    /// If it is polled outside any task, where there is nothing to unwind.
    ///
    /// # asyncio
    ///
    /// A bare [`raise`](https://docs.python.org/3/reference/simple_stmts.html#raise) in `except CancelledError`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cede::Cancel;
    /// # cede::run(async {
    /// let task = cede::create_task(async {
    ///     match cede::catch_cancel(cede::sleep(std::time::Duration::from_secs(60))).await {
    ///         Ok(()) => "slept well",
    ///         Err(cancelled) => {
    ///             cede::yield_now().await; // clean-up may await
    ///             cancelled.resume().await
    ///         }
    ///     }
    /// });
    /// cede::yield_now().await;
    /// task.cancel();
    /// assert!(task.await.is_err());
    /// # })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub async fn resume(self) -> ! {
        let mut throw: Option<Throw> = None;
        poll_fn(|_| {
            if !throw.as_ref().is_some_and(Throw::is_here) {
                throw = Throw::here(self.clone());
                assert!(
                    throw.is_some(),
                    "`Cancelled::resume` was awaited outside any cede task, so there is nothing to unwind; \
                     await it in the task that caught the request"
                );
            }
            Poll::<()>::Pending
        })
        .await;
        unreachable!("a future that is pending for ever")
    }
}

/// The same request, not only an equal message.
impl PartialEq for Cancelled {
    fn eq(&self, other: &Self) -> bool {
        self.request.id == other.request.id
    }
}

impl Eq for Cancelled {}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { message, reason, asked, by, at, .. } = &*self.request;
        f.write_str("cancelled")?;
        if let Some(message) = message {
            write!(f, ": {message}")?;
        }
        match (reason, asked) {
            (Reason::Request, Some(asked)) => write!(f, " (task {asked:?} was asked to stop")?,
            (Reason::Request, None) => f.write_str(" (asked to stop")?,
            (Reason::Timeout, _) => f.write_str(" (a timeout struck, set")?,
            (Reason::Group, _) => f.write_str(" (its group is shutting down, noticed")?,
            (Reason::Shutdown, _) => f.write_str(" (the run is over, noticed")?,
            (Reason::Abort, _) => f.write_str(" (aborted")?,
            (Reason::BackendGone, _) => f.write_str(" (its backend is gone, noticed")?,
            // These come from outside the program: no place in it says more.
            (Reason::Interrupted, _) => return f.write_str(" (interrupted by Ctrl-C)"),
            (Reason::Terminated, _) => return f.write_str(" (terminated by SIGTERM)"),
        }
        if let Some(by) = by {
            write!(f, " by task {by:?}")?;
        }
        write!(f, " at {at})")
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cancelled({self})")
    }
}

impl std::error::Error for Cancelled {}
