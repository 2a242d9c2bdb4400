//! What scenarios are run on.

mod local;

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::value::Outcome;

/// The backends of cede that scenarios can be run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// cede-local, in virtual time.
    Local,
}

/// There is no backend of that name.
#[derive(Debug)]
pub struct UnknownBackend(String);

/// The main body of a scenario.
pub(crate) type Main = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The clock of a run, which any thread may ask. It counts the scenario's milliseconds.
pub(crate) trait Time: Send + Sync {
    fn now(&self) -> u64;

    /// How long `ms` of the scenario take by the backend's clock.
    fn duration(&self, ms: u64) -> Duration;

    /// Takes that long without suspending.
    fn busy(&self, ms: u64);
}

/// A backend for one run.
pub(crate) trait Stage {
    fn time(&self) -> Arc<dyn Time>;

    /// Runs `main` to its end; calls `closing`, outside any task; then stops the tasks that are left, and runs until they have ended.
    /// The main task is called `main`.
    fn run(&self, main: Main, closing: &dyn Fn());
}

impl Backend {
    /// A fresh one.
    pub(crate) fn stage(self) -> Box<dyn Stage> {
        match self {
            Backend::Local => Box::new(local::Local::new()),
        }
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        match name {
            "local" => Ok(Backend::Local),
            _ => Err(UnknownBackend(name.to_string())),
        }
    }
}

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no backend {:?}; there is: local", self.0)
    }
}

impl std::error::Error for UnknownBackend {}
