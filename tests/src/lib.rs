//! What the suite of tests runs on: the backends behind one trait, and small tools to watch tasks with.
//!
//! A test is an ordinary function that is generic over [`Backend`]; [`every_backend!`], [`fifo_backends!`] and
//! [`local_backends!`] make a `#[test]` of it for each backend which can run it. Whoever forgets to list a function
//! there is told by the `dead_code` lint.
#![forbid(unsafe_code)]

mod local;
mod probe;
mod signal;
mod steal;
mod watchdog;

pub use local::Local;
pub use probe::{
    Booby, Counted, Counter, Log, Noticed, Polls, counting_polls, panics_from, poll_once,
    run_quietly,
};
pub use signal::{Signal, park, waiting};
pub use steal::Steal;

use std::future::Future;
use std::sync::Arc;

use cede::{Executor, TaskError};

/// A backend that runs tests.
///
/// Both ways to run end a test that hangs: what is left then is aborted, and the test fails.
pub trait Backend: 'static {
    /// Runs `main`, and ends what it leaves behind: `run` of this backend. Time is virtual where the backend has that,
    /// so nothing but tasks and timers may wake tasks.
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    fn run<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// The same, in real time: other threads and sockets may wake tasks.
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    fn run_real<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// The same in real time, with no shut-down: the backend is dropped as soon as `main` is done. `before` gets its handle.
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    fn run_and_drop<F>(
        before: impl FnOnce(&Arc<dyn Executor>),
        main: F,
    ) -> Result<F::Output, TaskError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// A backend that runs ready tasks in one order, asyncio's: first in, first out.
pub trait Fifo: Backend {}

/// A backend that runs its tasks on the calling thread, so that they need not be `Send`.
pub trait OneThread: Backend {
    /// [`Backend::run`] for a future that is not `Send`.
    ///
    /// # Errors
    ///
    /// If `main` was cancelled, or panicked.
    fn run_local<F>(main: F) -> Result<F::Output, TaskError>
    where
        F: Future + 'static,
        F::Output: 'static;
}

/// Makes a test of each function, for every backend.
#[macro_export]
macro_rules! every_backend {
    ($($name:ident),* $(,)?) => {
        mod local {
            $(#[test] fn $name() { super::$name::<$crate::Local>(); })*
        }
        mod steal {
            $(#[test] fn $name() { super::$name::<$crate::Steal>(); })*
        }
    };
}

/// Makes a test of each function, for every [`Fifo`] backend.
#[macro_export]
macro_rules! fifo_backends {
    ($($name:ident),* $(,)?) => {
        mod local_fifo {
            $(#[test] fn $name() { super::$name::<$crate::Local>(); })*
        }
    };
}

/// Makes a test of each function, for every [`OneThread`] backend.
#[macro_export]
macro_rules! local_backends {
    ($($name:ident),* $(,)?) => {
        mod local_only {
            $(#[test] fn $name() { super::$name::<$crate::Local>(); })*
        }
    };
}
