//! Waiting in a backend: what a thread needs to run a program on one.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use crate::backend::Executor;
use crate::cancel::{Cancelled, Reason};
use crate::task::{JoinHandle, TaskBuilder, TaskRef};

/// A backend that a thread can wait in. `cede::Runner` runs programs on anything that is one.
///
/// # Examples
///
/// ```
/// use std::pin::pin;
///
/// use cede::backend::{Drive, Host};
/// use cede::local::LocalExecutor;
/// use cede::{Task, TaskBuilder};
///
/// let backend = LocalExecutor::new();
/// let task = backend.host(TaskBuilder::new().name("answer"), async { 42 });
/// backend.drive(pin!(async {
///     assert!(cede::current_task().is_none());
///     (&task).await.unwrap();
/// }));
/// assert_eq!(task.result().unwrap(), &42);
/// ```
pub trait Drive {
    /// The handle that its tasks share.
    fn executor(&self) -> &Arc<dyn Executor>;

    /// Works on the backend's tasks, or waits while other threads do, until `until` is ready.
    ///
    /// `until` is polled on this thread, outside any task, with this backend as the ambient one: before any task runs, and again when
    /// it has been woken. What is ready by then waits for the next `drive`.
    ///
    /// # Panics
    ///
    /// If a backend works on this thread already.
    #[track_caller]
    fn drive(&self, until: Pin<&mut dyn Future<Output = ()>>);
}

/// A backend that can make a task of an `F`: one thread takes any future, several take what is `Send`.
///
/// It is a trait so that [`Runner::run`](https://docs.rs/cede/latest/cede/struct.Runner.html#method.run) asks no more of a program than
/// its backend does.
#[diagnostic::on_unimplemented(
    message = "backend `{Self}` can't run this future",
    note = "a backend with several threads takes only what is `Send`, futures and values"
)]
pub trait Host<F: Future>: Drive {
    /// Makes a task of `future`, with the settings of `builder`.
    #[track_caller]
    fn host(&self, builder: TaskBuilder, future: F) -> JoinHandle<F::Output>;
}

/// A request that was never made: for whoever has no value of `task` to give, though that did not end cancelled, since the run around it
/// was cut short for `reason`.
#[track_caller]
pub fn cut_short(task: &TaskRef, reason: Reason) -> Cancelled {
    Cancelled::new(task, None, reason, Location::caller())
}
