//! The event loop.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use cede_core::backend::{Drive, Executor, Host, ambient, enter, outcome_of};
use cede_core::{JoinHandle, Reason, Registry, Task, TaskBuilder, TaskError, TaskRef};

use crate::clock::{Clock, VirtualClock};
use crate::queue;
use crate::rest;
use crate::shared::Shared;

/// asyncio's event loop: one thread, one queue of what is ready, first in, first out.
///
/// Futures need not be `Send`. Wake-ups, requests and new tasks may come from any thread; the tasks run on the thread that made the
/// executor. Of what is ready, the order is asyncio's: a task that is created, woken or gives way goes to the end of
/// the queue. Timers fire in the order of their deadlines, equal ones in the order in which they were made. While nothing is
/// ready the thread sleeps, with the `io` feature in async-io's reactor.
///
/// Most programs need no more than `cede::run`, which makes one of these.
///
/// # Dropping
///
/// The tasks that are left are aborted: their futures are dropped here, scopes are not asked. [`shutdown`](LocalExecutor::shutdown) asks
/// them. Afterwards the backend is gone: whoever holds a handle to it and creates a task learns so from the task.
///
/// # asyncio
///
/// [Event loop](https://docs.python.org/3/library/asyncio-eventloop.html).
///
/// # Examples
///
/// ```
/// use cede::local::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let sum = executor.block_on(async {
///     let task = cede::create_local_task(async { 20 });
///     22 + task.await.unwrap()
/// })?;
/// assert_eq!(sum, 42);
/// executor.shutdown();
/// # Ok::<(), cede::TaskError>(())
/// ```
pub struct LocalExecutor {
    shared: Arc<Shared>,
    executor: Arc<dyn Executor>,
    _not_send: PhantomData<*const ()>,
}

/// Settings of a [`LocalExecutor`].
#[derive(Debug)]
#[must_use = "a builder makes an executor only when it is told to"]
pub struct LocalExecutorBuilder {
    clock: Clock,
}

/// What is to be done after a turn of the loop.
#[derive(Debug)]
pub(crate) enum Turn {
    /// No more turns.
    Last,
    /// There is more to do; let others have a short look first.
    Busy,
    /// Nothing is ready: sleep, until the deadline at most.
    Idle(Option<Instant>),
}

/// How long jobs are run before the reactor gets a look, when there is always something ready. A look costs some system calls.
const TURN: Duration = Duration::from_micros(100);

/// How many jobs are run before that time is looked at.
const JOBS_A_LOOK: usize = 64;

impl LocalExecutor {
    /// An executor on this thread, by the system's clock.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Settings for one.
    pub fn builder() -> LocalExecutorBuilder {
        LocalExecutorBuilder { clock: Clock::System }
    }

    /// A handle for other threads, and for code that works with every backend: to create tasks, and to list them.
    pub fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    /// Creates a task. It first runs when the loop next does.
    #[track_caller]
    pub fn create_task<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        TaskBuilder::new().create_local_on(&self.executor, future)
    }

    /// Runs `main` as a task until it is done, and everybody else meanwhile. Other tasks that are left then stay where they are, for a further
    /// `block_on` or for [`shutdown`](LocalExecutor::shutdown).
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    ///
    /// # Panics
    ///
    /// Inside another `run` or `block_on` of cede, on this thread.
    ///
    /// # asyncio
    ///
    /// [`loop.run_until_complete`](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.run_until_complete). As
    /// there, the loop goes on to the end of the round after the one in which `main` ends.
    #[track_caller]
    #[doc(alias = "run_until_complete")]
    pub fn block_on<F>(&self, main: F) -> Result<F::Output, TaskError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.block_on_task(TaskBuilder::new().name("main"), main)
    }

    /// The same, with settings for the task that `main` becomes.
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    ///
    /// # Panics
    ///
    /// Inside another `run` or `block_on` of cede, on this thread.
    #[track_caller]
    pub fn block_on_task<F>(&self, builder: TaskBuilder, main: F) -> Result<F::Output, TaskError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let work = self.begin();
        let main = builder.create_local_on(&self.executor, main);
        let mut last = false;
        self.rounds(|| std::mem::replace(&mut last, main.done()));
        self.end(work);
        outcome_of(main)
    }

    /// Asks the tasks that are left to stop, in the order of their creation, and runs until they have ended, clean-up and all. Tasks that
    /// are created meanwhile get the same, once those before them are done.
    ///
    /// # Panics
    ///
    /// Inside another `run` or `block_on` of cede, on this thread.
    ///
    /// # asyncio
    ///
    /// What [`asyncio.run`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run) does at its end; that leaves tasks alone which are
    /// created meanwhile.
    #[track_caller]
    pub fn shutdown(&self) {
        let work = self.begin();
        loop {
            let left = self.shared.all_tasks();
            if left.is_empty() {
                break;
            }
            for task in &left {
                let _ = task.cancel_for(Reason::Shutdown, None, Location::caller());
            }
            let is_done = |task: &&TaskRef| task.done();
            let mut left = left.iter().skip_while(is_done).peekable();
            self.rounds(|| {
                while left.next_if(is_done).is_some() {}
                left.peek().is_none()
            });
        }
        self.end(work);
    }

    #[track_caller]
    fn begin(&self) -> queue::AtWork {
        // This one, or another.
        let nested = ambient().is_some();
        match queue::begin(self.shared.id) {
            Some(work) if !nested => {
                // What was left of the last time comes first.
                self.shared.collect();
                work
            }
            _ => panic!(
                "a cede backend is running on this thread already: `run` and `block_on` can't be nested; await the \
                 future, or make a task of it with `create_task`"
            ),
        }
    }

    /// Stops; what is ready waits for the next time.
    fn end(&self, work: queue::AtWork) {
        let left = queue::take();
        drop(work);
        for job in left {
            self.shared.push(job);
        }
    }

    /// Runs round after round, until `is_last` says so before one, or where nothing is ready.
    fn rounds(&self, mut is_last: impl FnMut() -> bool) {
        let _entered = enter(Arc::clone(&self.executor));
        let shared = &self.shared;
        rest::drive(&shared.rouser, || {
            let (began, mut run) = (Instant::now(), 0);
            loop {
                if is_last() {
                    return Turn::Last;
                }
                shared.collect();
                let jobs = queue::run_round();
                run += jobs;
                if jobs == 0 {
                    if is_last() {
                        return Turn::Last;
                    }
                    if let Some(turn) = self.rest() {
                        return turn;
                    }
                } else if run >= JOBS_A_LOOK {
                    run = 0;
                    if began.elapsed() >= TURN {
                        return Turn::Busy;
                    }
                }
            }
        });
    }

    /// Nothing is ready. `None`: by a jump of the clock something will be.
    fn rest(&self) -> Option<Turn> {
        let shared = &self.shared;
        queue::set_idle();
        if shared.has_foreign() {
            return None;
        }
        let next = shared.next_deadline();
        match (&shared.clock, next) {
            (Clock::Virtual(clock), Some(deadline)) => {
                clock.reach(deadline);
                None
            }
            _ => Some(Turn::Idle(next)),
        }
    }
}

impl LocalExecutorBuilder {
    /// Tells the time by `clock`, which jumps when nothing is ready.
    pub fn virtual_clock(mut self, clock: &VirtualClock) -> Self {
        self.clock = Clock::Virtual(clock.clone());
        self
    }

    /// Makes the executor, on this thread.
    pub fn build(self) -> LocalExecutor {
        let shared = Arc::new(Shared::new(self.clock));
        LocalExecutor { executor: Arc::clone(&shared) as _, shared, _not_send: PhantomData }
    }
}

impl Drive for LocalExecutor {
    fn executor(&self) -> &Arc<dyn Executor> {
        &self.executor
    }

    fn drive(&self, mut until: Pin<&mut dyn Future<Output = ()>>) {
        let work = self.begin();
        let woken = &self.shared.until;
        woken.wake();
        let waker = Waker::from(Arc::clone(&self.shared));
        self.rounds(|| {
            woken.take() && until.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        });
        self.end(work);
    }
}

impl<F> Host<F> for LocalExecutor
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn host(&self, builder: TaskBuilder, future: F) -> JoinHandle<F::Output> {
        builder.create_local_on(&self.executor, future)
    }
}

impl Registry for LocalExecutor {
    fn all_tasks(&self) -> Vec<TaskRef> {
        self.shared.all_tasks()
    }

    fn current_task(&self) -> Option<TaskRef> {
        self.shared.current_task()
    }
}

impl Default for LocalExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        let tasks = &self.shared.tasks;
        tasks.close();
        for task in tasks.all() {
            task.abort(); // so that each has a `Runnable` in the queue
        }
        while !tasks.is_empty() {
            self.shared.discard();
            // A task that another thread was creating when this began is still on its way into the queue.
            std::thread::yield_now();
        }
        // What is left are wakers, which own tasks, which own what is shared: break the circle.
        self.shared.close();
    }
}

impl fmt::Debug for LocalExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalExecutor")
            .field("tasks", &self.shared.tasks.len())
            .field("timers", &self.shared.timers(|timers| timers.len()))
            .finish_non_exhaustive()
    }
}
