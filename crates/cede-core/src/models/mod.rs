//! The races of this crate, checked with loom.
