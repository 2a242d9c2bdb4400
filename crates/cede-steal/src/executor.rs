//! The pool, as its owner sees it.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use cede_core::backend::{self, Drive, Executor, Host, ambient, enter, outcome_of};
use cede_core::{JoinHandle, Registry, TaskBuilder, TaskError, TaskRef};

use crate::builder::StealExecutorBuilder;
use crate::pool::Pool;
use crate::sync::thread::{self, JoinHandle as Thread};
use crate::sync::{Unparker, parker};

/// A pool of threads that share the tasks: what one has too much of, another takes.
///
/// Futures and their values must be `Send`. The workers run tasks from the moment when the pool is made, whether or not somebody waits in it; there may be several
/// pools. [The crate](crate) says what is promised about the order.
///
/// A thread that waits in the pool, in `Runner::run` say, runs no tasks: it sleeps while the workers work.
///
/// # Dropping
///
/// Each worker ends its present step. Then the tasks that are left are aborted: their futures are dropped, scopes are not asked. When this returns they have
/// ended, and the threads have, too; a step that never ends keeps it waiting. In a worker of the pool itself it does not wait, and the rest is done when the last
/// worker has left. Other threads may wake, cancel and create meanwhile: whoever creates a task in a pool that is gone learns so
/// from the task.
///
/// To ask the tasks before, use `cede::Runner`, which does so when it is closed.
///
/// # asyncio
///
/// There is nothing like it: an event loop runs on one thread.
///
/// # Examples
///
/// ```
/// use cede::Runner;
/// use cede::steal::StealExecutor;
///
/// let runner = Runner::builder().backend(StealExecutor::new()).build();
/// let sum: u64 = runner.run(async {
///     let parts: Vec<_> = (0..4)
///         .map(|part| cede::create_task(async move { (part * 1000..(part + 1) * 1000).sum::<u64>() }))
///         .collect();
///     let mut sum = 0;
///     for part in parts {
///         sum += part.await?;
///     }
///     Ok::<u64, cede::TaskError>(sum)
/// })??;
/// assert_eq!(sum, 7_998_000);
/// # Ok::<(), cede::TaskError>(())
/// ```
pub struct StealExecutor {
    pool: Arc<Pool>,
    executor: Arc<dyn Executor>,
    threads: Vec<Thread<()>>,
}

/// Wakes a thread that waits in the pool.
struct Waiting(Unparker);

impl StealExecutor {
    /// A pool with a worker for each core that this process may use.
    ///
    /// # Panics
    ///
    /// If the system gives no thread. [`StealExecutorBuilder::build`] tells of it by an error.
    pub fn new() -> Self {
        Self::builder().build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Settings for one.
    pub fn builder() -> StealExecutorBuilder {
        StealExecutorBuilder::new()
    }

    /// A handle for other threads, and for code that works with every backend: to create tasks, and to list them.
    pub fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    /// Creates a task, which the workers begin with at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::steal::StealExecutor;
    ///
    /// let pool = StealExecutor::new();
    /// let task = pool.create_task(async { 6 * 7 });
    /// assert_eq!(futures_lite::future::block_on(task.into_future())?, 42);
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    #[doc(alias = "spawn")]
    pub fn create_task<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        TaskBuilder::new().create_on(&self.executor, future)
    }

    /// Runs `main` as a task until it is done; this thread sleeps meanwhile. Other tasks that are left then run on.
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    ///
    /// # Panics
    ///
    /// Inside another `run` or `block_on` on this thread, and on a worker.
    ///
    /// # asyncio
    ///
    /// [`loop.run_until_complete`](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.run_until_complete).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = cede::steal::StealExecutor::new();
    /// assert_eq!(pool.block_on(async { 6 * 7 })?, 42);
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    #[doc(alias = "run_until_complete")]
    pub fn block_on<F>(&self, main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let main = TaskBuilder::new().name("main").create_on(&self.executor, main);
        self.drive(pin!(async {
            let _ = (&main).await; // the outcome is told below
        }));
        outcome_of(main)
    }

    /// How many workers it has.
    pub fn workers(&self) -> usize {
        self.pool.scheduler.workers()
    }

    pub(crate) fn from_parts(pool: Arc<Pool>) -> Self {
        let executor = Arc::clone(&pool) as _;
        StealExecutor { pool, executor, threads: Vec::new() }
    }

    pub(crate) fn add(&mut self, thread: Thread<()>) {
        self.threads.push(thread);
    }
}

impl Drive for StealExecutor {
    fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    fn drive(&self, mut until: Pin<&mut dyn Future<Output = ()>>) {
        assert!(
            ambient().is_none(),
            "a cede backend is running on this thread already: `run` and `block_on` can't be nested; await the \
             future, or make a task of it with `create_task`"
        );
        let _entered = enter(Arc::clone(&self.executor));
        let (parker, unparker) = parker();
        let waker = Waker::from(Arc::new(Waiting(unparker)));
        while until.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            parker.park();
        }
    }
}

impl<F> Host<F> for StealExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn host(&self, builder: TaskBuilder, future: F) -> JoinHandle<F::Output> {
        builder.create_on(&self.executor, future)
    }
}

impl Registry for StealExecutor {
    fn all_tasks(&self) -> Vec<TaskRef> {
        self.pool.all_tasks()
    }

    fn current_task(&self) -> Option<TaskRef> {
        self.pool.current_task()
    }
}

impl Default for StealExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for StealExecutor {
    fn drop(&mut self) {
        self.pool.close();
        // Those that were never started, since the system gave no more threads.
        self.pool.leave(self.workers() - self.threads.len());
        for thread in self.threads.drain(..) {
            // A worker can't wait for itself; it leaves after its present step.
            if thread.thread().id() != thread::current().id() {
                // A worker does not panic; if one ever does, the panic hook has told of it.
                backend::discard(thread.join());
            }
        }
    }
}

impl fmt::Debug for StealExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StealExecutor")
            .field("workers", &self.workers())
            .field("sleeping", &self.pool.scheduler.sleeping())
            .field("tasks", &self.pool.tasks.len())
            .field("timers", &self.pool.timers.len())
            .finish_non_exhaustive()
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
