//! What is measured on them: small programs, grouped by subject.

mod cancel;
mod list;
mod outside;
mod registry;
mod row;
mod spawn;
mod structured;
mod time;
mod work;
mod wrong;
mod yields;

use std::future::Future;
use std::time::Duration;

use crate::runtimes::{Pool, Runtime};

pub(crate) use list::list;
pub(crate) use row::{Effort, Row};
pub(crate) use wrong::{Wrong, same};

/// A program over any runtime.
pub(crate) trait Workload: 'static {
    /// Does it once, in the given size; gives how long that took which counts, if what came out is right.
    fn body<R: Runtime>(size: usize) -> impl Future<Output = Timed> + Send + 'static;
}

/// A program on a thread outside a pool.
pub(crate) trait PoolWorkload {
    /// As [`Workload::body`].
    fn body<P: Pool>(size: usize) -> Timed;
}

/// How long it took, or what was wrong with it.
pub(crate) type Timed = Result<Duration, Wrong>;
