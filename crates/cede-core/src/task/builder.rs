//! Making a task.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use crate::backend::Executor;
use crate::local;
use crate::task::TaskRef;
use crate::task::cell::{self, Created};
use crate::task::handle::JoinHandle;
use crate::task::header::Header;
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
    pub fn create_task<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let executor = crate::backend::expect_ambient("create_task");
        self.create(executor, Location::caller(), |header| cell::create(header, future))
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
        self.create_local(executor, Location::caller(), future)
    }

    /// Makes a task of `future` on `executor`, from any thread. If that is gone, the handle says so: the task is cancelled,
    /// for [`Reason::BackendGone`](crate::Reason::BackendGone), and `future` dropped.
    #[track_caller]
    pub fn create_on<F>(self, executor: &Arc<dyn Executor>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.create(Arc::clone(executor), Location::caller(), |header| cell::create(header, future))
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
        self.create_local(Arc::clone(executor), Location::caller(), future)
    }

    #[track_caller]
    fn create_local<F>(
        self,
        executor: Arc<dyn Executor>,
        created: &'static Location<'static>,
        future: F,
    ) -> JoinHandle<F::Output>
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
        self.create(executor, created, |header| cell::create_local(header, future))
    }

    fn create<T>(
        self,
        executor: Arc<dyn Executor>,
        created: &'static Location<'static>,
        make: impl FnOnce(Header) -> Created<T>,
    ) -> JoinHandle<T> {
        let Created { runnable, typed, listed } = make(Header::new(executor, created));
        self.begin(typed.task(), runnable, listed);
        JoinHandle::new(typed)
    }

    /// Schedules the new task. Apart, for it is the same whatever the future.
    fn begin(self, task: &TaskRef, runnable: Runnable, listed: TaskRef) {
        let header = task.header();
        if let Some(name) = self.name {
            header.set_name(name);
        }
        if let Some(locals) = local::inherited() {
            header.set_locals(locals);
        }
        match header.executor.tasks().insert(listed) {
            Ok(()) => header.executor.schedule(runnable),
            Err(_) => drop(runnable), // which ends the task, and tells why
        }
    }
}
