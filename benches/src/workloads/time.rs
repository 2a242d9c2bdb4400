//! Timers.

use std::time::Duration;

use futures_lite::future::poll_once;

use super::{Timed, Workload, same};
use crate::runtimes::Runtime;
use crate::stopwatch::{CpuWatch, Stopwatch};

/// Tasks that sleep for 1 to 50 ms. What counts is the time of the processor, for the wall clock shows the 50 ms and little else.
#[derive(Debug)]
pub(crate) enum Sleeps {}

/// Makes timers of a minute, polls them once and drops them, all in one task.
#[derive(Debug)]
pub(crate) enum TimersDropped {}

impl Workload for Sleeps {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let (watch, clock) = (CpuWatch::start(), Stopwatch::start());
        let millis = (1..=50).cycle().take(size);
        let tasks: Vec<_> = millis.map(|n| R::spawn(R::sleep(Duration::from_millis(n)))).collect();
        for task in tasks {
            R::join(task).await;
        }
        let took = watch.stop();
        let longest = Duration::from_millis(size.min(50) as u64);
        same("slept until the last was due", clock.stop() >= longest, true)?;
        Ok(took)
    }
}

impl Workload for TimersDropped {
    async fn body<R: Runtime>(size: usize) -> Timed {
        let mut fired = 0;
        let watch = Stopwatch::start();
        for _ in 0..size {
            let sleep = R::sleep(Duration::from_secs(60));
            fired += usize::from(poll_once(sleep).await.is_some());
        }
        let took = watch.stop();
        same("timers that fired", fired, 0)?;
        Ok(took)
    }
}
