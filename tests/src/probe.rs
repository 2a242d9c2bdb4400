//! Values that tell what happens to them.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::task::Poll;

use cede::{TaskId, set_unobserved_hook};
use cede_sync::{Mutex, StaticMutex};

/// How many were made, and how many are alive.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<(AtomicUsize, AtomicUsize)>);

/// Is counted, from [`Counter::one`] to its drop.
#[derive(Debug)]
pub struct Counted(Counter);

/// Panics when it is dropped.
#[derive(Debug)]
pub struct Booby(pub &'static str);

/// A transcript: what happened, in order. Clones write into the same one.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

/// How often something was polled. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Polls(Arc<AtomicUsize>);

/// The unobserved failures that the hook has told of, in this process.
#[derive(Debug)]
pub struct Noticed(());

impl Counter {
    /// Nothing made.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one.
    pub fn one(&self) -> Counted {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        self.0.1.fetch_add(1, Ordering::SeqCst);
        Counted(self.clone())
    }

    /// How many were made.
    pub fn made(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    /// How many have not been dropped.
    pub fn alive(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let before = self.0.0.1.fetch_sub(1, Ordering::SeqCst);
        assert!(before > 0, "dropped twice");
    }
}

impl Drop for Booby {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

impl Log {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    pub fn say(&self, line: impl Into<String>) {
        let mut lines = self.0.lock();
        lines.push(line.into());
    }

    /// All lines, with blanks between them.
    pub fn text(&self) -> String {
        self.0.lock().join(" ")
    }
}

impl Polls {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Noticed {
    /// Installs the hook, once.
    pub fn install() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            set_unobserved_hook(|failure| {
                SEEN.lock().push((failure.id(), failure.to_string()));
            });
        });
        Noticed(())
    }

    /// What was told of the task `id`.
    pub fn of(&self, id: TaskId) -> Vec<String> {
        SEEN.lock().iter().filter(|(task, _)| *task == id).map(|(_, text)| text.clone()).collect()
    }
}

static SEEN: StaticMutex<Vec<(TaskId, String)>> = StaticMutex::new(Vec::new());

/// The text with which `f` panics.
///
/// # Panics
///
/// If `f` does not.
pub fn panics_from<R>(f: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("did not panic"),
        Err(payload) => text_of(payload.as_ref()),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "not text".to_owned()
    }
}

/// Runs `future`, and counts its polls in `polls`: what takes long is counted, not timed.
pub async fn counting_polls<F: Future>(polls: Polls, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.0.fetch_add(1, Ordering::SeqCst);
        future.as_mut().poll(cx)
    })
    .await
}

/// Polls `future` once, here and now.
pub async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Runs `f` with panics of this thread told to nobody: for tests that make thousands of them.
///
/// # Panics
///
/// If `f` does, and that is told.
pub fn run_quietly<R>(f: impl FnOnce() -> R) -> R {
    thread_local! {
        static QUIET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.with(std::cell::Cell::get) {
                before(info);
            }
        }));
    });
    QUIET.with(|quiet| quiet.set(true));
    let result = catch_unwind(AssertUnwindSafe(f));
    QUIET.with(|quiet| quiet.set(false));
    result.unwrap_or_else(|payload| panic!("{}", text_of(payload.as_ref())))
}
