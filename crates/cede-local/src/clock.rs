//! What time it is: the system's, or one that stands still.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cede_sync::Mutex;

/// A clock that stands still while any task is ready, and jumps to the next deadline when none is. (On its way it may stop at one that was
/// taken back; no task sees it there.)
///
/// With it, a program that sleeps for hours is tested in no time, and always with the same result. Clones share the time.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cede::local::{LocalExecutor, VirtualClock};
///
/// let clock = VirtualClock::new();
/// let executor = LocalExecutor::builder().virtual_clock(&clock).build();
/// executor.block_on(cede::sleep(Duration::from_secs(3600)))?;
/// assert_eq!(clock.elapsed(), Duration::from_secs(3600));
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug)]
pub struct VirtualClock {
    start: Instant,
    now: Arc<Mutex<Instant>>,
}

/// What an executor tells the time by.
#[derive(Debug)]
pub(crate) enum Clock {
    System,
    Virtual(VirtualClock),
}

impl VirtualClock {
    /// A clock that shows the present time, and keeps showing it.
    pub fn new() -> Self {
        let start = Instant::now();
        VirtualClock { start, now: Arc::new(Mutex::new(start)) }
    }

    /// The time that it shows.
    pub fn now(&self) -> Instant {
        *self.now.lock()
    }

    /// How far it has come since it was made.
    pub fn elapsed(&self) -> Duration {
        self.now().duration_since(self.start)
    }

    /// Moves it on by `duration`, as if the code that calls this had taken so long. Timers that become due fire when the executor next looks.
    pub fn advance(&self, duration: Duration) {
        *self.now.lock() += duration;
    }

    /// Moves it on to `deadline`, never back.
    pub(crate) fn reach(&self, deadline: Instant) {
        let mut now = self.now.lock();
        *now = deadline.max(*now);
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    pub(crate) fn now(&self) -> Instant {
        match self {
            Clock::System => Instant::now(),
            Clock::Virtual(clock) => clock.now(),
        }
    }
}
