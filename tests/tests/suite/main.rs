//! One suite for every backend. Each test is named after the behaviour it pins down; each module is about one part of the rules.
#![forbid(unsafe_code)]

mod abort;
mod awaiting;
mod cancel;
mod chains;
mod checkpoint;
mod create;
mod critical;
mod driven;
mod forwarding;
mod leaves;
mod messages;
mod moving;
mod net;
mod panics;
mod product;
mod random;
mod registry;
mod results;
mod resume;
mod running;
mod scopes;
mod set_aside;
mod shield;
mod threads;
mod time;
mod timeout;
mod timeout_moments;
mod unobserved;
mod wait;
