//! What every model stands on: a backend of one queue, the tokens that tell of drops, and the collector of outcomes.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::sync::{Arc, Mutex as StdMutex, Once};
use std::task::{Poll, Waker};
use std::time::Instant;

use cede_sync::{AtomicU32, Mutex, Ordering, loom};

use crate::backend::{Executor, TaskSet, TimerKey};
use crate::{JoinHandle, Reason, Runnable, TaskBuilder, TaskRef};

/// A backend whose queue any thread may work off.
pub(super) struct World {
    tasks: TaskSet,
    ready: Mutex<VecDeque<Runnable>>,
    /// What is to be woken when all that is ready has run. No part of the race, so it is std's.
    soon: StdMutex<Vec<Waker>>,
    /// For each token, where it was made and how often it was dropped.
    ledger: Ledger,
}

type Ledger = Arc<StdMutex<Vec<(&'static Location<'static>, usize)>>>;

/// Something that has to be dropped exactly once: a part of a future, or a value.
#[derive(Debug)]
pub(super) struct Token {
    ledger: Ledger,
    at: usize,
}

/// A flag that wakes whoever has waited for it before the race. The flag itself orders nothing, so that the wake-up
/// must.
pub(super) struct Signal {
    given: AtomicU32,
    /// std's, for this is no part of the race.
    waker: StdMutex<Option<Waker>>,
}

/// A flag that may be waited for during the race: flag and waker lie behind one lock.
pub(super) struct Gate(Mutex<(bool, Option<Waker>)>);

impl World {
    fn new(tasks: TaskSet) -> Self {
        let ready = Mutex::new(VecDeque::new());
        World { tasks, ready, soon: StdMutex::default(), ledger: Arc::default() }
    }

    #[track_caller]
    pub(super) fn token(&self) -> Token {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.push((Location::caller(), 0));
        Token { ledger: Arc::clone(&self.ledger), at: ledger.len() - 1 }
    }

    /// A new task, whose future owns a token. It is in the queue.
    #[track_caller]
    pub(super) fn create<F>(self: &Arc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let inside = self.token();
        let future = async move {
            let _inside = inside;
            future.await
        };
        TaskBuilder::new().create_on(&(Arc::clone(self) as Arc<dyn Executor>), future)
    }

    /// A new task that has run until it suspended for the first time.
    #[track_caller]
    pub(super) fn start<F>(self: &Arc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = self.create(future);
        self.run_ready();
        task
    }

    /// Runs what is ready, and what becomes so by that.
    pub(super) fn run_ready(&self) {
        loop {
            let next = self.ready.lock().pop_front();
            match next {
                Some(runnable) => self.run(runnable),
                None => return,
            }
        }
    }

    /// Runs one step.
    pub(super) fn run(&self, runnable: Runnable) {
        let again = runnable.run();
        self.ready.lock().extend(again);
    }

    /// The one `Runnable` that is in the queue.
    pub(super) fn take(&self) -> Runnable {
        self.ready.lock().pop_front().expect("a task was created")
    }

    /// Runs `f` on another thread of the model.
    pub(super) fn spawn<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&World) -> T + Send + 'static,
    ) -> loom::thread::JoinHandle<T> {
        let world = Arc::clone(self);
        loom::thread::spawn(move || f(&world))
    }

    /// Wakes what wanted to be woken soon: the callbacks of tasks that were done already.
    pub(super) fn wake_soon(&self) {
        let soon = std::mem::take(&mut *self.soon.lock().unwrap());
        soon.into_iter().for_each(Waker::wake);
    }

    /// The end of one interleaving: nothing is left over.
    fn close(self: Arc<Self>) {
        self.run_ready();
        self.wake_soon();
        assert!(self.tasks.is_empty(), "a task waits for ever: {:?}", self.tasks.all());
        for (made, drops) in &*self.ledger.lock().unwrap() {
            assert_eq!(*drops, 1, "the token made at {made} was dropped {drops} times");
        }
        assert_eq!(Arc::strong_count(&self), 1, "the memory of a task is left");
    }
}

impl Executor for World {
    fn schedule(&self, task: Runnable) {
        self.ready.lock().push_back(task);
    }

    fn tasks(&self) -> &TaskSet {
        &self.tasks
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let mut soon = self.soon.lock().unwrap();
        soon.push(waker);
        TimerKey { deadline, sequence: soon.len() as u64 }
    }

    fn forget_timer(&self, _: TimerKey) -> Option<Waker> {
        unreachable!("no model takes a timer back")
    }

    fn name(&self) -> &'static str {
        "model"
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.ledger.lock().unwrap()[self.at].1 += 1;
    }
}

impl Signal {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Signal { given: AtomicU32::new(0), waker: StdMutex::default() })
    }

    pub(super) fn give(&self) {
        self.given.store(1, Ordering::Relaxed);
        let waker = self.waker.lock().unwrap().clone();
        waker.expect("somebody has waited before the race").wake();
    }

    pub(super) async fn wait(&self) {
        poll_fn(|cx| {
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            match self.given.load(Ordering::Relaxed) {
                0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }
}

impl Gate {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Gate(Mutex::new((false, None))))
    }

    pub(super) fn open(&self) {
        let waker = {
            let mut gate = self.0.lock();
            gate.0 = true;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) async fn pass(&self) {
        poll_fn(|cx| {
            let mut gate = self.0.lock();
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// How a task is, or how it ended.
pub(super) fn fate(task: &TaskRef) -> &'static str {
    let state = task.header().state.load();
    if !state.is_done() {
        "suspended"
    } else if state.has_value() {
        "value"
    } else if state.is_cancelled() {
        "cancelled"
    } else {
        "panicked"
    }
}

/// Why a task ended cancelled, if it did.
pub(super) fn reason(task: &TaskRef) -> &'static str {
    match task.cancellation().map(|cancelled| cancelled.reason()) {
        None => fate(task),
        Some(Reason::Abort) => "aborted",
        Some(Reason::BackendGone) => "backend gone",
        Some(_) => "cancelled",
    }
}

/// Runs `model` in every interleaving; the outcomes of all of them are `expected`, no more and no less.
#[track_caller]
pub(super) fn explore<T: Ord + Debug + Send + 'static>(
    expected: impl IntoIterator<Item = T>,
    model: impl Fn(&Arc<World>) -> T + Send + Sync + 'static,
) {
    explore_within(usize::MAX, expected, model);
}

/// The same with at most `preemptions` of them in one interleaving, for models with many threads.
#[track_caller]
pub(super) fn explore_within<T: Ord + Debug + Send + 'static>(
    preemptions: usize,
    expected: impl IntoIterator<Item = T>,
    model: impl Fn(&Arc<World>) -> T + Send + Sync + 'static,
) {
    explore_on(TaskSet::new, preemptions, expected, model);
}

/// The same with a register that `tasks` makes.
#[track_caller]
pub(super) fn explore_on<T: Ord + Debug + Send + 'static>(
    tasks: fn() -> TaskSet,
    preemptions: usize,
    expected: impl IntoIterator<Item = T>,
    model: impl Fn(&Arc<World>) -> T + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    if preemptions != usize::MAX || builder.preemption_bound.is_some() {
        let bound = builder.preemption_bound.map_or(preemptions, |bound| bound.min(preemptions));
        builder.preemption_bound = Some(bound);
    }
    // Outside of loom's world, in which nothing outlives one interleaving.
    let seen = Arc::new(StdMutex::new((BTreeSet::new(), 0_usize)));
    let collected = Arc::clone(&seen);
    count_panics();
    builder.check(move || {
        let world = Arc::new(World::new(tasks()));
        let outcome = model(&world);
        world.close();
        assert_eq!(panics(), 0, "something panicked, and the core contained it");
        let mut collected = collected.lock().unwrap();
        collected.0.insert(outcome);
        collected.1 += 1;
    });
    let (outcomes, interleavings) = std::mem::take(&mut *seen.lock().unwrap());
    println!("{interleavings} interleavings, outcomes {outcomes:#?}");
    let expected: BTreeSet<T> = expected.into_iter().collect();
    assert_eq!(outcomes, expected, "the outcomes reached, and those that the model names");
}

std::thread_local! {
    /// loom's threads all run on the thread of their test, so this counts for one model.
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

fn panics() -> usize {
    PANICS.get()
}

/// The core contains panics; loom reports what it finds by panicking. So every panic counts, wherever it ends.
fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            before(info);
        }));
    });
}
