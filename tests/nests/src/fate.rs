//! What became of each request.

use crate::program::{Nest, RequestNo, TaskNo};
use crate::record::{Final, Outcome, Record, What};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The task was done: `cancel` said `false`.
    Late,
    /// A scope caught it, and passed it on or was interrupted again.
    Caught,
    /// A scope caught it and dropped it.
    Refused,
    /// A task ended by it.
    Ended,
    /// The task failed while it was pending, and the failure went first.
    Outrun,
    /// It was taken back by an `uncancel`.
    Withdrawn,
    /// The task made it itself, and it left no trace. By the count, a timeout may take it for its own.
    Own,
    /// It left no trace.
    Lost,
}

/// What became of each request that was made.
pub fn fates(nest: &Nest, record: &Record) -> Vec<(RequestNo, Fate)> {
    let asked = record.facts.iter().filter_map(|fact| match fact.what {
        What::Asked { target, request, accepted } => Some((fact.task, target, request, accepted)),
        _ => None,
    });
    asked
        .map(|(by, target, request, accepted)| {
            let fate = if accepted { fate(nest, record, target, request) } else { Fate::Late };
            (request, if by == Some(target) && fate == Fate::Lost { Fate::Own } else { fate })
        })
        .collect()
}

fn fate(nest: &Nest, record: &Record, target: TaskNo, request: RequestNo) -> Fate {
    let mut caught = None;
    for fact in &record.facts {
        match &fact.what {
            What::Caught(scope, delivered) if delivered.answers.has(request) => {
                caught = Some(*scope);
            }
            What::Refused(scope) if caught == Some(*scope) => return Fate::Refused,
            _ => {}
        }
    }
    let ended = |end: &Final| match &end.outcome {
        Outcome::Cancelled(delivered) => delivered.answers.has(request),
        _ => false,
    };
    // A task that ends cancelled has met all that was still on its way to it.
    let asked = record.finals[usize::from(target)].as_ref();
    let stopped = matches!(asked, Some(Final { outcome: Outcome::Cancelled(_), .. }));
    if stopped || record.finals.iter().flatten().any(ended) {
        return Fate::Ended;
    }
    if caught.is_some() {
        return Fate::Caught;
    }
    if is_withdrawn(record) {
        return Fate::Withdrawn;
    }
    if is_outrun(nest, record, target) { Fate::Outrun } else { Fate::Lost }
}

/// Did anybody take a request back? Of those that meet, `uncancel` does not say which, and timeouts and groups go by what it has left.
fn is_withdrawn(record: &Record) -> bool {
    record.facts.iter().any(|fact| matches!(fact.what, What::Uncancelled(..)))
}

/// Did the task, or one that it may have waited for, fail?
fn is_outrun(nest: &Nest, record: &Record, target: TaskNo) -> bool {
    let failed =
        |end: &Option<Final>| matches!(end, Some(Final { outcome: Outcome::Fault(_), .. }));
    let behind = usize::from(target)..nest.tasks.len();
    record.finals[behind].iter().any(failed)
}
