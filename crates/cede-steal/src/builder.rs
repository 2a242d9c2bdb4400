//! Settings of a pool, and its making.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::available_parallelism;

use cede_core::backend;

use crate::executor::StealExecutor;
use crate::pool::{Job, Pool};
use crate::scheduler::Lane;
use crate::sleepers::MOST;
use crate::sync::thread;
use crate::worker;

/// Settings of a [`StealExecutor`].
///
/// # Examples
///
/// ```
/// use cede::steal::StealExecutor;
///
/// let pool = StealExecutor::builder()
///     .workers(2)
///     .thread_name("numbers")
///     .stack_size(4 << 20)
///     .on_thread_start(|worker| println!("worker {worker} begins"))
///     .build()?;
/// assert_eq!(pool.workers(), 2);
/// # Ok::<(), cede::steal::BuildError>(())
/// ```
#[must_use = "a builder makes a pool only when it is told to"]
pub struct StealExecutorBuilder {
    workers: Option<usize>,
    thread_name: String,
    stack_size: Option<usize>,
    hooks: Hooks,
}

/// Why there is no pool.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// It was to have no workers: nobody would run its tasks.
    NoWorkers,
    /// It was to have more than it can count.
    TooManyWorkers {
        /// So many were asked for.
        asked: usize,
        /// So many there may be.
        most: usize,
    },
    /// The system gave no thread. Those that were started have ended.
    Thread {
        /// Which worker it was to be, counted from 0.
        worker: usize,
        /// What the system says.
        source: io::Error,
    },
}

#[derive(Clone, Default)]
struct Hooks {
    start: Option<Hook>,
    stop: Option<Hook>,
}

type Hook = Arc<dyn Fn(usize) + Send + Sync>;

impl StealExecutorBuilder {
    pub(crate) fn new() -> Self {
        StealExecutorBuilder {
            workers: None,
            thread_name: "cede-steal".into(),
            stack_size: None,
            hooks: Hooks::default(),
        }
    }

    /// How many workers there are. Without this, [as many as the cores that this process may use](std::thread::available_parallelism), or one where the system does not
    /// tell.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// How their threads are called: this, a dash and the number of the worker. Without this, `cede-steal`.
    pub fn thread_name(mut self, prefix: impl Into<String>) -> Self {
        self.thread_name = prefix.into();
        self
    }

    /// The size of their stacks, in bytes. Without this, [what std gives](std::thread#stack-size).
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Is called on each worker's thread before it begins, with the number of the worker, counted from 0.
    ///
    /// # Panics
    ///
    /// This does not. A panic of `hook` is contained, and the worker begins all the same.
    pub fn on_thread_start(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.hooks.start = Some(Arc::new(hook));
        self
    }

    /// Is called on each worker's thread when it has done its last job, with the number of the worker.
    ///
    /// # Panics
    ///
    /// This does not. A panic of `hook` is contained.
    pub fn on_thread_stop(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.hooks.stop = Some(Arc::new(hook));
        self
    }

    /// Makes the pool, and starts its threads.
    ///
    /// # Errors
    ///
    /// If it is to have no worker, or too many, or if the system does not give the threads.
    pub fn build(self) -> Result<StealExecutor, BuildError> {
        let cores = || available_parallelism().map_or(1, NonZeroUsize::get);
        let workers = self.workers.unwrap_or_else(cores);
        if workers == 0 {
            return Err(BuildError::NoWorkers);
        }
        if workers > MOST {
            return Err(BuildError::TooManyWorkers { asked: workers, most: MOST });
        }
        let (pool, lanes) = Pool::new(workers);
        let mut executor = StealExecutor::from_parts(Arc::clone(&pool));
        for (worker, lane) in lanes.into_iter().enumerate() {
            let thread = self.start(worker, Arc::clone(&pool), lane);
            // If there is none, the pool is dropped, which ends those that were started.
            executor.add(thread.map_err(|source| BuildError::Thread { worker, source })?);
        }
        Ok(executor)
    }

    fn start(
        &self,
        worker: usize,
        pool: Arc<Pool>,
        lane: Lane<Job>,
    ) -> io::Result<thread::JoinHandle<()>> {
        let mut builder = thread::Builder::new().name(format!("{}-{worker}", self.thread_name));
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let hooks = self.hooks.clone();
        builder.spawn(move || {
            call(hooks.start, worker);
            worker::work(&pool, lane);
            call(hooks.stop, worker);
            pool.leave(1);
        })
    }
}

fn call(hook: Option<Hook>, worker: usize) {
    let Some(hook) = hook else { return };
    // The panic hook has told of a panic by now; what it carries is all that is left of it.
    let result = catch_unwind(AssertUnwindSafe(|| hook(worker)));
    backend::discard(result);
    backend::discard(hook);
}

impl fmt::Debug for StealExecutorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StealExecutorBuilder")
            .field("workers", &self.workers)
            .field("thread_name", &self.thread_name)
            .field("stack_size", &self.stack_size)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::NoWorkers => f.write_str(
                "a pool without workers would run no task: give it at least one, or leave `workers` out for one on each \
                 core",
            ),
            BuildError::TooManyWorkers { asked, most } => {
                write!(f, "a pool has {most} workers at most, and {asked} were asked for")
            }
            BuildError::Thread { worker, source } => {
                write!(f, "the system gave no thread for worker {worker}: {source}")
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BuildError::Thread { source, .. } => Some(source),
            BuildError::NoWorkers | BuildError::TooManyWorkers { .. } => None,
        }
    }
}
