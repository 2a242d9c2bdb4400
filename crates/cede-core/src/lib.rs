//! The task, its cancellation and its registry: asyncio's task layer, without an executor.
//!
//! All unsafe code of the project lies in one place, `task/cell/`, which is why this crate denies it instead of forbidding it.
//!
//! This crate has the one state machine that all of cede's backends share. It knows no executor, no thread and no clock. People who
//! write programs want [`cede`](https://docs.rs/cede); people who write a backend, or code that is to work with all of
//! them, want this.
//!
//! - A task is two halves: a typed [`JoinHandle`] (or a type-erased [`TaskRef`]) to hold, and a [`Runnable`] for a backend to run.
//! - [`Cancel`], [`Task`] and [`Registry`] are what every task and every backend can do; [`Executor`] is
//!   [the seam](backend), with its laws.
//! - [`catch_cancel`], [`critical`], [`checkpoint`] and [`shield`] are a task's say in its own cancellation.
//!
//! The races between all of these are checked with loom; the project's `docs/` say what is modelled and what is trusted.

pub mod backend;
mod cancel;
mod current;
mod drive;
mod error;
mod guard;
mod id;
mod local;
mod registry;
mod slots;
mod soon;
mod task;
mod time;
mod timers;
mod unobserved;

#[cfg(all(test, cede_loom))]
mod models;

pub use backend::Executor;
pub use cancel::{
    Cancel, Cancelled, CatchCancel, Checkpoint, Critical, Reason, Resuming, ScopeId, Shield,
    catch_cancel, checkpoint, critical, shield,
};
pub use current::current_task;
pub use error::{AwaitedItself, InvalidState, Panicked, ResultError, TaskError};
pub use id::TaskId;
pub use local::{LocalScope, TaskLocal};
pub use registry::Registry;
pub use task::{
    CallbackId, CancelAndWait, Ended, Join, JoinHandle, JoinRef, Prepared, Runnable, Running, Task,
    TaskBuilder, TaskRef,
};
pub use time::{Sleep, YieldNow, sleep, sleep_until, yield_now};
pub use unobserved::{Unobserved, set_unobserved_hook};
