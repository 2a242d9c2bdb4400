//! Asking a task to stop, and the task's say in it.
//!
//! # The promise
//!
//! `true` from [`cancel`](Cancel::cancel) means that the request will be observed: by the task, at its next await that suspends, or by
//! the one that it awaits. Where the code for each part of that lies:
//!
//! | | |
//! | --- | --- |
//! | `request` | what travels: [`Cancelled`] and its [`Reason`] |
//! | `forward` | to whom it goes: the task, or down the chain of awaits |
//! | `settle` | when it is delivered: before and after a poll |
//! | `tree` | what lies between a task and its awaits: scopes, criticals, awaited tasks |
//! | `awaits` | what of it the awaits have taken over |
//! | `ways` | where in that tree a request strikes |
//! | `place` | a node of that tree, held by the future that it stands for |
//! | `throw`, `resuming` | how code unwinds from where it is |
//! | `scope`, `critical`, `checkpoint`, `shield` | what people write |

mod awaits;
mod checkpoint;
mod critical;
pub(crate) mod forward;
mod place;
mod request;
mod resuming;
mod scope;
pub(crate) mod settle;
mod shield;
mod throw;
pub(crate) mod together;
mod tree;
mod visits;
mod ways;

pub(crate) use awaits::{CancelledTarget, Passed};
pub use checkpoint::{Checkpoint, checkpoint};
pub use critical::{Critical, critical};
pub(crate) use place::Place;
pub(crate) use request::RequestId;
pub use request::{Cancelled, Reason, ScopeId};
pub use resuming::Resuming;
pub use scope::{CatchCancel, catch_cancel};
pub use shield::{Shield, shield};
pub(crate) use throw::Throw;
pub use together::together;
pub(crate) use tree::{Kind, Steps, Struck, Tree};

use std::sync::Arc;

/// Asking to stop, and counting the requests.
///
/// # Examples
///
/// ```
/// use cede::Cancel;
///
/// fn stop_all(tasks: &[impl Cancel]) -> usize {
///     tasks.iter().filter(|task| task.cancel()).count()
/// }
///
/// cede::run(async {
///     let tasks = [cede::create_task(std::future::pending::<()>())];
///     assert_eq!(stop_all(&tasks), 1);
///     assert_eq!(tasks[0].cancelling(), 1);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub trait Cancel {
    /// Asks the task to stop. False if and only if it is done.
    ///
    /// `true` is a promise: the request will be observed, by the task at its next await that suspends, or by the task that it awaits.
    /// The task may still refuse it. The call never blocks on the task, never runs code of the user's and never recurses, however long
    /// the chain of awaiting tasks; it may be made from any thread.
    ///
    /// # asyncio
    ///
    /// [`Task.cancel`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.cancel).
    #[track_caller]
    #[doc(alias = "abort")]
    fn cancel(&self) -> bool;

    /// The same, with a message for whoever meets the request.
    #[track_caller]
    fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool
    where
        Self: Sized;

    /// Is the task done, and cancelled? One that refused a request and returned a value is not.
    ///
    /// # asyncio
    ///
    /// [`Task.cancelled`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.cancelled).
    #[doc(alias = "is_cancelled")]
    fn cancelled(&self) -> bool;

    /// How many requests there were, less those that were taken back by [`uncancel`](Cancel::uncancel).
    ///
    /// # asyncio
    ///
    /// [`Task.cancelling`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.cancelling).
    fn cancelling(&self) -> usize;

    /// Counts one request less, and returns the new count. At zero a request that has not hit anything yet is withdrawn.
    ///
    /// For code like `timeout`, that asks its own task to stop and then takes that back.
    ///
    /// # asyncio
    ///
    /// [`Task.uncancel`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.uncancel), as of CPython 3.13.
    fn uncancel(&self) -> usize;
}
