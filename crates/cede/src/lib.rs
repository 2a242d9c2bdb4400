//! asyncio's task layer for Rust: cancel a task, and let it have a say.
//!
//! **Dropping is Rust's unwinding, so a cancel request unwinds a task by dropping; and `catch_cancel(future).await` is the
//! `except CancelledError` that stops the unwinding.** Because the mechanism is a drop, every future of every library can be cancelled
//! with no change to it; because it can be caught, clean-up can await.
//!
//! ```
//! use std::time::Duration;
//!
//! use cede::prelude::*;
//!
//! fn main() -> Result<(), cede::TaskError> {
//!     cede::run(async {
//!         let task = cede::create_task(async {
//!             match catch_cancel(cede::sleep(Duration::from_secs(60))).await {
//!                 Ok(()) => println!("slept well"),
//!                 Err(cancelled) => {
//!                     println!("asked to stop: {}", cancelled.message().unwrap_or("no reason given"));
//!                     cede::sleep(Duration::from_millis(1)).await; // clean-up awaits
//!                     cancelled.resume().await // leave this out, and the task refuses
//!                 }
//!             }
//!         });
//!         cede::sleep(Duration::from_millis(1)).await;
//!         task.cancel_with("closing time");
//!         assert!((&task).await.is_err());
//!         assert!(task.cancelled());
//!     })
//! }
//! ```
//!
//! # What is where
//!
//! | | |
//! | --- | --- |
//! | [`run`] | runs a program, and ends what it leaves behind |
//! | `#[cede::main]`, `#[cede::test]` | the same for an `async fn`; see the macros below |
//! | [`Runner`], [`exit_code`] | the same with settings: grace time, signals, backend |
//! | [`create_task`], [`create_local_task`], [`TaskBuilder`] | make tasks |
//! | [`JoinHandle`], [`TaskRef`] | hold them; what they can do is in [`Task`] and [`Cancel`] |
//! | [`catch_cancel`], [`Cancelled`], [`critical`], [`checkpoint`], [`shield`] | a task's say in its cancellation |
//! | [`wait`], [`all_tasks`], [`current_task`] | what runs in the background |
//! | [`sleep`], [`sleep_until`], [`yield_now`] | give way |
//! | [`TaskLocal`] | values that belong to a task |
//! | `to_thread` | code that blocks, on a thread of its own |
//! | [`local`], [`backend`] | the backend, and the seam for others |
//!
//! Locks, channels, sockets and files don't belong to this project: async-lock, async-channel, async-net and the rest work unchanged.
#![forbid(unsafe_code)]

mod ambient;
mod as_completed;
#[cfg(doctest)]
mod book;
mod exit;
mod gather;
mod group;
mod run;
mod runner;
mod tally;
mod timeout;
#[cfg(feature = "threads")]
mod to_thread;
mod wait;
mod wait_for;

/// What a program that uses tasks wants in scope: the traits, and the functions that have no namesake in std.
///
/// # Examples
///
/// ```
/// use cede::prelude::*;
///
/// cede::run(async {
///     let task = create_task(async { 1 });
///     assert!(task.cancel());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub mod prelude {
    pub use crate::{
        Cancel, Cancelled, JoinHandle, Reason, Registry, ResultError, Task, TaskBuilder, TaskError,
        TaskGroup, TaskRef, all_tasks, as_completed, catch_cancel, checkpoint, create_local_task,
        create_task, critical, current_task, gather, shield, task_group, timeout, wait,
    };
}

pub use ambient::{all_tasks, create_local_task, create_task};
pub use as_completed::{AsCompleted, as_completed};
pub use cede_core::{
    AwaitedItself, CallbackId, Cancel, CancelAndWait, Cancelled, CatchCancel, Checkpoint, Critical,
    Ended, Executor, InvalidState, Join, JoinHandle, JoinRef, LocalScope, Panicked, Prepared,
    Reason, Registry, ResultError, Resuming, Runnable, Running, ScopeId, Shield, Sleep, Task,
    TaskBuilder, TaskError, TaskId, TaskLocal, TaskRef, Unobserved, YieldNow, backend,
    catch_cancel, checkpoint, critical, current_task, set_unobserved_hook, shield, sleep,
    sleep_until, yield_now,
};
#[doc(inline)]
pub use cede_local as local;
#[cfg(feature = "macros")]
pub use cede_macros::{main, test};
#[cfg(feature = "steal")]
#[doc(inline)]
pub use cede_steal as steal;
pub use exit::exit_code;
pub use gather::{
    GatherError, Returned, TaskTuple, TryGatherTuple, TryTaskTuple, gather, gather_results,
    gather_tuple, gather_tuple_results, try_gather, try_gather_tuple,
};
pub use group::{
    Failure, GroupClosed, GroupError, StartError, Starting, TaskGroup, supervise, task_group,
};
pub use run::run;
pub use runner::{Runner, RunnerBuilder, Stragglers};
pub use timeout::{Elapsed, TimeoutInactive, TimeoutScope, timeout, timeout_at};
#[cfg(feature = "threads")]
pub use to_thread::{CancelToken, ToThread, to_thread};
pub use wait::{Fallible, Wait, Waited, wait};
pub use wait_for::{WaitForError, wait_for};
