//! A work-stealing backend for cede: the same tasks on all cores.
//!
//! [`StealExecutor`] is a pool of threads that share the work. One line changes where a program runs: `Runner::builder().backend(StealExecutor::new())`,
//! or `#[cede::main(backend = "steal")]`.
//!
//! # How it is built
//!
//! Each worker has a queue of its own, first in, first out; what other threads push goes into a shared injector. A worker whose queue is empty
//! takes from the injector, or half of another's queue. When it finds nothing, it looks on for some microseconds, and then sleeps until it is woken, and costs nothing. `sleepers` argues why
//! no wake-up is lost, `timekeeper` why no timer is.
//!
//! # Fairness
//!
//! **Promised.** Let every step of every task end. Then a task that is scheduled is run after finitely many other steps:
//!
//! - A task that a worker of the pool schedules (it creates it, wakes it, or the task gives way) stands at the end of that worker's queue. Let *n* jobs be before
//!   it. The worker comes to it after those *n*, and at most 1 + *n* / 7 from the injector, unless another worker takes it earlier. (What else it takes
//!   from there stands behind.)
//! - A task that another thread schedules stands at the end of the injector. Let *n* jobs be before it. Every worker that has work takes one or more from there
//!   for each round of its own queue, 60 jobs at most, and one that has none takes them first. So it is taken when the *w* workers have run 61 (*n* + *w*) jobs
//!   at most, and then is run next, or stands at the end of the queue of the one that took it.
//! - While a worker is asleep, whatever lies in a queue wakes it, as long as nobody else is on the way to it.
//!
//! **Not promised.** Any order between two tasks, save that on one worker, tasks that it schedules itself run in the order in which they were scheduled. That
//! two tasks that are ready run at the same time. That a task stays on a thread. How long a step of another task takes: one that never awaits
//! keeps its worker, and what stands in that worker's queue is left to the others.
#![forbid(unsafe_code)]

mod builder;
mod executor;
mod here;
#[cfg(cede_jitter)]
mod jitter;
#[cfg(all(test, cede_loom))]
mod models;
mod pool;
#[cfg_attr(any(cede_loom, cede_shuttle), path = "queue_double.rs")]
mod queue;
#[cfg_attr(any(not(feature = "io"), cede_loom, cede_shuttle), path = "rest_plain.rs")]
mod rest;
mod scheduler;
mod sleepers;
mod sync;
mod timekeeper;
mod timers;
mod worker;

pub use builder::{BuildError, StealExecutorBuilder};
pub use executor::StealExecutor;
