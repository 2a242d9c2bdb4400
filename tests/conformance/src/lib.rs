//! Runs the conformance vectors on cede.
//!
//! A *vector* is a small concurrent program and the trace that CPython's asyncio gives for it. The `README.md` beside this crate
//! describes both. Here is an interpreter for these programs, on nothing but cede's public interface, and what compares its
//! traces with asyncio's.
//!
//! | | |
//! | --- | --- |
//! | [`Scenario`] | a program: its types, and how it is read |
//! | [`Vector`] | a program with asyncio's trace |
//! | [`Backend`] | what a program is run on |
//! | [`run`] | runs a program, which gives its [`Ending`] |
//! | [`Vector::judge`] | compares, which gives a [`Verdict`] |
//! | [`check`] | does both for many vectors |
#![forbid(unsafe_code)]

mod backend;
mod check;
mod interpreter;
mod run;
mod scenario;
mod sync;
mod task;
mod trace;
mod value;
mod vector;
mod verdict;
mod world;

pub use backend::{Backend, UnknownBackend};
pub use check::{Checked, check};
pub use run::{Ending, run};
pub use scenario::Scenario;
pub use vector::{Level, LoadError, Vector};
pub use verdict::{Comparison, Difference, Verdict};
