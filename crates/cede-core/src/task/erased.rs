//! What can be done with a task of any type.

use std::future::Future;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::backend::Executor;
use crate::cancel::{Cancel, Cancelled, Reason, ScopeId, forward};
use crate::current;
use crate::error::{InvalidState, ResultError, TaskError};
use crate::soon::call_soon;
use crate::task::control::{Pending, Watcher};
use crate::task::state::Asked;
use crate::task::{Awaiting, Callback, CallbackId, Runnable, Task, TaskRef};
use crate::time::{Sleep, sleep};

/// Waits for the end of a task, by its [`TaskRef`]. A request is forwarded to that task.
///
/// # Dropping
///
/// The wait is over; the task runs on.
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Ended(Awaiting<TaskRef>);

/// The future of [`Task::cancel_and_wait`].
///
/// # Dropping
///
/// The wait is over; the request stands.
#[must_use = "the task has been asked to stop, but nobody waits for it"]
#[derive(Debug)]
pub struct CancelAndWait {
    waiting: Awaiting<TaskRef>,
    grace: Option<Sleep>,
}

impl TaskRef {
    /// The backend that the task belongs to.
    pub fn executor(&self) -> &Arc<dyn Executor> {
        &self.header().executor
    }

    /// Asks the task to stop, for `reason`, in the name of the code at `at`: what groups and backends do. `None`: it is done. Else the
    /// request, by which it can be known again.
    pub fn cancel_for(
        &self,
        reason: Reason,
        message: Option<Arc<str>>,
        at: &'static Location<'static>,
    ) -> Option<Cancelled> {
        let cancelled = Cancelled::new(self, message, reason, at);
        forward::request(self, &cancelled).then_some(cancelled)
    }

    /// Asks the code in the scope `scope` to stop, for `reason`, in the name of `at`, and no other code of the task. `None`: the task is done. Else the request, which
    /// whoever made it takes back by [`take_back`](TaskRef::take_back) when the scope is over.
    pub fn interrupt(
        &self,
        scope: ScopeId,
        reason: Reason,
        at: &'static Location<'static>,
    ) -> Option<Cancelled> {
        let cancelled = Cancelled::for_scope(self, scope, reason, at);
        forward::request(self, &cancelled).then_some(cancelled)
    }

    /// How many requests concern the code that runs here: [`cancelling`](Cancel::cancelling), less those to scopes of the task which it is
    /// not in, and those that a `critical` around it keeps out. By this a timeout decides whether there was another request than its own.
    pub fn cancelling_here(&self) -> usize {
        let here = current::with(|context| (context.task() == self).then(|| context.scope()));
        let here = here.flatten().flatten();
        let header = self.header();
        let count = header.peek(|control| control.cancelling_at(here, header.steps()));
        count.unwrap_or(0)
    }

    /// The request that the task is still to meet, if there is one. Those that `critical` holds back count.
    pub fn undelivered(&self) -> Option<Cancelled> {
        self.header()
            .peek(|control| {
                let pending = control.request.as_ref().map(|pending| &pending.cancelled);
                let all = pending.into_iter().chain(control.held.as_ref());
                let mut all = all.chain(control.tree.under_way());
                let first = all.next()?.clone();
                Some(all.fold(first, Cancelled::and))
            })
            .flatten()
    }

    /// Takes back a request that [`interrupt`](TaskRef::interrupt) or [`cancel_for`](TaskRef::cancel_for) has made, and no other: it counts no
    /// longer, and is not delivered if it has not been yet. What timeouts do when their code is over.
    pub fn take_back(&self, request: &Cancelled) {
        let header = self.header();
        let taken = header.peek(|control| {
            let (_, withdrawn) = header.count_down(control);
            control.counted.retain(|counted| counted != request);
            let held = control.held.take();
            control.held = held.as_ref().and_then(|held| held.without(request));
            header.state.set_held(control.held.is_some());
            let pending = control.request.take();
            if let Some(Pending { cancelled, hit, stays }) = &pending {
                match cancelled.without(request) {
                    Some(cancelled) => {
                        control.request = Some(Pending { cancelled, hit: *hit, stays: *stays });
                    }
                    None => header.state.clear_request(),
                }
            }
            (withdrawn, held, pending)
        });
        drop(taken); // outside the lock
    }

    /// Hands a delivery back: the task meets it again at its next await that suspends. It counts no more than before. For code that has
    /// caught one, and is dropped or has something else to tell first.
    pub fn hand_back(&self, cancelled: Cancelled) {
        let header = self.header();
        let asked = header.control(|control| header.lay_down(control, cancelled));
        if asked == Asked::Woken {
            Runnable::schedule(self);
        }
    }

    /// Takes all that the task is still to meet.
    pub fn take_undelivered(&self) -> Option<Cancelled> {
        let header = self.header();
        header.control(|control| {
            let pending = control.request.take().map(|pending| pending.cancelled);
            if pending.is_some() {
                header.state.clear_request();
            }
            let held = control.held.take();
            header.state.set_held(false);
            pending.iter().chain(&held).cloned().reduce(|all, one| all.and(&one))
        })
    }

    /// What the task was cancelled by, if it was. Does not count as looking.
    pub(crate) fn cancellation(&self) -> Option<Cancelled> {
        match self.failure() {
            Some(TaskError::Cancelled(cancelled)) => Some(cancelled),
            _ => None,
        }
    }

    /// What a task that is done failed with. Only a panic is something to look at.
    pub(crate) fn failure(&self) -> Option<TaskError> {
        let now = self.header().state.load();
        if !now.is_done() || now.has_value() {
            return None;
        }
        if now.is_panicked() {
            self.header().state.see();
        }
        self.header().failure()
    }

    /// The failure that stands in the way of a value; `None` if there is a value.
    pub(crate) fn obstacle(&self) -> Option<ResultError> {
        if self.done() {
            return self.failure().map(ResultError::from);
        }
        Some(ResultError::InvalidState(InvalidState { task: self.header().label() }))
    }
}

impl Cancel for TaskRef {
    #[track_caller]
    fn cancel(&self) -> bool {
        self.cancel_for(Reason::Request, None, Location::caller()).is_some()
    }

    #[track_caller]
    fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        self.cancel_for(Reason::Request, Some(message.into()), Location::caller()).is_some()
    }

    fn cancelled(&self) -> bool {
        self.header().state.load().is_cancelled()
    }

    fn cancelling(&self) -> usize {
        self.header().peek(|control| control.cancelling).unwrap_or(0)
    }

    fn uncancel(&self) -> usize {
        let header = self.header();
        header.peek(|control| header.count_down(control)).map_or(0, |(count, _)| count)
    }
}

impl Task for TaskRef {
    type Output = ();

    fn as_task(&self) -> &TaskRef {
        self
    }

    fn result(&self) -> Result<&(), ResultError> {
        match self.obstacle() {
            Some(error) => Err(error),
            None => Ok(&()),
        }
    }
}

impl<T: Cancel> Cancel for &T {
    #[track_caller]
    fn cancel(&self) -> bool {
        T::cancel(self)
    }

    #[track_caller]
    fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        T::cancel_with(self, message)
    }

    fn cancelled(&self) -> bool {
        T::cancelled(self)
    }

    fn cancelling(&self) -> usize {
        T::cancelling(self)
    }

    fn uncancel(&self) -> usize {
        T::uncancel(self)
    }
}

impl<T: Task> Task for &T {
    type Output = T::Output;

    fn as_task(&self) -> &TaskRef {
        T::as_task(self)
    }

    fn result(&self) -> Result<&T::Output, ResultError> {
        T::result(self)
    }
}

impl IntoFuture for TaskRef {
    type Output = Result<(), TaskError>;
    type IntoFuture = Ended;

    fn into_future(self) -> Ended {
        Ended(Awaiting::forwarding(self))
    }
}

impl IntoFuture for &TaskRef {
    type Output = Result<(), TaskError>;
    type IntoFuture = Ended;

    fn into_future(self) -> Ended {
        self.clone().into_future()
    }
}

impl Ended {
    /// Makes it tell of every end by its value: it never unwinds the task that waits. For code that waits for several tasks, and
    /// has to see all of them end before it goes on unwinding by itself; [`forwarded`](Ended::forwarded) says when it should.
    pub fn without_unwinding(mut self) -> Self {
        self.0.never_unwind();
        self
    }

    /// Does it tell of every end by its value?
    pub fn is_quiet(&self) -> bool {
        self.0.is_quiet()
    }

    /// The end wakes nobody: for whoever hears of it in another way, by [`add_done_callback`](Task::add_done_callback) say, and polls this then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Waker};
    ///
    /// use cede::Task;
    ///
    /// cede::run(async {
    ///     let task = cede::create_task(async {});
    ///     let mut end = task.task_ref().into_future().without_waking();
    ///     let mut look = || Pin::new(&mut end).poll(&mut Context::from_waker(Waker::noop()));
    ///     assert!(look().is_pending());
    ///     task.await?;
    ///     assert!(look().is_ready());
    ///     Ok::<(), cede::TaskError>(())
    /// })??;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn without_waking(mut self) -> Self {
        self.0.never_wake();
        self
    }

    /// Makes it wait without passing requests on, as [`shield`](crate::shield) does.
    pub fn without_forwarding(mut self) -> Self {
        self.0.never_forward();
        self
    }

    /// The request to the waiting task that has been passed on through this await, if one has.
    pub fn forwarded(&self) -> Option<Cancelled> {
        self.0.forwarded()
    }
}

impl Future for Ended {
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(outcome)
    }
}

impl CancelAndWait {
    #[track_caller]
    pub(crate) fn new(task: TaskRef) -> Self {
        task.cancel();
        CancelAndWait { waiting: Awaiting::shielded(task), grace: None }
    }

    /// Aborts the task if it has not ended after `grace`, by the clock of the backend that polls this, and goes on waiting.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(sleep(grace));
        self
    }
}

impl Future for CancelAndWait {
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(failure) = self.waiting.poll(cx) {
            return Poll::Ready(outcome(failure));
        }
        if let Some(grace) = &mut self.grace {
            if Pin::new(grace).poll(cx).is_ready() {
                self.grace = None;
                abort(self.waiting.target());
            }
        }
        Poll::Pending
    }
}

impl PartialEq for TaskRef {
    fn eq(&self, other: &Self) -> bool {
        self.same(other)
    }
}

impl Eq for TaskRef {}

impl Hash for TaskRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.header().id.hash(state);
    }
}

impl std::fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.header().fmt(f)
    }
}

#[track_caller]
pub(crate) fn abort(task: &TaskRef) -> bool {
    let header = task.header();
    let cancelled = Cancelled::new(task, None, Reason::Abort, Location::caller());
    let asked = header.control(|control| {
        let asked = header.state.abort();
        if asked != Asked::Done {
            control.seldom().aborted.get_or_insert(cancelled);
        }
        asked
    });
    if asked == Asked::Woken {
        Runnable::schedule(task);
    }
    asked != Asked::Done
}

pub(crate) fn add_done_callback(task: &TaskRef, callback: Callback) -> Option<CallbackId> {
    match task.header().watch(Watcher::Callback(callback)) {
        Ok(key) => Some(CallbackId(key)),
        Err(Watcher::Callback(callback)) => {
            let ended = task.clone();
            call_soon(&*task.header().executor, move || callback.call(&ended));
            None
        }
        Err(Watcher::Waker(_)) => unreachable!("it was a callback"),
    }
}

pub(crate) fn outcome(failure: Option<TaskError>) -> Result<(), TaskError> {
    failure.map_or(Ok(()), Err)
}
