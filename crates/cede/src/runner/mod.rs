//! `Runner`: programs on one backend, one after the other, and its end.

mod all_done;
mod builder;
#[cfg_attr(not(all(unix, feature = "signals")), path = "signals_off.rs")]
mod signals;
mod stragglers;

pub use builder::RunnerBuilder;
pub use stragglers::Stragglers;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cede_core::backend::{self, Drive, Host, outcome_of};
use cede_core::{
    Executor, JoinHandle, Reason, Registry, Sleep, Task, TaskBuilder, TaskError, TaskRef, sleep,
};
use cede_local::LocalExecutor;

use all_done::AllDone;
use builder::Settings;
use signals::Watch;

/// Runs programs on one backend, one after the other. What one leaves behind is there for the next, and ends when the runner is closed.
///
/// [`run`](crate::run) is enough for a program that runs once.
///
/// # Signals
///
/// On Unix, with the feature `signals`, a runner on the program's main thread handles Ctrl-C (SIGINT) and SIGTERM while it runs or closes:
///
/// 1. The first signal asks `main` to stop, with [`Reason::Interrupted`] or [`Reason::Terminated`]. What `main` makes of it is its outcome:
///    it may clean up and end cancelled, or refuse and return a value.
/// 2. Ctrl-C once more, or when `main` is done and the rest is being closed, **aborts** every task: futures are dropped, scopes are not asked.
///    The run then fails, also if `main` had a value. A further SIGTERM changes nothing.
/// 3. Ctrl-C after that ends the process, so that a task which never gives way can't keep it.
///
/// [`RunnerBuilder::handle_signals`] changes who handles them: a library, or a test, has threads of its own, and there nothing is done unless it is
/// asked for. Several runners may handle signals at a time; each gets every signal. A signal that no runner takes has its
/// default effect, which is the end of the process.
///
/// For this one thread is started when a runner first handles signals, and stays. From then on cede's handler is the process's, also where a signal
/// was ignored before; handlers that were installed earlier are called, too. A program with handlers of its own says
/// [`handle_signals(false)`](RunnerBuilder::handle_signals).
///
/// # Exit code
///
/// A `main` that returns the [`TaskError`] of an interrupted run ends the process with the code 1, and prints what happened.
/// [`exit_code`](crate::exit_code), and with it `#[cede::main]`, tells a shell more: 130 after Ctrl-C, 143 after SIGTERM, as if the signal had killed the process.
///
/// # Dropping
///
/// Closes it, as [`close`](Runner::close) does; if the thread is panicking, or a backend is at work on it, the tasks are aborted instead.
///
/// # asyncio
///
/// [`asyncio.Runner`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.Runner), which handles SIGINT only. There the second one raises
/// `KeyboardInterrupt` wherever the program happens to be, and the tasks are cancelled once more; nothing aborts them.
///
/// # Examples
///
/// ```
/// use cede::Runner;
///
/// let runner = Runner::new();
/// let answer = runner.run(async { cede::create_task(async { 42 }) })?;
/// assert_eq!(runner.run(answer)??, 42);
/// runner.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Runner<D: Drive = LocalExecutor> {
    backend: D,
    settings: Settings,
    closed: Cell<bool>,
}

impl Runner {
    /// A runner on the local backend, with the settings of [`Runner::builder`].
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::Runner;
    ///
    /// let runner = Runner::new();
    /// assert_eq!(runner.run(async { 1 })? + runner.run(async { 2 })?, 3);
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Settings for one: the local backend, `main` is called `main`, no grace time, signals are handled on the main thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::Runner;
    ///
    /// let runner = Runner::builder().main_name("server").build();
    /// runner.run(async {})?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn builder() -> RunnerBuilder {
        RunnerBuilder::new()
    }
}

impl<D: Drive> Runner<D> {
    /// Runs `main` as a task, and everybody else meanwhile, until it is done. The tasks that are left stay where they are, for a
    /// further `run` or for [`close`](Runner::close).
    ///
    /// # Panics
    ///
    /// Inside another `run` on this thread, and inside a task.
    ///
    /// # Errors
    ///
    /// [`TaskError`], if `main` was cancelled or panicked, or if Ctrl-C aborted the run. [`Cancelled::reason`](crate::Cancelled::reason) says whether
    /// it was a signal. An `Err` that `main` returns is a value.
    ///
    /// # asyncio
    ///
    /// [`Runner.run`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.Runner.run).
    ///
    /// # Examples
    ///
    /// ```
    /// let runner = cede::Runner::builder().main_name("first").build();
    /// let name = runner.run(async {
    ///     use cede::Task;
    ///     cede::current_task().map(|task| task.name())
    /// })?;
    /// assert_eq!(name.as_deref(), Some("first"));
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    #[doc(alias = "block_on")]
    pub fn run<F>(&self, main: F) -> Result<F::Output, TaskError>
    where
        F: IntoFuture,
        D: Host<F::IntoFuture>,
    {
        let main = self.create_main(main);
        let task = main.task_ref();
        let watch = self.settings.watch(Some(&task), false);
        self.drive_main(&task, &watch);
        let interruption = watch.end_run(&task);
        if interruption.is_some() {
            self.end_all(None, true);
        }
        let outcome = outcome_of(main);
        interruption.map_or(outcome, |cancelled| Err(TaskError::Cancelled(cancelled)))
    }

    /// Runs `main`, and closes. Ctrl-C counts for both.
    ///
    /// Those that did not end within the [grace time](RunnerBuilder::grace) are aborted, and this does not tell of them: [`close`](Runner::close) does.
    ///
    /// # Panics
    ///
    /// Inside another `run` on this thread, and inside a task.
    ///
    /// # Errors
    ///
    /// As [`run`](Runner::run).
    ///
    /// # asyncio
    ///
    /// [`asyncio.run`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let runner = cede::Runner::builder().grace(Duration::from_secs(5)).build();
    /// runner.run_to_end(async {
    ///     cede::create_task(std::future::pending::<()>()).detach();
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    pub fn run_to_end<F>(self, main: F) -> Result<F::Output, TaskError>
    where
        F: IntoFuture,
        D: Host<F::IntoFuture>,
    {
        let main = self.create_main(main);
        let task = main.task_ref();
        let watch = self.settings.watch(Some(&task), true);
        self.drive_main(&task, &watch);
        self.end_all(Some(&watch), watch.is_aborting(Waker::noop()));
        self.closed.set(true);
        let interruption = watch.end_run(&task);
        let outcome = outcome_of(main);
        interruption.map_or(outcome, |cancelled| Err(TaskError::Cancelled(cancelled)))
    }

    /// Asks the tasks that are left to stop, in the order of their creation, and runs until they have ended, clean-up and all. Tasks that are created
    /// meanwhile get the same.
    ///
    /// After the [grace time](RunnerBuilder::grace), by the backend's clock, those that are still there are aborted.
    ///
    /// # Panics
    ///
    /// Inside a `run` on this thread, and inside a task.
    ///
    /// # Errors
    ///
    /// [`Stragglers`]: tasks had to be aborted, since their time was up or Ctrl-C was pressed. They have ended, too.
    ///
    /// # asyncio
    ///
    /// [`Runner.close`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.Runner.close), which has no grace time, and leaves tasks alone that are
    /// created meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::local::VirtualClock;
    /// use cede::{Runner, TaskBuilder, critical};
    ///
    /// let clock = VirtualClock::new();
    /// let runner = Runner::builder().virtual_clock(&clock).grace(Duration::from_secs(5)).build();
    /// runner.run(async {
    ///     let stubborn = TaskBuilder::new().name("stubborn");
    ///     stubborn.create_task(critical(std::future::pending::<()>())).detach();
    ///     cede::yield_now().await;
    /// })?;
    /// let stragglers = runner.close().unwrap_err();
    /// assert_eq!(stragglers.tasks().len(), 1);
    /// assert!(stragglers.to_string().starts_with("after 5s, 1 task had not ended and was aborted: `stubborn`"));
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    #[doc(alias = "shutdown")]
    pub fn close(self) -> Result<(), Stragglers> {
        self.close_once()
    }

    /// A handle to the backend, for other threads: to create tasks, and to list them.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Registry, Runner};
    ///
    /// let runner = Runner::new();
    /// assert!(runner.executor().all_tasks().is_empty());
    /// ```
    pub fn executor(&self) -> &Arc<dyn Executor> {
        self.backend.executor()
    }

    fn from_parts(backend: D, settings: Settings) -> Self {
        Runner { backend, settings, closed: Cell::new(false) }
    }

    #[track_caller]
    fn create_main<F>(&self, main: F) -> JoinHandle<F::Output>
    where
        F: IntoFuture,
        D: Host<F::IntoFuture>,
    {
        let builder = TaskBuilder::new().name(self.settings.main_name.clone());
        self.backend.host(builder, main.into_future())
    }

    /// Runs until `main` is done, or all has to be aborted.
    #[track_caller]
    fn drive_main(&self, main: &TaskRef, watch: &Watch) {
        let mut main = AllDone::new(std::slice::from_ref(main));
        let mut last = false;
        self.backend.drive(pin!(poll_fn(|cx| {
            if last || watch.is_aborting(cx.waker()) {
                return Poll::Ready(());
            }
            if main.poll(cx) {
                // What is ready now has its turn first, as in asyncio.
                last = true;
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })));
    }

    #[track_caller]
    fn close_once(&self) -> Result<(), Stragglers> {
        self.closed.set(true);
        let watch = self.settings.watch(None, true);
        let stragglers = self.end_all(Some(&watch), false);
        let interrupted = watch.end_close();
        if stragglers.is_empty() && !interrupted {
            return Ok(());
        }
        let grace = self.settings.grace.filter(|_| !interrupted);
        Err(Stragglers::new(stragglers, grace))
    }

    /// Ends what is left, and what is created meanwhile. Returns those that were aborted though they had been asked.
    #[track_caller]
    fn end_all(&self, watch: Option<&Watch>, mut aborting: bool) -> Vec<TaskRef> {
        let mut grace = self.settings.grace.map(sleep);
        let mut stragglers = Vec::new();
        loop {
            let left = self.backend.executor().all_tasks();
            if left.is_empty() {
                return stragglers;
            }
            backend::together(|| {
                for task in &left {
                    if aborting {
                        task.abort();
                    } else {
                        let _ = task.cancel_for(Reason::Shutdown, None, Location::caller());
                    }
                }
            });
            let mut all = AllDone::new(&left);
            let mut aborts = false;
            self.backend.drive(pin!(poll_fn(|cx| {
                if all.poll(cx) {
                    return Poll::Ready(());
                }
                let signalled = || watch.is_some_and(|watch| watch.is_aborting(cx.waker()));
                aborts = !aborting && (signalled() || is_over(&mut grace, cx));
                if aborts { Poll::Ready(()) } else { Poll::Pending }
            })));
            if aborts {
                aborting = true;
                stragglers = left;
                stragglers.retain(|task| !task.done());
            }
        }
    }
}

impl Default for Runner {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Drive> Drop for Runner<D> {
    fn drop(&mut self) {
        let at_work = std::thread::panicking() || backend::ambient().is_some();
        if !self.closed.get() && !at_work {
            drop(self.close_once());
        }
    }
}

/// Has the grace time passed?
fn is_over(grace: &mut Option<Sleep>, cx: &mut Context<'_>) -> bool {
    let over = grace.as_mut().is_some_and(|grace| Pin::new(grace).poll(cx).is_ready());
    if over {
        *grace = None;
    }
    over
}
