//! Waiting for a deadline, by the backend's clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use crate::backend::{self, Executor, TimerKey};

/// Waits for `duration`, by the clock of the backend that polls it. asyncio's `sleep`.
///
/// The time begins at the first poll. A `duration` of zero is a bare yield, without a timer: every task that is ready now
/// gets its turn first.
///
/// # Dropping
///
/// The timer is taken back at once, and leaves nothing behind.
///
/// # Cancel safety
///
/// A request ends the wait.
///
/// # Panics
///
/// If it is first polled where there is no backend: outside any task, and outside `run`.
///
/// # asyncio
///
/// [`asyncio.sleep`](https://docs.python.org/3/library/asyncio-task.html#asyncio.sleep).
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// cede::run(async {
///     let start = Instant::now();
///     cede::sleep(Duration::from_millis(10)).await;
///     assert!(start.elapsed() >= Duration::from_millis(10));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    Sleep(State::After(duration))
}

/// Waits until `deadline`, by the clock of the backend that polls it. For a deadline that has passed it is a bare yield.
///
/// Dropping, cancel safety and panics are [`sleep`]'s.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// cede::run(async {
///     let deadline = Instant::now() + Duration::from_millis(10);
///     cede::sleep_until(deadline).await;
///     assert!(Instant::now() >= deadline);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep(State::Until(deadline))
}

/// Gives way once: every task that is ready now gets its turn first. asyncio's `sleep(0)`.
///
/// # Dropping
///
/// Nothing is lost.
///
/// # Cancel safety
///
/// It is an await that suspends, so a pending request is delivered there.
///
/// # Examples
///
/// ```
/// use cede::Task;
///
/// cede::run(async {
///     let task = cede::create_task(async {});
///     assert!(!task.done()); // it does not start before its creator gives way
///     cede::yield_now().await;
///     assert!(task.done());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "sleep(0)")]
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "a sleep begins when it is awaited"]
#[derive(Debug)]
pub struct Sleep(State);

#[derive(Debug)]
enum State {
    After(Duration),
    Until(Instant),
    Yield(YieldNow),
    Armed { executor: Arc<dyn Executor>, timer: TimerKey, waker: WakerId },
    Over,
}

/// The future of [`yield_now`].
#[must_use = "it gives way when it is awaited"]
#[derive(Debug)]
pub struct YieldNow {
    yielded: bool,
}

/// What [`Waker::will_wake`] compares, of the very clone that the timer keeps: so no other waker has the same meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct WakerId {
    data: usize,
    vtable: usize,
}

impl WakerId {
    fn of(waker: &Waker) -> Self {
        WakerId { data: waker.data().addr(), vtable: std::ptr::from_ref(waker.vtable()).addr() }
    }
}

impl State {
    fn arm(executor: Arc<dyn Executor>, deadline: Instant, waker: &Waker) -> Self {
        let kept = waker.clone();
        let waker = WakerId::of(&kept);
        let timer = executor.wake_at(deadline, kept);
        State::Armed { executor, timer, waker }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.0 {
                State::After(Duration::ZERO) => self.0 = State::Yield(yield_now()),
                State::After(duration) => {
                    let executor = backend::expect_ambient("sleep");
                    let now = executor.now();
                    // A time that the clock can't tell never comes: thirty years stand for it.
                    let far = Duration::from_secs(60 * 60 * 24 * 365 * 30);
                    let deadline = now.checked_add(*duration).unwrap_or_else(|| now + far);
                    self.0 = State::arm(executor, deadline, cx.waker());
                    return Poll::Pending;
                }
                State::Until(deadline) => {
                    let executor = backend::expect_ambient("sleep");
                    if *deadline <= executor.now() {
                        self.0 = State::Yield(yield_now());
                    } else {
                        self.0 = State::arm(executor, *deadline, cx.waker());
                        return Poll::Pending;
                    }
                }
                State::Yield(yielding) => {
                    ready!(Pin::new(yielding).poll(cx));
                    self.0 = State::Over;
                }
                State::Armed { executor, timer, waker } => {
                    if executor.now() < timer.deadline {
                        if *waker != WakerId::of(cx.waker()) {
                            drop(executor.forget_timer(*timer));
                            let kept = cx.waker().clone();
                            *waker = WakerId::of(&kept);
                            *timer = executor.wake_at(timer.deadline, kept);
                        }
                        return Poll::Pending;
                    }
                    let left = executor.forget_timer(*timer);
                    self.0 = State::Over;
                    drop(left);
                }
                State::Over => return Poll::Ready(()),
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let State::Armed { executor, timer, .. } = &self.0 {
            drop(executor.forget_timer(*timer));
        }
    }
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
