//! asyncio's event loop for cede: one thread, one queue, its order.
//!
//! [`LocalExecutor`] runs tasks on the thread that made it, whether their futures are `Send` or not. `cede::run` is the short way to it.
#![forbid(unsafe_code)]

mod clock;
mod executor;
mod queue;
#[cfg_attr(not(feature = "io"), path = "rest_plain.rs")]
mod rest;
mod shared;
mod timers;

pub use clock::VirtualClock;
pub use executor::{LocalExecutor, LocalExecutorBuilder};
