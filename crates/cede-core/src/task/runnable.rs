//! Running a task, step by step: the half that a backend holds.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::cancel::{Cancelled, Reason, settle};
use crate::current;
use crate::error::{Panicked, TaskError};
use crate::guard;
use crate::task::TaskRef;
use crate::task::cell::{Step, Token};
use crate::task::control::{Left, Watcher};
use crate::task::header::Plainly;
use crate::task::state::{End, Snapshot, Suspend};

/// A task that has something to do: the right to run one step of it.
///
/// A backend gets it from its [`Executor::schedule`](crate::Executor::schedule) and calls [`run`](Runnable::run), once, later. There is at
/// most one for a task at any time.
///
/// # Dropping
///
/// A `Runnable` that is dropped unrun tells that the backend is gone: the task ends cancelled, for
/// [`Reason::BackendGone`], its future is dropped here, and whoever awaits it learns so. If the future is `!Send` and this is
/// another thread than its own, the future is leaked instead.
#[must_use = "dropping a `Runnable` ends its task"]
pub struct Runnable {
    token: Token,
}

/// A task as a future of its own: what drives it is whatever polls this.
///
/// Made by [`Runnable::into_future`], for executors that take futures, not `Runnable`s. It is ready when the task is done. From
/// then on waking the task wakes this future, and [`Executor::schedule`](crate::Executor::schedule) is not called again.
///
/// # Dropping
///
/// As for [`Runnable`].
#[must_use = "dropping a `Running` ends its task"]
pub struct Running {
    /// `None` during a step, and once the task is done.
    runnable: Option<Runnable>,
}

/// What is to be done after a step.
enum After {
    /// The task sleeps or is done.
    Rest,
    /// It has something to do again.
    Again,
}

impl Runnable {
    #[inline]
    pub(crate) fn new(task: TaskRef) -> Self {
        Runnable { token: Token::new(task) }
    }

    /// The task.
    pub fn task(&self) -> &TaskRef {
        self.token.task()
    }

    /// Runs one step: until the task suspends or ends. `Some`: it has something to do again, since it gave way or was woken meanwhile. What
    /// comes back goes to the end of the queue, as by [`Executor::schedule`](crate::Executor::schedule).
    ///
    /// # Panics
    ///
    /// If the future is `!Send` and this is not the thread that it was created on: the backend is wrong. A panic of the task itself
    /// is contained.
    #[must_use = "the task has something to do again, and dropping its `Runnable` ends it"]
    pub fn run(self) -> Option<Runnable> {
        let task = self.token.use_up();
        match step(&task) {
            Some(After::Rest) => None,
            Some(After::Again) => Some(Runnable::new(task)),
            None => Runnable::new(task).not_home(),
        }
    }

    #[track_caller]
    fn not_home(&self) -> ! {
        panic!(
            "task {:?} has a future that is not `Send`, and was run on another thread than its own; its backend \
             must run it where it was created",
            self.task().header().label()
        )
    }

    /// Hands the `Runnable` that the state word has just given out to whoever drives the task.
    pub(crate) fn schedule(task: &TaskRef) {
        let header = task.header();
        if header.state.load().is_driven() {
            // The `Running` is the `Runnable`'s place; wake it. The clone is made outside the lock.
            let driver = header.peek(|control| control.seldom.as_mut()?.driver.take()).flatten();
            if let Some(driver) = driver {
                guard::wake(driver);
            }
        } else {
            header.executor.schedule(Runnable::new(task.clone()));
        }
    }

    /// The same, by a handle that may be the last.
    #[inline]
    pub(crate) fn schedule_by(task: TaskRef) {
        let mut task = Some(task);
        current::with(|context| {
            // The task that runs here keeps the backend, so that its method is safe from the end of `task`.
            let here = context.executor();
            let is_for_here = |task: &mut TaskRef| {
                let header = task.header();
                Arc::ptr_eq(here, &header.executor) && !header.state.load().is_driven()
            };
            if let Some(task) = task.take_if(is_for_here) {
                here.schedule(Runnable::new(task));
            }
        });
        if let Some(task) = task {
            Runnable::schedule(&task);
        }
    }
}

impl IntoFuture for Runnable {
    type Output = ();
    type IntoFuture = Running;

    fn into_future(self) -> Running {
        self.task().header().state.set_driven();
        Running { runnable: Some(self) }
    }
}

impl Future for Running {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone(); // may panic, and so comes first
        let Some(runnable) = self.runnable.take() else {
            return Poll::Ready(());
        };
        let task = runnable.task().clone();
        let header = task.header();
        let old = header.control(|control| control.seldom().driver.replace(waker));
        guard::discard(old);
        // Whoever wakes the task from here on finds the waker; whoever did before has left WOKEN.
        let left = if header.state.load().is_woken() {
            let again = runnable.run();
            if again.is_some() {
                // As if it had been woken now, by which time the waker is there.
                Runnable::schedule(&task);
            }
            again
        } else {
            Some(runnable)
        };
        if header.state.load().is_done() {
            return Poll::Ready(());
        }
        self.runnable = left.or_else(|| Some(Runnable::new(task)));
        Poll::Pending
    }
}

impl std::fmt::Debug for Runnable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Runnable").field(self.task()).finish()
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").field(&self.runnable).finish()
    }
}

/// Ends a task that nobody will run any more.
#[cold]
#[track_caller]
pub(super) fn abandon(task: &TaskRef) {
    let gone = Cancelled::new(task, None, Reason::BackendGone, Location::caller());
    if task.header().state.load().is_driven() {
        // A `Running` has the right to a step also while its task sleeps.
        let _ = task.header().state.wake();
    }
    match Step::begin(task) {
        Some((step, _)) => task.enter(|| {
            task.header().control(|control| control.end_by(gone));
            end_cancelled(task, step);
        }),
        // The future can't be dropped on this thread, so it stays where it is.
        None => leave(task, gone),
    }
}

/// One step of a task, whose `Runnable` is used up for it. `None`: this is not its thread, and nothing has happened.
#[inline]
fn step(task: &TaskRef) -> Option<After> {
    let (step, before) = Step::begin(task)?;
    Some(task.enter(|| run_step(task, step, before)))
}

fn run_step(task: &TaskRef, mut step: Step<'_>, before: Snapshot) -> After {
    if before.wants_delivery() {
        let aborted = before.is_aborted();
        let plainly = if aborted { Plainly::Not } else { task.header().deliver_plainly() };
        let ends = match plainly {
            Plainly::Ends => true,
            Plainly::Thrown => false,
            Plainly::Not => settle::before_poll(task, before),
        };
        if ends {
            end_cancelled(task, step);
            return After::Rest;
        }
    }
    task.header().next_step();
    match guard::catch(|| step.poll()) {
        Ok(Poll::Pending) => {}
        Ok(Poll::Ready(())) => {
            end_value(task, step);
            return After::Rest;
        }
        Err(payload) => {
            end_panicked(task, step, payload);
            return After::Rest;
        }
    }
    loop {
        let now = task.header().state.load();
        if now.wants_settling() && settle::after_poll(task, now) {
            end_cancelled(task, step);
            return After::Rest;
        }
        match step.suspend() {
            Suspend::Idle => return After::Rest,
            Suspend::Again => return After::Again,
            Suspend::Look => {}
        }
    }
}

#[inline]
fn end_value(task: &TaskRef, mut step: Step<'_>) {
    end_locals(task);
    loop {
        match step.finish(End::Value) {
            Ok(before) => return farewell(task, before),
            // A request came first (R4): the value goes, and the task ends cancelled all the same.
            Err(now) if asked_first(task, now) => return end_cancelled(task, step),
            Err(_) => {} // it was withdrawn between the two
        }
    }
}

/// Lays down the request that refused the task its value.
#[cold]
fn asked_first(task: &TaskRef, now: Snapshot) -> bool {
    settle::ends_by(task, |control| {
        let aborted = if now.is_aborted() { control.take_aborted() } else { None };
        aborted.or_else(|| control.request.take().map(|pending| pending.cancelled))
    })
}

/// What the task ends by has been laid down.
fn end_cancelled(task: &TaskRef, mut step: Step<'_>) {
    match step.clear() {
        Ok(()) => finish_failed(task, step, End::Cancelled),
        Err(payload) => end_panicked(task, step, payload),
    }
}

fn end_panicked(task: &TaskRef, mut step: Step<'_>, payload: guard::Payload) {
    // The future that panicked is dropped; if its destructor panics, too, the first panic is the one that counts.
    if let Err(second) = step.clear() {
        guard::discard(second);
    }
    let panicked = Panicked::new(task.header().label(), payload);
    let failure = TaskError::Panicked(panicked);
    let old = task.header().control(|control| control.failure.replace(failure));
    drop(old); // the request that it was to end by, if its destructor has panicked instead
    finish_failed(task, step, End::Panicked);
}

fn finish_failed(task: &TaskRef, mut step: Step<'_>, end: End) {
    end_locals(task);
    if let Ok(before) = step.finish(end) {
        farewell(task, before);
    }
}

/// Ends a task whose stage can't be touched here.
fn leave(task: &TaskRef, cancelled: Cancelled) {
    let header = task.header();
    header.state.start();
    end_locals(task);
    header.control(|control| control.failure = Some(TaskError::Cancelled(cancelled)));
    if let Ok(before) = header.state.finish(End::Cancelled) {
        farewell(task, before);
    }
}

/// The future is gone; the values of task-locals go next.
#[inline]
fn end_locals(task: &TaskRef) {
    if task.header().state.load().has_locals() {
        drop_locals(task);
    }
}

#[inline(never)]
fn drop_locals(task: &TaskRef) {
    let locals = task.header().control(|control| control.seldom().locals.close());
    locals.discard();
}

/// One hears of the end.
fn tell(task: &TaskRef, watcher: Watcher) {
    match watcher {
        Watcher::Waker(waker) => guard::wake(waker),
        Watcher::Callback(callback) => guard::contain(|| callback.call(task)),
    }
}

/// The task is done: its registry forgets it, and whoever waits for that hears of it.
fn farewell(task: &TaskRef, before: Snapshot) {
    let listed = task.header().executor.tasks().remove(task);
    if before.is_watched() || before.is_driven() || before.wants_settling() {
        take_leave(task);
    }
    drop(listed);
}

#[inline(never)]
fn take_leave(task: &TaskRef) {
    match task.header().take_leave() {
        Left::Nothing => {}
        Left::Watcher(watcher) => current::scoped(None, || tell(task, watcher)),
        Left::More(mut left) => {
            let watchers = std::mem::take(&mut left.watchers);
            guard::discard(left);
            current::scoped(None, || {
                watchers.into_values().for_each(|watcher| tell(task, watcher));
            });
        }
    }
}
