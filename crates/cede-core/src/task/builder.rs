//! Making a task.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use crate::backend::Executor;
use crate::local;
use crate::task::TaskRef;
use crate::task::cell::{self, Created};
use crate::task::handle::JoinHandle;
use crate::task::runnable::Runnable;

/// Settings of a task that is to be made.
///
/// # Examples
///
/// ```
/// use cede::{Task, TaskBuilder};
///
/// cede::run(async {
///     let task = TaskBuilder::new().name("greeter").create_task(async { "hello" });
///     assert_eq!(task.name(), "greeter");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder makes a task only when it is told to"]
pub struct TaskBuilder {
    name: Option<Arc<str>>,
}

/// A new task that has not been scheduled yet. Made by [`TaskBuilder::prepare_on`].
///
/// # Dropping
///
/// Ends the task, as if its backend were gone: it never runs, and its future is dropped here, as its code. On another thread than its own, a future that is not
/// `Send` is leaked instead.
#[must_use = "a task that is not scheduled never runs"]
pub struct Prepared<T> {
    created: Created<T>,
}

impl TaskBuilder {
    /// No settings: the task is called `Task-` and its id.
    pub fn new() -> Self {
        Self::default()
    }

    /// The task's name, for people to read.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes a task of `future` on the ambient backend; see `cede::create_task`.
    ///
    /// # Panics
    ///
    /// If there is no backend here: outside any task, and outside `run`.
    #[track_caller]
    #[doc(alias = "spawn")]
    #[inline]
    pub fn create_task<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let executor = crate::backend::expect_ambient("create_task");
        self.prepare(cell::create(executor, Location::caller(), future)).schedule()
    }

    /// Makes a task of a `future` that need not be `Send`, on the ambient backend; see `cede::create_local_task`.
    ///
    /// # Panics
    ///
    /// If there is no backend here, or one that does not run its tasks on this thread alone.
    #[track_caller]
    #[doc(alias = "spawn_local")]
    pub fn create_local_task<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let executor = crate::backend::expect_ambient("create_local_task");
        self.prepare_local(executor, Location::caller(), future).schedule()
    }

    /// Makes a task of `future` on `executor`, from any thread. If that is gone, the handle says so: the task is cancelled,
    /// for [`Reason::BackendGone`](crate::Reason::BackendGone), and `future` dropped.
    #[track_caller]
    pub fn create_on<F>(self, executor: &Arc<dyn Executor>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.prepare_on(executor, future).schedule()
    }

    /// Makes a task of a `future` that need not be `Send` on `executor`, which runs on this thread alone. If that is gone, see
    /// [`create_on`](TaskBuilder::create_on).
    ///
    /// # Panics
    ///
    /// If `executor` runs tasks on other threads.
    #[track_caller]
    pub fn create_local_on<F>(
        self,
        executor: &Arc<dyn Executor>,
        future: F,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.prepare_local_on(executor, future).schedule()
    }

    /// Makes a task of `future` on `executor`, and does not schedule it yet. What a layer above has to do about a task before anybody can run it, it does
    /// now: take it into a list of its own, or ask to be told of its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Task, TaskBuilder, backend};
    ///
    /// cede::run(async {
    ///     let prepared = TaskBuilder::new().prepare_on(&backend::ambient().unwrap(), async { 42 });
    ///     prepared.task().add_done_callback(|task| println!("{} has ended", task.name()));
    ///     assert_eq!(cede::all_tasks().len(), 1); // not on the list yet
    ///     assert_eq!(prepared.schedule().await?, 42);
    ///     Ok::<(), cede::TaskError>(())
    /// })??;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    #[inline]
    pub fn prepare_on<F>(self, executor: &Arc<dyn Executor>, future: F) -> Prepared<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.prepare(cell::create(Arc::clone(executor), Location::caller(), future))
    }

    /// The same for a `future` that need not be `Send`, on an `executor` that runs on this thread alone.
    ///
    /// # Panics
    ///
    /// If `executor` runs tasks on other threads.
    #[track_caller]
    pub fn prepare_local_on<F>(self, executor: &Arc<dyn Executor>, future: F) -> Prepared<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.prepare_local(Arc::clone(executor), Location::caller(), future)
    }

    #[track_caller]
    fn prepare_local<F>(
        self,
        executor: Arc<dyn Executor>,
        created: &'static Location<'static>,
        future: F,
    ) -> Prepared<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        assert!(
            executor.is_local(),
            "backend `{}` does not run its tasks on this thread alone, so a task of it must be `Send`; use \
             `create_task`, or a one-threaded backend on its own thread",
            executor.name()
        );
        self.prepare(cell::create_local(executor, created, future))
    }

    #[inline]
    fn prepare<T>(self, created: Created<T>) -> Prepared<T> {
        let header = created.typed.task().header();
        if let Some(name) = self.name {
            header.set_name(name);
        }
        if let Some(locals) = local::inherited() {
            header.set_locals(locals);
        }
        Prepared { created }
    }
}

impl<T> Prepared<T> {
    /// The task. It can be asked to stop already: then it never runs.
    pub fn task(&self) -> &TaskRef {
        self.created.typed.task()
    }

    /// Schedules it. If its backend is gone, the handle says so.
    #[inline]
    pub fn schedule(self) -> JoinHandle<T> {
        let Created { runnable, typed, listed } = self.created;
        schedule(typed.task(), runnable, listed);
        JoinHandle::new(typed)
    }
}

/// The same for any type of future.
fn schedule(task: &TaskRef, runnable: Runnable, listed: TaskRef) {
    let executor = task.executor();
    match executor.tasks().insert(listed) {
        Ok(()) => executor.schedule(runnable),
        Err(_) => drop(runnable), // which ends the task, and tells why
    }
}

impl<T> std::fmt::Debug for Prepared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Prepared").field(self.task().header()).finish()
    }
}
