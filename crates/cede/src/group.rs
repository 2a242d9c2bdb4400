//! `task_group`: tasks that belong together, and end together.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use cede_core::{
    Cancel, Cancelled, JoinHandle, Reason, Task, TaskBuilder, TaskId, TaskRef, backend,
    catch_cancel, checkpoint, current_task,
};

use crate::group_error::{Failure, GroupClosed, GroupError};

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
pub async fn task_group<R, E, F, Fut>(body: F) -> Result<R, GroupError<E>>
where
    E: Send + Sync + 'static,
    F: FnOnce(TaskGroup<E>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let owner = current_task().expect("`task_group` works only inside a task: await it in one");
    let group = TaskGroup::new(owner.clone());
    let _abandoned = Abandoned(&group);
    let mut unwinding: Option<Cancelled> = None;
    let outcome = match catch_cancel(caught(body(group.clone()))).await {
        Ok(outcome) => Some(outcome),
        Err(cancelled) => {
            unwinding = Some(cancelled);
            None
        }
    };
    if !matches!(outcome, Some(Ok(Ok(_)))) {
        group.shut_down();
    }
    while !group.close_if_empty() {
        if let Err(cancelled) = catch_cancel(group.all_ended()).await {
            if group.shut_down() || (group.is_stopped() && !group.is_own(&cancelled)) {
                unwinding = Some(cancelled);
            }
        }
    }
    let (mut failures, interrupted) = group.take_outcome();
    if interrupted && owner.uncancel() == 0 {
        // The only request was the group's own.
        unwinding = None;
    }
    if let (Some(cancelled), true) = (&unwinding, failures.is_empty()) {
        cancelled.clone().resume().await;
    }
    let value = match outcome {
        Some(Err(panic)) => resume_unwind(panic),
        Some(Ok(Err(error))) => {
            failures.push(Failure::Err(Arc::new(error)));
            None
        }
        Some(Ok(Ok(value))) => Some(value),
        None => None,
    };
    if !failures.is_empty() {
        if owner.cancelling() > 0 {
            // A request from outside is under way, and the failures go first: it strikes at the next await instead.
            owner.uncancel();
            let reason = unwinding.map_or(Reason::Request, |cancelled| cancelled.reason());
            let _ = owner.cancel_for(reason, None);
        }
        return Err(GroupError::Failed(failures));
    }
    value.ok_or(GroupError::Stopped)
}

/// A group of tasks, for adding to it. Clones are the same group. See [`task_group`].
///
/// # Dropping
///
/// Does nothing; the group is open until its body and its children have ended.
pub struct TaskGroup<E>(Arc<Shared<E>>);

struct Shared<E> {
    owner: TaskRef,
    state: Mutex<State<E>>,
}

struct State<E> {
    /// The children that have not ended, in the order of their creation.
    children: BTreeMap<TaskId, TaskRef>,
    /// How many are being created.
    arriving: usize,
    phase: Phase,
    /// The request by which the group has asked its owner to stop.
    interrupt: Option<Cancelled>,
    /// By `cancel`, not by a failure.
    stopped: bool,
    failures: Vec<Failure<E>>,
    /// The owner, at the group's end.
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    ShuttingDown,
    Over,
}

/// Asks the children to stop when the group is dropped half way.
struct Abandoned<'a, E>(&'a TaskGroup<E>);

impl<E: Send + Sync + 'static> TaskGroup<E> {
    fn new(owner: TaskRef) -> Self {
        let state = State {
            children: BTreeMap::new(),
            arriving: 0,
            phase: Phase::Open,
            interrupt: None,
            stopped: false,
            failures: Vec::new(),
            waker: None,
        };
        TaskGroup(Arc::new(Shared { owner, state: Mutex::new(state) }))
    }

    /// Creates a child. Its `Err` becomes a failure of the group; the handle shares it.
    ///
    /// # Errors
    ///
    /// [`GroupClosed`], if the group is shutting down or over; `future` is dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{GroupClosed, TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let over = task_group(async |group: TaskGroup<GroupClosed>| Ok(group)).await.unwrap();
    ///     assert!(over.create_task(async { Ok(()) }).is_err());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    #[doc(alias = "spawn")]
    pub fn create_task<T, F>(&self, future: F) -> Result<JoinHandle<Result<T, Arc<E>>>, GroupClosed>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.build_task(TaskBuilder::new(), future)
    }

    /// The same, with settings for the task.
    ///
    /// # Errors
    ///
    /// [`GroupClosed`], if the group is shutting down or over.
    #[track_caller]
    pub fn build_task<T, F>(
        &self,
        builder: TaskBuilder,
        future: F,
    ) -> Result<JoinHandle<Result<T, Arc<E>>>, GroupClosed>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let arrival = self.arrive()?;
        let future = recorded(self.clone(), future);
        let child = builder.create_on(&self.0.owner.executor(), future);
        arrival.of(&child.task_ref());
        Ok(child)
    }

    /// Creates a child of a `future` that need not be `Send`, on a one-threaded backend.
    ///
    /// # Errors
    ///
    /// [`GroupClosed`], if the group is shutting down or over.
    ///
    /// # Panics
    ///
    /// If the backend runs its tasks on several threads.
    #[track_caller]
    pub fn create_local_task<T, F>(
        &self,
        future: F,
    ) -> Result<JoinHandle<Result<T, Arc<E>>>, GroupClosed>
    where
        T: 'static,
        F: Future<Output = Result<T, E>> + 'static,
    {
        let arrival = self.arrive()?;
        let future = recorded(self.clone(), future);
        let child = TaskBuilder::new().create_local_on(&self.0.owner.executor(), future);
        arrival.of(&child.task_ref());
        Ok(child)
    }

    /// A quiet early exit: asks the children and the body to stop. If the body does not return a value then, [`task_group`] yields
    /// [`GroupError::Stopped`].
    ///
    /// # asyncio
    ///
    /// `TaskGroup.cancel` of CPython 3.15.
    pub fn cancel(&self) {
        self.shut_down();
        self.interrupt(true);
    }

    /// Can children be created?
    pub fn is_open(&self) -> bool {
        self.state().phase == Phase::Open
    }

    /// Is nobody left to create children, or to wait for them?
    fn close_if_empty(&self) -> bool {
        let mut state = self.state();
        let empty = state.is_empty();
        if empty {
            state.phase = Phase::Over;
        }
        empty
    }

    /// Waits until no child is left.
    fn all_ended(&self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut state = self.state();
            if state.is_empty() {
                return Poll::Ready(());
            }
            let old = state.waker.replace(waker);
            drop(state);
            drop(old);
            Poll::Pending
        })
    }

    /// A child is to be created.
    fn arrive(&self) -> Result<Arrival<'_, E>, GroupClosed> {
        let mut state = self.state();
        match state.phase {
            Phase::Open => {
                state.arriving += 1;
                Ok(Arrival(self))
            }
            Phase::ShuttingDown => Err(GroupClosed::shutting_down()),
            Phase::Over => Err(GroupClosed::over()),
        }
    }

    /// Will the end of `child` make the group shut down?
    fn fails_by(&self, child: &TaskRef) -> bool {
        let state = self.state();
        state.phase == Phase::Open
            && (!state.failures.is_empty()
                || matches!(child.result(), Err(cede_core::ResultError::Panicked(_))))
    }

    /// A child has ended.
    fn ended(&self, child: &TaskRef) {
        let panicked = match child.result() {
            Err(cede_core::ResultError::Panicked(panicked)) => Some(panicked),
            _ => None,
        };
        let (waker, failed, child) = {
            let mut state = self.state();
            state.failures.extend(panicked.map(Failure::Panicked));
            let child = state.children.remove(&child.id());
            let waker = if state.is_empty() { state.waker.take() } else { None };
            (waker, !state.failures.is_empty(), child)
        };
        drop(child);
        if failed && self.shut_down() {
            self.interrupt(false);
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Asks the body to stop, once.
    fn interrupt(&self, stopped: bool) {
        {
            let mut state = self.state();
            if state.phase == Phase::Over || state.interrupt.is_some() {
                return;
            }
            state.stopped |= stopped;
        }
        let request = self.0.owner.cancel_for(Reason::Group, None);
        self.state().interrupt = request;
    }

    fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    fn is_own(&self, cancelled: &Cancelled) -> bool {
        self.state().interrupt.as_ref() == Some(cancelled)
    }

    fn take_outcome(&self) -> (Vec<Failure<E>>, bool) {
        let mut state = self.state();
        (std::mem::take(&mut state.failures), state.interrupt.is_some())
    }
}

impl<E> TaskGroup<E> {
    /// Lets no more children in, and asks those that are there to stop. False: this has been done before.
    fn shut_down(&self) -> bool {
        let children: Vec<TaskRef> = {
            let mut state = self.state();
            if state.phase != Phase::Open {
                return false;
            }
            state.phase = Phase::ShuttingDown;
            state.children.values().cloned().collect()
        };
        for child in children {
            let _ = child.cancel_for(Reason::Group, None);
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> State<E> {
    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.arriving == 0
    }
}

/// A child is being created.
struct Arrival<'a, E: Send + Sync + 'static>(&'a TaskGroup<E>);

impl<E: Send + Sync + 'static> Arrival<'_, E> {
    /// It is there.
    fn of(self, child: &TaskRef) {
        let late = {
            let mut state = self.0.state();
            state.children.insert(child.id(), child.clone());
            state.phase != Phase::Open
        };
        let group = self.0.clone();
        child.add_done_callback(move |child| {
            if group.fails_by(child) {
                // A hop later, as in asyncio: what fails at the same moment is a failure, too, and is not cancelled.
                let child = child.clone();
                let executor = child.executor();
                backend::call_soon(&*executor, move || group.ended(&child));
            } else {
                group.ended(child);
            }
        });
        if late {
            let _ = child.cancel_for(Reason::Group, None);
        }
    }
}

impl<E: Send + Sync + 'static> Drop for Arrival<'_, E> {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.state();
            state.arriving -= 1;
            if state.is_empty() { state.waker.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<E> Drop for Abandoned<'_, E> {
    fn drop(&mut self) {
        self.0.shut_down();
    }
}

impl<E> Clone for TaskGroup<E> {
    fn clone(&self) -> Self {
        TaskGroup(Arc::clone(&self.0))
    }
}

impl<E> std::fmt::Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("TaskGroup")
            .field("phase", &state.phase)
            .field("children", &state.children.len())
            .finish_non_exhaustive()
    }
}

/// The future of a child: its `Err` is the group's before the child is done.
async fn recorded<T, E, F>(group: TaskGroup<E>, future: F) -> Result<T, Arc<E>>
where
    E: Send + Sync + 'static,
    F: Future<Output = Result<T, E>>,
{
    let error = match future.await {
        Ok(value) => return Ok(value),
        Err(error) => Arc::new(error),
    };
    // A request that is pending would make the task end cancelled, and the failure be lost: a failure goes first.
    let refused = catch_cancel(checkpoint()).await;
    drop(refused);
    group.state().failures.push(Failure::Err(Arc::clone(&error)));
    Err(error)
}

/// Runs `future`; a panic comes out as its payload.
async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
