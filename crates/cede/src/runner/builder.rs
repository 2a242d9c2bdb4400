//! Settings of a runner.

use std::sync::Arc;
use std::time::Duration;

use cede_core::TaskRef;
use cede_core::backend::Drive;
use cede_local::{LocalExecutor, VirtualClock};

use super::Runner;
use super::signals::{Handling, Watch};

/// Settings of a [`Runner`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::Runner;
/// use cede::local::LocalExecutor;
///
/// let runner = Runner::builder()
///     .backend(LocalExecutor::new()) // as it would be without this
///     .main_name("server")
///     .grace(Duration::from_secs(5))
///     .handle_signals(true)
///     .build();
/// runner.run(async {})?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder makes a runner only when it is told to"]
pub struct RunnerBuilder<D = LocalExecutor> {
    backend: D,
    settings: Settings,
}

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) main_name: Arc<str>,
    pub(super) grace: Option<Duration>,
    handling: Handling,
    sigterm: bool,
}

impl RunnerBuilder {
    pub(super) fn new() -> Self {
        let settings = Settings {
            main_name: "main".into(),
            grace: None,
            handling: Handling::OnMainThread,
            sigterm: true,
        };
        RunnerBuilder { backend: LocalExecutor::new(), settings }
    }

    /// Takes a local backend that tells the time by `clock`, which jumps when nothing is ready.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::Runner;
    /// use cede::local::VirtualClock;
    ///
    /// let clock = VirtualClock::new();
    /// let begin = clock.now();
    /// let runner = Runner::builder().virtual_clock(&clock).build();
    /// runner.run(cede::sleep(Duration::from_secs(3600)))?; // takes no time
    /// assert_eq!(clock.now() - begin, Duration::from_secs(3600));
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn virtual_clock(self, clock: &VirtualClock) -> Self {
        self.backend(LocalExecutor::builder().virtual_clock(clock).build())
    }
}

impl<D: Drive> RunnerBuilder<D> {
    /// Takes another backend: anything that implements [`Drive`].
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::Runner;
    /// use cede::local::LocalExecutor;
    ///
    /// let runner = Runner::builder().backend(LocalExecutor::new()).build();
    /// assert_eq!(runner.run(async { 42 })?, 42);
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn backend<E: Drive>(self, backend: E) -> RunnerBuilder<E> {
        RunnerBuilder { backend, settings: self.settings }
    }

    /// The name of the task that each `main` becomes.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Runner, Task, current_task};
    ///
    /// let runner = Runner::builder().main_name("server").build();
    /// let name = runner.run(async { current_task().unwrap().name() })?;
    /// assert_eq!(name, "server");
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn main_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.main_name = name.into();
        self
    }

    /// How long tasks may take to end when the runner is closed, by the backend's clock. Those that are still there then are aborted. Without
    /// this, they may take for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::Runner;
    ///
    /// let runner = Runner::builder().grace(Duration::from_millis(10)).build();
    /// runner.run(async {
    ///     let stubborn = cede::critical(std::future::pending::<()>());
    ///     cede::create_task(stubborn).detach();
    ///     cede::yield_now().await;
    /// })?;
    /// assert_eq!(runner.close().unwrap_err().tasks().len(), 1);
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = Some(grace);
        self
    }

    /// Handles signals on any thread (`true`), or on none (`false`). Otherwise they are handled on the program's main thread: the one
    /// on which its `fn main` was called. See [`Runner`].
    ///
    /// Does nothing where signals can't be handled: on other systems than Unix, without the feature `signals`, or where the
    /// system refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::Runner;
    ///
    /// let runner = Runner::builder().handle_signals(false).build();
    /// runner.run(async {})?; // Ctrl-C ends the process, as if there were no runner
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.settings.handling = if handle { Handling::Everywhere } else { Handling::Nowhere };
        self
    }

    /// Whether SIGTERM is one of them. It is, unless this says no.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::Runner;
    ///
    /// let runner = Runner::builder().handle_sigterm(false).build();
    /// runner.run(async {})?; // Ctrl-C is handled, SIGTERM is not
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn handle_sigterm(mut self, handle: bool) -> Self {
        self.settings.sigterm = handle;
        self
    }

    /// Makes the runner.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::Runner;
    ///
    /// let runner = Runner::builder().build();
    /// assert_eq!(runner.run(async { 42 })?, 42);
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn build(self) -> Runner<D> {
        Runner::from_parts(self.backend, self.settings)
    }
}

impl Settings {
    /// Listens to signals, if they are handled here. See [`Watch::begin`].
    pub(super) fn watch(&self, main: Option<&TaskRef>, closes: bool) -> Watch {
        Watch::begin(self.handling, self.sigterm, main, closes)
    }
}
