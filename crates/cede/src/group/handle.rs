//! `TaskGroup`: who belongs to a group, and whether it is open.

mod abandoned;

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use cede_core::{
    Cancelled, CatchCancel, JoinHandle, Panicked, Prepared, Reason, ResultError, ScopeId, Task,
    TaskBuilder, TaskRef, backend, catch_cancel,
};
use cede_sync::{Mutex, MutexGuard};
use slab::Slab;

use crate::group::error::{Failure, GroupClosed};
use crate::group::recorded::Recorded;
pub(super) use abandoned::Abandoned;

/// A group of tasks, for adding to it. Clones are the same group. See [`task_group`](crate::task_group).
///
/// # Dropping
///
/// Does nothing; the group is open until its body and its children have ended.
///
/// # Examples
///
/// ```
/// use cede::{TaskGroup, task_group};
///
/// cede::run(async {
///     let outcome = task_group(async |group: TaskGroup<()>| {
///         let inner = group.clone();
///         let child = async move {
///             inner.create_task(async { Ok(()) }).unwrap(); // children make children
///             Ok(())
///         };
///         group.create_task(child).unwrap();
///         Ok(())
///     });
///     outcome.await.unwrap();
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub struct TaskGroup<E>(Arc<Shared<E>>);

struct Shared<E> {
    owner: TaskRef,
    /// The scope of the group's body, and of its exit.
    scope: ScopeId,
    /// Where the group was made; its requests name that.
    made: &'static Location<'static>,
    /// The group is not open, and never will be again. A hint, by which who comes late is mostly refused before there is a task.
    closed: AtomicBool,
    state: Mutex<State<E>>,
}

struct State<E> {
    /// The children that have not ended.
    children: Slab<TaskRef>,
    on_failure: OnFailure,
    phase: Phase,
    /// The request by which the group has asked its owner to stop.
    interrupt: Option<Cancelled>,
    /// With the child that each arose in.
    failures: Vec<(TaskRef, Failure<E>)>,
    /// The owner, at the group's end.
    waker: Option<Waker>,
}

/// What a child's failure does to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnFailure {
    ShutDown,
    Survive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    ShuttingDown,
    Over,
}

impl<E: Send + Sync + 'static> TaskGroup<E> {
    pub(super) fn new(
        owner: TaskRef,
        on_failure: OnFailure,
        made: &'static Location<'static>,
    ) -> Self {
        let state = State {
            children: Slab::new(),
            on_failure,
            phase: Phase::Open,
            interrupt: None,
            failures: Vec::new(),
            waker: None,
        };
        let (scope, state) = (ScopeId::new(), Mutex::new(state));
        let closed = AtomicBool::new(false);
        TaskGroup(Arc::new(Shared { owner, scope, made, closed, state }))
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
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Task, TaskBuilder, TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let outcome = task_group(async |group: TaskGroup<()>| {
    ///         let child = group.build_task(TaskBuilder::new().name("child"), async { Ok(()) }).unwrap();
    ///         assert_eq!(child.name(), "child");
    ///         Ok(())
    ///     });
    ///     outcome.await.unwrap();
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
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
        self.refuse_late()?;
        let future = Recorded::new(self.clone(), future);
        self.begin(builder.prepare_on(self.0.owner.executor(), future))
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// use cede::{TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let outcome = task_group(async |group: TaskGroup<()>| {
    ///         let shared = Rc::new(1);
    ///         let child = group.create_local_task(async move { Ok(*shared) }).unwrap();
    ///         Ok(child.await.unwrap().unwrap())
    ///     });
    ///     assert_eq!(outcome.await.unwrap(), 1);
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    pub fn create_local_task<T, F>(
        &self,
        future: F,
    ) -> Result<JoinHandle<Result<T, Arc<E>>>, GroupClosed>
    where
        T: 'static,
        F: Future<Output = Result<T, E>> + 'static,
    {
        self.refuse_late()?;
        let future = Recorded::new(self.clone(), future);
        self.begin(TaskBuilder::new().prepare_local_on(self.0.owner.executor(), future))
    }

    /// A quiet early exit: asks the children and the body to stop. If the body does not return a value then, [`task_group`](crate::task_group) yields
    /// [`GroupError::Stopped`](crate::GroupError::Stopped).
    ///
    /// # asyncio
    ///
    /// `TaskGroup.cancel` of CPython 3.15.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let outcome = task_group(async |group: TaskGroup<()>| {
    ///         group.create_task(std::future::pending::<Result<(), ()>>()).unwrap();
    ///         group.cancel();
    ///         Ok("enough")
    ///     });
    ///     assert_eq!(outcome.await.unwrap(), "enough");
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn cancel(&self) {
        self.shut_down();
        self.interrupt();
    }

    /// Can children be created?
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let over = task_group(async |group: TaskGroup<()>| {
    ///         assert!(group.is_open());
    ///         Ok(group)
    ///     });
    ///     assert!(!over.await.unwrap().is_open());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn is_open(&self) -> bool {
        self.state().phase == Phase::Open
    }

    /// Is nobody left to create children, or to wait for them?
    pub(super) fn close_if_empty(&self) -> bool {
        let mut state = self.state();
        let empty = state.children.is_empty();
        if empty {
            state.phase = Phase::Over;
            self.0.closed.store(true, Ordering::Relaxed);
        }
        empty
    }

    /// Runs `future` in the group's scope.
    pub(super) fn scope<F: Future>(&self, future: F) -> CatchCancel<F> {
        catch_cancel(future).named(self.0.scope)
    }

    /// Waits until no child is left.
    pub(super) fn all_ended(&self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut state = self.state();
            if state.children.is_empty() {
                return Poll::Ready(());
            }
            let old = state.waker.replace(waker);
            drop(state);
            drop(old);
            Poll::Pending
        })
    }

    /// Lets a new child in, and then has it run.
    fn begin<T>(&self, child: Prepared<T>) -> Result<JoinHandle<T>, GroupClosed> {
        let place = self.admit(child.task().clone())?;
        let group = self.clone();
        child.task().add_done_callback(move |child| group.ended(child, place));
        Ok(child.schedule())
    }

    /// Counts a child from here on, if the group is open. Returns its place.
    fn admit(&self, child: TaskRef) -> Result<usize, GroupClosed> {
        let mut state = self.state();
        state.phase.check_open()?;
        Ok(state.children.insert(child))
    }

    /// Refuses whoever comes late before there is a task: so the future is still its maker's when it is dropped, and not the task's.
    fn refuse_late(&self) -> Result<(), GroupClosed> {
        if self.0.closed.load(Ordering::Relaxed) { self.state().phase.check_open() } else { Ok(()) }
    }

    /// The child at `place` has ended.
    fn ended(&self, child: &TaskRef, place: usize) {
        let panicked = match child.result() {
            Err(ResultError::Panicked(panicked)) => Some(panicked),
            _ => None,
        };
        let state = self.state();
        if state.fails_by(panicked.is_some()) {
            drop(state);
            // A hop later, as in asyncio: what fails at the same moment is a failure, too, and is not cancelled.
            let (group, ended) = (self.clone(), child.clone());
            backend::call_soon(&**child.executor(), move || {
                group.remove(group.state(), &ended, place, panicked);
            });
        } else {
            self.remove(state, child, place, panicked);
        }
    }

    /// It is no child any more.
    fn remove(
        &self,
        mut state: MutexGuard<'_, State<E>>,
        child: &TaskRef,
        place: usize,
        panicked: Option<Panicked>,
    ) {
        let panicked = panicked.map(|panicked| (child.clone(), Failure::Panicked(panicked)));
        state.failures.extend(panicked);
        let child = state.children.remove(place);
        let waker = state.take_waker_if_empty();
        let failed = !state.failures.is_empty() && state.on_failure == OnFailure::ShutDown;
        drop(state);
        drop(child);
        if failed && self.shut_down() {
            self.interrupt();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Asks the body to stop, once.
    fn interrupt(&self) {
        // The lock is held until the request is noted: the body may end on another thread, and asks then whether it was the group's. Under it no code of
        // anybody's runs, for whoever is woken is woken after it.
        backend::together(|| {
            let mut state = self.state();
            if state.phase == Phase::Over || state.interrupt.is_some() {
                return;
            }
            let Shared { owner, scope, made, .. } = &*self.0;
            state.interrupt = owner.interrupt(*scope, Reason::Group, made);
        });
    }

    pub(super) fn has_failures(&self) -> bool {
        !self.state().failures.is_empty()
    }

    /// Takes the failures, in the order in which they arose. Those that nobody takes are reported as lost.
    pub(super) fn take_failures(&self) -> Vec<Failure<E>> {
        let failures = std::mem::take(&mut self.state().failures);
        failures.into_iter().map(|(_, failure)| failure).collect()
    }
}

impl<E> TaskGroup<E> {
    /// Lets no more children in, and asks those that are there to stop. False: this has been done before.
    pub(super) fn shut_down(&self) -> bool {
        let mut children: Vec<TaskRef> = {
            let mut state = self.state();
            if state.phase != Phase::Open {
                return false;
            }
            state.phase = Phase::ShuttingDown;
            self.0.closed.store(true, Ordering::Relaxed);
            state.children.iter().map(|(_, child)| child.clone()).collect()
        };
        children.sort_unstable_by_key(Task::id); // in the order of their creation
        backend::together(|| {
            for child in children {
                let _ = child.cancel_for(Reason::Group, None, self.0.made);
            }
        });
        true
    }

    /// The request by which the group has asked its owner to stop, if it has: once.
    pub(super) fn take_interrupt(&self) -> Option<Cancelled> {
        self.state().interrupt.take()
    }

    /// `child` is about to end by `error`.
    pub(super) fn record(&self, child: TaskRef, error: Arc<E>) {
        self.state().failures.push((child, Failure::Err(error)));
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.0.state.lock()
    }
}

impl Phase {
    fn check_open(self) -> Result<(), GroupClosed> {
        match self {
            Phase::Open => Ok(()),
            Phase::ShuttingDown => Err(GroupClosed::shutting_down()),
            Phase::Over => Err(GroupClosed::over()),
        }
    }
}

impl<E> State<E> {
    /// Does the end of a child, by a panic perhaps, make the group shut down?
    fn fails_by(&self, panicked: bool) -> bool {
        self.phase == Phase::Open
            && self.on_failure == OnFailure::ShutDown
            && (panicked || !self.failures.is_empty())
    }

    /// The owner waits for that.
    fn take_waker_if_empty(&mut self) -> Option<Waker> {
        if self.children.is_empty() { self.waker.take() } else { None }
    }
}

impl<E> Drop for Shared<E> {
    /// Failures that nobody took: the group was dropped half way, or its body panicked (R8).
    fn drop(&mut self) {
        for (child, _) in self.state.get_mut().failures.drain(..) {
            backend::report_lost(&child);
        }
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
