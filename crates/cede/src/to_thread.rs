//! `to_thread`: code that blocks, on a thread of its own.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use cede_core::backend::{discard, wake};
use cede_sync::Mutex;

/// Calls `work`, which may block, on a thread of a pool, and waits for its value. It starts at the first poll.
///
/// A thread can't be unwound from outside. `work` gets a [`CancelToken`] instead, and can ask that from time to time whether anybody still waits.
///
/// The pool is that of the crate `blocking`: it grows with the work, and idle threads end.
///
/// # Dropping
///
/// Gives up waiting: the token says so from then on, `work` runs on to its end, and its value is dropped quietly, on its thread. If it has
/// not begun yet, it never does.
///
/// # Cancel safety
///
/// A request ends the wait, which is a drop; the value is lost then. [`critical`](crate::critical)`(to_thread(…))` holds requests back until there is a
/// value. `run` does not wait for threads.
///
/// # Panics
///
/// A panic of `work` goes on here, with its payload, if it is still awaited.
///
/// # asyncio
///
/// [`asyncio.to_thread`](https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread), where the function can't know that nobody waits any more, and
/// `asyncio.run` waits for the threads at its end. Context variables go along there; what `work` needs is moved into it here.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::to_thread;
///
/// cede::run(async {
///     let sum = to_thread(|token| {
///         let mut sum = 0_u64;
///         for n in 1..=1_000_000 {
///             if n % 1000 == 0 && token.is_cancelled() {
///                 break;
///             }
///             sum += n;
///         }
///         sum
///     });
///     assert_eq!(cede::timeout(Duration::from_secs(60), sum).await, Ok(500_000_500_000));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
///
/// It is a plain future, and works outside of cede as well:
///
/// ```
/// let text = futures_lite::future::block_on(cede::to_thread(|_| "from another thread"));
/// assert_eq!(text, "from another thread");
/// ```
#[doc(alias = "spawn_blocking")]
#[doc(alias = "unblock")]
#[doc(alias = "run_in_executor")]
pub fn to_thread<T, F>(work: F) -> ToThread<T, F>
where
    F: FnOnce(CancelToken) -> T + Send + 'static,
    T: Send + 'static,
{
    let token = CancelToken(Arc::new(AtomicBool::new(false)));
    ToThread { work: Some(work), token, desk: Arc::new(Desk(Mutex::new(Slot::Empty(None)))) }
}

/// The future of [`to_thread`].
///
/// # Examples
///
/// ```
/// use cede::{CancelToken, to_thread};
///
/// cede::run(async {
///     let work = to_thread(|token: CancelToken| {
///         let mut turns = 0;
///         while !token.is_cancelled() && turns < 3 {
///             turns += 1;
///         }
///         turns
///     });
///     assert_eq!(work.await, 3);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct ToThread<T, F> {
    /// Until it has begun.
    work: Option<F>,
    token: CancelToken,
    desk: Arc<Desk<T>>,
}

/// Tells the work of a thread that nobody waits for it any more. Clones tell the same. See [`to_thread`].
///
/// # Examples
///
/// ```
/// use cede::{CancelToken, to_thread};
///
/// cede::run(async {
///     let work = to_thread(|token: CancelToken| {
///         let mut turns = 0;
///         while !token.is_cancelled() && turns < 3 {
///             turns += 1;
///         }
///         turns
///     });
///     assert_eq!(work.await, 3);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CancelToken(Arc<AtomicBool>);

/// Where the thread leaves the value, and the future fetches it.
struct Desk<T>(Mutex<Slot<T>>);

enum Slot<T> {
    /// The thread is at work; the waker is whom to tell.
    Empty(Option<Waker>),
    Full(Result<T, Payload>),
    /// Nobody waits any more.
    Closed,
}

type Payload = Box<dyn Any + Send>;

impl CancelToken {
    /// Has whoever waited given up, or been cancelled?
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{CancelToken, to_thread};
    ///
    /// cede::run(async {
    ///     let work = to_thread(|token: CancelToken| {
    ///         let mut turns = 0;
    ///         while !token.is_cancelled() && turns < 3 {
    ///             turns += 1;
    ///         }
    ///         turns
    ///     });
    ///     assert_eq!(work.await, 3);
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl<T> Desk<T> {
    /// Changes what is there, and gives back what was there before: to be dropped outside the lock.
    fn swap(&self, change: impl FnOnce(&mut Slot<T>) -> Slot<T>) -> Slot<T> {
        change(&mut self.0.lock())
    }
}

impl<T, F> Unpin for ToThread<T, F> {}

impl<T, F> Future for ToThread<T, F>
where
    F: FnOnce(CancelToken) -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let waker = cx.waker().clone();
        let before = self.desk.swap(|slot| match slot {
            Slot::Empty(old) => Slot::Empty(old.replace(waker)),
            Slot::Full(_) => std::mem::replace(slot, Slot::Closed),
            Slot::Closed => Slot::Closed,
        });
        if let Some(work) = self.work.take() {
            let (token, desk) = (self.token.clone(), Arc::clone(&self.desk));
            blocking::unblock(move || at_work(work, token, &desk)).detach();
        }
        match before {
            Slot::Empty(_) => Poll::Pending,
            Slot::Full(Ok(value)) => Poll::Ready(value),
            Slot::Full(Err(payload)) => resume_unwind(payload),
            Slot::Closed => panic!("`to_thread` was polled after it had given its value"),
        }
    }
}

impl<T, F> Drop for ToThread<T, F> {
    fn drop(&mut self) {
        self.token.0.store(true, Ordering::Release);
        let unwanted = self.desk.swap(|slot| std::mem::replace(slot, Slot::Closed));
        drop(unwanted);
    }
}

impl<T, F> fmt::Debug for ToThread<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToThread").field("begun", &self.work.is_none()).finish_non_exhaustive()
    }
}

/// What happens on the thread. It never unwinds into the pool.
fn at_work<T, F: FnOnce(CancelToken) -> T>(work: F, token: CancelToken, desk: &Desk<T>) {
    if token.is_cancelled() {
        return discard(work);
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| work(token)));
    let mut outcome = Some(outcome);
    let before = desk.swap(|slot| match (&slot, outcome.take()) {
        (Slot::Empty(_), Some(outcome)) => std::mem::replace(slot, Slot::Full(outcome)),
        (_, unwanted) => unwanted.map_or(Slot::Closed, Slot::Full),
    });
    match before {
        Slot::Empty(Some(waker)) => wake(waker),
        Slot::Empty(None) | Slot::Closed => {}
        Slot::Full(unwanted) => discard(unwanted),
    }
}
