//! The races of this crate, in every interleaving of two or three threads: loom's models, run by `cargo xtask loom`.
//!
//! The queues are doubles here; what is modelled is who looks where, who sleeps, and who is woken. A wake-up that is lost is a deadlock, which loom
//! reports. Each model names the set of all outcomes that it reaches, to prove that it raced.

mod scheduler;
mod shutdown;
mod time;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use crate::rest;
use crate::scheduler::{Lane, Scheduler};
use crate::worker::Turn;

/// Runs `model` in every interleaving with that many preemptions at most; the outcomes of all of them are `expected`, no more and no less.
#[track_caller]
fn explore<T: Ord + Debug + Send + 'static>(
    preemptions: usize,
    expected: impl IntoIterator<Item = T>,
    model: impl Fn() -> T + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    let bound = builder.preemption_bound.map_or(preemptions, |bound| bound.min(preemptions));
    builder.preemption_bound = Some(bound);
    builder.max_branches = 100_000;
    // Outside of loom's world, in which nothing outlives one interleaving.
    let seen = Arc::new(Mutex::new((BTreeSet::new(), 0_usize)));
    let collected = Arc::clone(&seen);
    builder.check(move || {
        let outcome = model();
        let mut collected = collected.lock().unwrap();
        collected.0.insert(outcome);
        collected.1 += 1;
    });
    let (outcomes, interleavings) = std::mem::take(&mut *seen.lock().unwrap());
    println!("{interleavings} interleavings, outcomes {outcomes:#?}");
    let expected: BTreeSet<T> = expected.into_iter().collect();
    assert_eq!(outcomes, expected, "the outcomes reached, and those that the model names");
}

/// Works as a worker does, without tasks and timers, until the scheduler closes. Returns how often it has rested.
fn work<J>(scheduler: &Scheduler<J>, lane: &Lane<J>, mut run: impl FnMut(J)) -> usize {
    let mut rests = 0;
    let mut resting = false;
    rest::drive(scheduler.rouser(lane.index), || {
        if std::mem::take(&mut resting) {
            scheduler.wake_up(lane);
        }
        loop {
            if scheduler.is_closing() {
                return Turn::Last;
            }
            match scheduler.next(lane) {
                Some(job) => run(job),
                None if scheduler.fall_asleep(lane) => break,
                None => {}
            }
        }
        resting = true;
        rests += 1;
        Turn::Idle(None)
    });
    scheduler.leave(lane);
    rests
}
