//! Whole pools, as the builder makes them, under random schedules: `cargo xtask shuttle`.
//!
//! loom tries every interleaving of a few steps. Here are pools of two or three workers with the tasks, the timeouts and the groups that people write, and other
//! threads around them; of their interleavings shuttle draws some thousands. The queues are doubles, and time is the schedule's: the deadline of a
//! worker that sleeps comes whenever shuttle likes.
#![cfg(cede_shuttle)]
#![forbid(unsafe_code)]

mod cancel;
mod harness;
mod outside;
mod shutdown;
mod structured;
mod tasks;
mod time;
