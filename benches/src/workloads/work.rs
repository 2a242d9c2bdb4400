//! Children that compute.

use std::hint::black_box;

use super::{Timed, Workload, same};
use crate::runtimes::Runtime;
use crate::stopwatch::Stopwatch;

/// Makes tasks that compute for some 20 µs each, and joins them.
#[derive(Debug)]
pub(crate) enum FanOut {}

impl Workload for FanOut {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let watch = Stopwatch::start();
        let tasks: Vec<_> = (0..size).map(|_| R::spawn(async { compute() })).collect();
        let mut sum = 0_u64;
        for task in tasks {
            sum = sum.wrapping_add(R::join(task).await);
        }
        let took = watch.stop();
        same("the sum of the values", sum, compute().wrapping_mul(size as u64))?;
        Ok(took)
    }
}

/// Something that takes its time and can't be left out: each round needs the one before.
fn compute() -> u64 {
    let mut x = black_box(1_u64);
    for _ in 0..10_000 {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    x
}
