//! Random nests of scopes, timeouts, groups, shields and criticals, with requests at random moments: what cede does with them,
//! against a small model of the rules.
//!
//! A [`Nest`] is a program as data, made by [`generate`] from a seed. [`predict`] says by the rules alone what has to come of it; [`run`]
//! runs it on cede, in virtual time. [`check`] compares the two [`Record`]s, and looks for what must hold without any model.
#![forbid(unsafe_code)]

mod check;
mod fate;
mod generate;
mod invariants;
mod model;
mod program;
mod record;
mod rng;
mod run;
mod show;
mod shrink;

pub use check::{Difference, check};
pub use fate::{Fate, fates};
pub use generate::generate;
pub use model::predict;
pub use program::{BlockNo, Body, Nest, Op, RequestNo, TaskNo, Then};
pub use record::{Answers, Delivered, Fact, Fault, Final, Outcome, Record, What};
pub use run::{Observed, run};
pub use shrink::shrink;
