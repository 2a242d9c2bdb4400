//! What travels with a cancel request: its message, who asked, where and why.

use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroU64;
use std::panic::Location;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cancel::resuming::Resuming;
use crate::current;
use crate::id::{Label, TaskId};
use crate::task::{Counted, TaskRef};

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
pub struct Cancelled(Counted<Requests>);

enum Requests {
    One(Request),
    /// What is shown may be none of what is answered. All of these are `One`.
    Many {
        shown: Cancelled,
        answers: Vec<Cancelled>,
    },
}

#[derive(Clone)]
struct Request {
    id: RequestId,
    message: Option<Arc<str>>,
    reason: Reason,
    asked: Option<Label>,
    /// It is for the code in this scope of that task alone.
    scope: Option<ScopeId>,
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

/// The identity of a request: no two are alike in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(u64);

/// Names a scope, so that a request can be for the code in it alone: [`CatchCancel::named`](crate::CatchCancel::named) gives it to the
/// scope, [`TaskRef::interrupt`](crate::TaskRef::interrupt) asks it. What timeouts and groups are made with.
///
/// A request to a scope leaves what else the task awaits alone (in a `join!`, say), and passes a
/// [`critical`](crate::critical) around the scope, for it comes from inside that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeId(NonZeroU64);

impl Cancelled {
    /// A request against `asked`, made by the task that runs here, if any.
    pub(crate) fn new(
        asked: &TaskRef,
        message: Option<Arc<str>>,
        reason: Reason,
        at: &'static Location<'static>,
    ) -> Self {
        Cancelled::one(|| Request {
            id: RequestId::next(),
            message,
            reason,
            asked: Some(asked.header().label()),
            scope: None,
            by: current::label(),
            at,
        })
    }

    /// A request against the code in one scope of `asked`, which was set up at `at`.
    pub(crate) fn for_scope(
        asked: &TaskRef,
        scope: ScopeId,
        reason: Reason,
        at: &'static Location<'static>,
    ) -> Self {
        Cancelled::one(|| Request {
            id: RequestId::next(),
            message: None,
            reason,
            asked: Some(asked.header().label()),
            scope: Some(scope),
            by: current::label(),
            at,
        })
    }

    #[inline]
    fn one(make: impl FnOnce() -> Request) -> Self {
        Cancelled(Counted::new(|| Requests::One(make())))
    }

    fn many(shown: Self, answers: Vec<Self>) -> Self {
        Cancelled(Counted::new(|| Requests::Many { shown, answers }))
    }

    /// What is shown.
    #[inline]
    fn request(&self) -> &Request {
        match &*self.0 {
            Requests::One(request) => request,
            Requests::Many { shown, .. } => shown.request(),
        }
    }

    /// What is shown, alone.
    fn alone(&self) -> Self {
        match &*self.0 {
            Requests::One(_) => self.clone(),
            Requests::Many { shown, .. } => shown.clone(),
        }
    }

    /// This and `other` in one delivery, which shows this one. For code that has met two, and passes on one.
    pub fn and(self, other: &Cancelled) -> Self {
        let others = other.requests().filter(|theirs| !self.includes(theirs));
        Cancelled::many(self.alone(), self.requests().chain(others).cloned().collect())
    }

    /// The two in one delivery, which shows the first; or the one that there is.
    pub fn both(first: Option<Self>, next: Option<Self>) -> Option<Self> {
        match (first, next) {
            (Some(first), Some(next)) => Some(first.and(&next)),
            (first, next) => first.or(next),
        }
    }

    /// One request, for the task as a whole.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(&*self.0, Requests::One(request) if request.scope.is_none())
    }

    /// Does this delivery answer all requests that `other` does?
    pub(crate) fn includes(&self, other: &Cancelled) -> bool {
        other.requests().all(|theirs| self.requests().any(|mine| *mine == *theirs))
    }

    /// What a task unwinds by that has passed `requests` on to one that ended by this.
    pub(crate) fn struck(&self, requests: &Cancelled) -> Self {
        if self.is_plain() && requests.is_plain() && self == requests {
            return self.clone();
        }
        self.clone().for_requests(self.struck_of(requests).as_ref().unwrap_or(requests))
    }

    /// Those of `requests` that this answers: as this has them, but each for the scope that it is for there.
    pub(crate) fn struck_of(&self, requests: &Cancelled) -> Option<Self> {
        let mut struck = self.requests().filter_map(|mine| {
            let theirs = requests.requests().find(|theirs| *theirs == mine)?;
            if theirs.scope() == mine.scope() {
                return Some(mine.clone());
            }
            Some(Cancelled::one(|| Request { scope: theirs.scope(), ..mine.request().clone() }))
        });
        let first = struck.next()?;
        Some(struck.fold(first, |all, one| all.and(&one)))
    }

    /// The delivery of `requests`, which shows this one: what an awaited task ended by. It is the first of them, if it is one.
    pub fn for_requests(self, requests: &Cancelled) -> Self {
        let first = requests.requests().filter(|request| **request == self);
        let others = requests.requests().filter(|request| **request != self);
        Cancelled::many(self.alone(), first.chain(others).cloned().collect())
    }

    /// This delivery but for the requests that `other` answers; `None` if nothing is left. For code that has asked its own task to stop,
    /// and must pass on what others have asked at the same moment.
    pub fn without(&self, other: &Cancelled) -> Option<Self> {
        let mut left =
            self.requests().filter(|mine| !other.requests().any(|theirs| *mine == theirs));
        let first = left.next()?.clone();
        let left = left.fold(first, Cancelled::and);
        Some(if other.includes(&self.alone()) { left } else { self.clone().for_requests(&left) })
    }

    /// The same, showing one of its own requests: what it has borrowed from a cancelled task stays there.
    pub(crate) fn unborrowed(self) -> Self {
        if self.requests().any(|request| *request == self) {
            return self;
        }
        let first = self.requests().next().cloned();
        first.map_or_else(|| self.clone(), |first| first.for_requests(&self))
    }

    /// Those that `keep` keeps, of the requests that this answers.
    pub(crate) fn filter(&self, keep: impl Fn(&Cancelled) -> bool) -> Option<Self> {
        if matches!(&*self.0, Requests::One(_)) {
            return keep(self).then(|| self.clone());
        }
        let mut kept = self.requests().filter(|request| keep(request)).peekable();
        let first = Cancelled::clone(kept.peek()?);
        let kept: Vec<Cancelled> = kept.cloned().collect();
        if kept.len() == self.requests().count() {
            return Some(self.clone());
        }
        // What is shown may be somebody else's request, which this has borrowed: then it stays.
        let is_shown = |request: &Cancelled| request == self;
        let gone = self.requests().any(is_shown) && !kept.iter().any(is_shown);
        Some(Cancelled::many(if gone { first } else { self.alone() }, kept))
    }

    /// Is it one request?
    pub(crate) fn is_alone(&self) -> bool {
        self.requests().count() == 1
    }

    /// Is any of its requests for one scope alone?
    pub(crate) fn is_for_scopes(&self) -> bool {
        self.requests().any(|request| request.scope().is_some())
    }

    /// The scope that this request is for, if it is for one alone.
    pub(crate) fn scope(&self) -> Option<ScopeId> {
        self.request().scope
    }

    /// The same requests for the whole task: as they are passed on to another one.
    pub(crate) fn to_all(&self) -> Self {
        self.readdressed(|_| None)
    }

    /// The same where it has arrived at the scope `here`: from there on it is like any other.
    pub(crate) fn arrived_at(self, here: Option<ScopeId>) -> Self {
        if here.is_none() { self } else { self.readdressed(|to| to.filter(|_| to != here)) }
    }

    fn readdressed(&self, new: impl Fn(Option<ScopeId>) -> Option<ScopeId>) -> Self {
        if !self.is_for_scopes() {
            return self.clone();
        }
        self.map(&|request| Request { scope: new(request.scope), ..request.clone() })
    }

    /// Each of the requests, and what is shown, made anew by `new`.
    fn map(&self, new: &impl Fn(&Request) -> Request) -> Self {
        match &*self.0 {
            Requests::One(request) => Cancelled::one(|| new(request)),
            Requests::Many { shown, answers } => {
                Cancelled::many(shown.map(new), answers.iter().map(|it| it.map(new)).collect())
            }
        }
    }

    /// The requests that this delivery answers: mostly itself alone; several, where they arrived at the same moment.
    pub fn requests(&self) -> impl Iterator<Item = &Cancelled> {
        match &*self.0 {
            Requests::One(_) => slice::from_ref(self).iter(),
            Requests::Many { answers, .. } => answers.iter(),
        }
    }

    pub(crate) fn id(&self) -> RequestId {
        self.request().id
    }

    /// The message that the request carries, if it has one.
    pub fn message(&self) -> Option<&str> {
        self.request().message.as_deref()
    }

    /// The same request, without its message; all of them, where this answers several.
    pub fn without_message(&self) -> Self {
        self.map(&|request| Request { message: None, ..request.clone() })
    }

    /// Why the task was asked to stop.
    pub fn reason(&self) -> Reason {
        self.request().reason
    }

    /// The task that was asked, and may have passed the request on to the one that it awaits.
    pub fn asked(&self) -> Option<TaskId> {
        self.request().asked.as_ref().map(|label| label.id)
    }

    /// The task that asked, or `None` if the request came from outside any task.
    pub fn requested_by(&self) -> Option<TaskId> {
        self.request().by.as_ref().map(|label| label.id)
    }

    /// Where in the source the request was made.
    pub fn location(&self) -> &'static Location<'static> {
        self.request().at
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
        let mut resuming = self.resuming();
        poll_fn(|_| resuming.poll::<()>()).await;
        unreachable!("a future that is pending for ever")
    }

    /// The same for a future that is written by hand, which keeps this and polls it; [`Resuming`] has an example.
    pub fn resuming(self) -> Resuming {
        Resuming::new(self)
    }
}

impl RequestId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        RequestId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl ScopeId {
    /// A name that no other scope of this process has.
    #[expect(clippy::new_without_default, reason = "there is no default name")]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // The greatest name is never reached: 2^64 scopes take centuries.
        ScopeId(NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// The same request, not only an equal message.
impl PartialEq for Cancelled {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Cancelled {}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { message, reason, asked, by, at, .. } = self.request();
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
