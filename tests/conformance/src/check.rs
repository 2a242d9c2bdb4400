//! Checks many vectors.

use std::cmp::Reverse;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::backend::Backend;
use crate::run::run;
use crate::vector::{Level, Vector};
use crate::verdict::{Comparison, Verdict};

/// A vector, and what became of it; `None`: the backend promises nothing there, and it was not run.
pub type Checked<'a> = (&'a Vector, Option<Verdict>);

/// Runs `vectors` on `backend`, several at a time where that takes its time, and compares. With `order`, those whose level is that, and the order of
/// all their lines, whatever the backend promises.
///
/// # Panics
///
/// If there can't be a thread.
pub fn check(vectors: &[Vector], backend: Backend, order: bool) -> Vec<Checked<'_>> {
    let comparison = |vector: &Vector| {
        if order {
            return (vector.level == Level::Order).then_some(Comparison::Untimed);
        }
        backend.comparison(vector)
    };
    // The longest first, so that the rest fits in beside them.
    let mut turns: Vec<&Vector> = vectors.iter().collect();
    turns.sort_by_key(|vector| Reverse(vector.lasts()));
    let (next, checked) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..backend.at_once() {
            scope.spawn(|| {
                while let Some(&vector) = turns.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = comparison(vector)
                        .map(|comparison| vector.judge(run(&vector.scenario, backend), comparison));
                    checked.lock().expect("nobody panics").push((vector, verdict));
                }
            });
        }
    });
    let mut checked = checked.into_inner().expect("nobody panics");
    let place = |(vector, _): &Checked<'_>| std::ptr::from_ref::<Vector>(*vector);
    checked.sort_by_key(place);
    checked
}
