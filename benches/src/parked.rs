//! What a task takes of memory while it waits.

use std::env;
use std::fs;
use std::future::poll_fn;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_lite::future::yield_now;

use crate::runtimes::{
    CedeLocal, CedeSteal, Floor, OnExecutor, OnLocalExecutor, OnLocalPool, OnStaticExecutor,
    OnStaticLocalExecutor, Runtime, TokioCurrent, TokioLocalSet, TokioMulti,
};

/// What the heap has come to.
#[derive(Clone, Copy, Debug)]
pub struct Heap {
    /// How many allocations there have been.
    pub allocations: usize,
    /// How many bytes are allocated now.
    pub bytes: usize,
}

/// Reads what the allocator has counted.
pub type Meter = fn() -> Heap;

/// What is measured, in this order.
pub(crate) const METERS: [&str; 3] = ["parked_heap", "parked_rss", "parked_allocations"];

/// How many tasks are parked, unless it is only to be shown that it works.
const TASKS: usize = 1_000_000;
const SMOKE_TASKS: usize = 1_000;
/// How many are made at a time, so that the runtime's queue takes no part in it.
const BATCH: usize = 1_000;

type Measure = fn(usize, Meter) -> [f64; 3];

const RUNTIMES: [(&str, Measure); 11] = [
    (CedeLocal::NAME, measure::<CedeLocal>),
    (CedeSteal::NAME, measure::<CedeSteal>),
    (Floor::NAME, measure::<Floor>),
    (TokioCurrent::NAME, measure::<TokioCurrent>),
    (TokioLocalSet::NAME, measure::<TokioLocalSet>),
    (OnLocalExecutor::NAME, measure::<OnLocalExecutor>),
    (OnStaticLocalExecutor::NAME, measure::<OnStaticLocalExecutor>),
    (OnLocalPool::NAME, measure::<OnLocalPool>),
    (TokioMulti::NAME, measure::<TokioMulti>),
    (OnExecutor::NAME, measure::<OnExecutor>),
    (OnStaticExecutor::NAME, measure::<OnStaticExecutor>),
];

/// The runtimes for which memory is measured.
pub(crate) fn runtimes() -> impl Iterator<Item = &'static str> {
    RUNTIMES.iter().map(|(name, _)| *name)
}

/// Measures the runtime that the command line names: what the meters say, for each parked task. For a program whose allocator counts.
pub fn parked(meter: Meter) -> ExitCode {
    let mut args = env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let size = if args.next().as_deref() == Some("--smoke") { SMOKE_TASKS } else { TASKS };
    let Some((_, measure)) = RUNTIMES.iter().find(|(known, _)| *known == name) else {
        eprintln!("error: there is no runtime `{name}`");
        return ExitCode::FAILURE;
    };
    let [heap, rss, allocations] = measure(size, meter);
    println!("{heap} {rss} {allocations}");
    ExitCode::SUCCESS
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn measure<R: Runtime>(size: usize, meter: Meter) -> [f64; 3] {
    let (before, after) = R::run(async move {
        // What a runtime makes for its first tasks is not theirs.
        let first = park::<R>(BATCH).await;
        let before = (meter(), rss());
        let rest = park::<R>(size).await;
        let after = (meter(), rss());
        R::cancel_all(first).await;
        R::cancel_all(rest).await;
        (before, after)
    });
    let each = |before: usize, after: usize| after.saturating_sub(before) as f64 / size as f64;
    [
        each(before.0.bytes, after.0.bytes),
        each(before.1, after.1),
        each(before.0.allocations, after.0.allocations),
    ]
}

/// Makes tasks that wait for ever, with a future of no size, and waits until they do.
async fn park<R: Runtime>(size: usize) -> Vec<R::Task<()>> {
    static PARKED: AtomicUsize = AtomicUsize::new(0);
    let mut goal = PARKED.load(Ordering::Relaxed);
    let mut tasks = Vec::with_capacity(size);
    while tasks.len() < size {
        for _ in 0..BATCH {
            tasks.push(R::spawn(poll_fn(|_| {
                PARKED.fetch_add(1, Ordering::Relaxed);
                Poll::Pending
            })));
        }
        goal += BATCH;
        while PARKED.load(Ordering::Relaxed) < goal {
            yield_now().await;
        }
    }
    tasks
}

/// The bytes of memory that the process has in its hands.
fn rss() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * rustix::param::page_size())
}
