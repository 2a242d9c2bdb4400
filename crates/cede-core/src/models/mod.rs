//! The races of this crate, in every interleaving of two or three threads: loom's models, run by
//! `cargo xtask loom`.
//!
//! A model is a closure that [`explore`] runs once for each interleaving, within loom's bound on preemptions. Each
//! run gives one outcome, and the set of all that were reached must be exactly the one that the model names: one
//! more is a bug, and one less means that the model has not raced. In each run the harness itself checks that every
//! [`Token`] is dropped exactly once, that no task is left waiting, that the memory of every task is freed, and that
//! nothing panicked, not even where the core contains panics.
//!
//! The project's `docs/` have a page about what loom can see here and what is trusted.

mod abort;
mod awaiting;
mod callback;
mod cancel;
mod chain;
mod critical;
mod forward;
mod handle;
mod harness;
mod registry;
mod running;
mod scope;
mod uncancel;
mod wake;
mod world;

use world::{Gate, Signal, Token, World, explore, explore_on, explore_within, fate, reason};
