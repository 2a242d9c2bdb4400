//! What scenarios are run on.

mod local;
mod steal;

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::value::Outcome;
use crate::vector::{Level, Vector};
use crate::verdict::Comparison;

/// The backends of cede that scenarios can be run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// cede-local, in virtual time.
    Local,
    /// cede-steal with so many workers, in real time.
    Steal {
        /// How many there are.
        workers: NonZeroUsize,
    },
}

const TWO: NonZeroUsize = NonZeroUsize::new(2).expect("two is not zero");

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
    fn run(&mut self, main: Main, closing: &dyn Fn());
}

impl Backend {
    /// How a vector's trace is to be compared with that of this backend; `None`: the backend promises nothing there.
    ///
    /// Where ready tasks run in any order, that is what does not depend on it.
    pub fn comparison(self, vector: &Vector) -> Option<Comparison> {
        match (self, vector.level) {
            (Backend::Local, Level::Order | Level::Hops) => Some(Comparison::Exact),
            (Backend::Local, Level::Outcome) => Some(Comparison::PerTask),
            (Backend::Steal { .. }, _) => vector.race_free.then_some(Comparison::PerTask),
        }
    }

    /// How many scenarios may run at a time: in real time they mostly sleep.
    pub fn at_once(self) -> usize {
        match self {
            Backend::Local => 1,
            Backend::Steal { .. } => 128,
        }
    }

    /// A fresh one.
    pub(crate) fn stage(self) -> Box<dyn Stage> {
        match self {
            Backend::Local => Box::new(local::Local::new()),
            Backend::Steal { workers } => Box::new(steal::Steal::new(workers)),
        }
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        match name {
            "local" => Ok(Backend::Local),
            "steal" => Ok(Backend::Steal { workers: TWO }),
            _ => Err(UnknownBackend(name.to_string())),
        }
    }
}

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no backend {:?}; there is: local, steal", self.0)
    }
}

impl std::error::Error for UnknownBackend {}
