//! How a scenario is run, and what every task of it has to keep.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Once};
use std::task::{Poll, Waker};

use cede::prelude::*;
use cede::steal::StealExecutor;
use cede::{Executor, Runner};
use shuttle::scheduler::{
    PctScheduler, RandomScheduler, Scheduler, UncontrolledNondeterminismCheckScheduler,
};
use shuttle::{Config, thread};

/// How many schedules of each kind, unless `CEDE_SHUTTLE_SCHEDULES` says.
const SCHEDULES: usize = 3_000;
/// In how many places a schedule by priorities departs from them.
const DEPTH: usize = 4;
/// One for all, so that what fails fails again; shuttle takes another from `SHUTTLE_RANDOM_SEED`.
const SEED: u64 = 0xCEDE;

/// Runs `scenario` under random schedules, and under random priorities. The outcomes of all of them are `expected`, no more and no less.
#[track_caller]
pub(crate) fn explore<T: Ord + Debug + Send + 'static>(
    expected: impl IntoIterator<Item = T>,
    scenario: impl Fn(&World) -> T + Send + Sync + 'static,
) {
    quiet();
    let schedules = env::var("CEDE_SHUTTLE_SCHEDULES")
        .map_or(SCHEDULES, |text| text.parse().expect("CEDE_SHUTTLE_SCHEDULES is a number"));
    let scenario = Arc::new(scenario);
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let random = || RandomScheduler::new_from_seed(SEED, schedules);
    run(random(), &scenario, &seen);
    run(PctScheduler::new_from_seed(SEED, DEPTH, schedules), &scenario, &seen);
    let outcomes = std::mem::take(&mut *seen.lock().unwrap());
    println!("outcomes, and how often: {outcomes:#?}");
    let expected: Vec<T> = {
        let mut expected: Vec<T> = expected.into_iter().collect();
        expected.sort();
        expected
    };
    let outcomes: Vec<T> = outcomes.into_keys().collect();
    assert_eq!(outcomes, expected, "the outcomes reached, and those that the scenario names");
    // Each twice: if anything but the schedule has a say, like real time, the second run differs.
    let few = RandomScheduler::new_from_seed(SEED, 20);
    run(UncontrolledNondeterminismCheckScheduler::new(few), &scenario, &seen);
}

fn run<T: Ord + Send + 'static>(
    scheduler: impl Scheduler + 'static,
    scenario: &Arc<impl Fn(&World) -> T + Send + Sync + 'static>,
    seen: &Arc<Mutex<BTreeMap<T, usize>>>,
) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    let (scenario, seen) = (Arc::clone(scenario), Arc::clone(seen));
    shuttle::Runner::new(scheduler, config).run(move || {
        let world = World::default();
        let outcome = scenario(&world);
        world.check();
        *seen.lock().unwrap().entry(outcome).or_default() += 1;
    });
}

/// Failures that nobody looks at are no news here.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| cede::set_unobserved_hook(|_| {}));
}

/// What one run counts. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Counts>);

#[derive(Default)]
struct Counts {
    created: AtomicUsize,
    finished: AtomicUsize,
    cancelled: AtomicUsize,
    panicked: AtomicUsize,
    tokens: AtomicUsize,
    dropped: AtomicUsize,
}

/// Is to be dropped once: a part of a future, or a value.
pub(crate) struct Token(World);

impl World {
    /// A pool with that many workers.
    pub(crate) fn pool(&self, workers: usize) -> StealExecutor {
        StealExecutor::builder().workers(workers).thread_name("worker").build().unwrap()
    }

    /// One in a runner.
    pub(crate) fn runner(&self, workers: usize) -> Runner<StealExecutor> {
        Runner::builder().backend(self.pool(workers)).handle_signals(false).build()
    }

    /// A task of the ambient backend that is counted.
    pub(crate) fn create<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let backend = cede::backend::ambient().expect("this is a task");
        self.create_on(&backend, future)
    }

    /// One of this backend. Any thread may call this.
    pub(crate) fn create_on<F>(
        &self,
        backend: &Arc<dyn Executor>,
        future: F,
    ) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let inside = self.token();
        let task = TaskBuilder::new().create_on(backend, async move {
            let _inside = inside;
            future.await
        });
        self.count(&task);
        task
    }

    /// Its end will be counted.
    pub(crate) fn count<T>(&self, task: &JoinHandle<T>) {
        self.0.created.fetch_add(1, SeqCst);
        let counts = Arc::clone(&self.0);
        task.add_done_callback(move |task| {
            let count = match task.result() {
                Ok(()) => &counts.finished,
                Err(ResultError::Cancelled(_)) => &counts.cancelled,
                Err(_) => &counts.panicked,
            };
            count.fetch_add(1, SeqCst);
        });
    }

    pub(crate) fn token(&self) -> Token {
        self.0.tokens.fetch_add(1, SeqCst);
        Token(self.clone())
    }

    /// Waits until every task has been counted, where no pool is there to wait for.
    pub(crate) fn settle(&self) {
        while self.created() != self.ended() {
            thread::yield_now();
        }
    }

    /// Nothing is lost, and nothing came twice.
    fn check(&self) {
        assert_eq!(self.created(), self.ended(), "created, and ended in some way");
        let [made, dropped] = [&self.0.tokens, &self.0.dropped].map(|count| count.load(SeqCst));
        assert_eq!(made, dropped, "futures made, and dropped");
    }

    fn created(&self) -> usize {
        self.0.created.load(SeqCst)
    }

    fn ended(&self) -> usize {
        let counts = [&self.0.finished, &self.0.cancelled, &self.0.panicked];
        counts.map(|count| count.load(SeqCst)).iter().sum()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.0.dropped.fetch_add(1, SeqCst);
    }
}

/// A panic that no hook hears of: shuttle's would print the schedule.
pub(crate) fn panic_on_purpose() -> ! {
    std::panic::resume_unwind(Box::new("on purpose"))
}

/// How a task has ended.
pub(crate) fn fate<T>(result: Result<T, TaskError>) -> &'static str {
    match result {
        Ok(_) => "value",
        Err(TaskError::Cancelled(cancelled)) if cancelled.reason() == Reason::BackendGone => {
            "backend gone"
        }
        Err(TaskError::Cancelled(_)) => "cancelled",
        Err(_) => "panicked",
    }
}

/// What this thread is called.
pub(crate) fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

/// Something that tasks wait for, and any thread may tell. Its lock is shuttle's: telling and listening race.
#[derive(Clone, Default)]
pub(crate) struct Signal(Arc<shuttle::sync::Mutex<(bool, Vec<Waker>)>>);

impl Signal {
    pub(crate) fn tell(&self) {
        let wakers = {
            let mut state = self.0.lock().unwrap();
            state.0 = true;
            std::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) async fn heard(&self) {
        poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if state.0 {
                return Poll::Ready(());
            }
            state.1.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
