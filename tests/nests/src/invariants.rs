//! What holds for every nest, whatever the model says.

use crate::fate::{Fate, fates};
use crate::program::Nest;
use crate::record::{Outcome, Record};

/// What is violated in this record.
pub(crate) fn violations(nest: &Nest, record: &Record) -> Vec<String> {
    let mut found = Vec::new();
    for (request, fate) in fates(nest, record) {
        // No timeout, group or gather ends a request silently.
        if fate == Fate::Lost {
            found.push(format!("request {request} was accepted, and nobody met it"));
        }
    }
    for (task, end) in record.finals.iter().enumerate() {
        if matches!(end, Some(end) if end.outcome == Outcome::Broken) {
            found.push(format!("task {task} ended in a way that no nest asks for"));
        }
    }
    found
}
