//! What an executor shares with its tasks and with other threads.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::Instant;

use cede_core::backend::{Executor, Runnable, TaskSet, TimerKey};
use cede_sync::Mutex;
use concurrent_queue::ConcurrentQueue;

use crate::clock::Clock;
use crate::queue::{self, ExecutorId, Job};
use crate::rest::Rouser;
use crate::timers::Timers;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: ExecutorId,
    /// The only thread that runs its tasks.
    home: ThreadId,
    pub(crate) tasks: TaskSet,
    /// What came while the executor was not at work on the pushing thread: from other threads, mostly.
    foreign: ConcurrentQueue<Job>,
    /// Something has come there, since that was last looked at.
    came: Woken,
    timers: Mutex<Timers>,
    /// How many there are, which saves the executor's rounds the lock while there are none.
    timers_set: AtomicUsize,
    pub(crate) clock: Clock,
    pub(crate) rouser: Rouser,
    /// What the executor's thread waits for has been woken.
    pub(crate) until: Woken,
}

/// Whether something has been woken, since that was last looked at.
#[derive(Debug, Default)]
pub(crate) struct Woken(AtomicBool);

impl Woken {
    pub(crate) fn wake(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn take(&self) -> bool {
        // Mostly it has not, and a look is cheaper than a swap.
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Acquire)
    }
}

impl Shared {
    pub(crate) fn new(clock: Clock) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // The greatest number is never reached.
        let id = NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed));
        Shared {
            id: ExecutorId(id),
            home: thread::current().id(),
            tasks: TaskSet::new(),
            foreign: ConcurrentQueue::unbounded(),
            came: Woken::default(),
            timers: Mutex::new(Timers::new(clock.now())),
            timers_set: AtomicUsize::new(0),
            clock,
            rouser: Rouser::default(),
            until: Woken::default(),
        }
    }

    #[inline]
    pub(crate) fn push(&self, job: Job) {
        if !queue::is_active(self.id) {
            self.push_foreign(job);
        } else if queue::push(job) {
            self.rouser.rouse();
        }
    }

    #[inline(never)]
    fn push_foreign(&self, job: Job) {
        // It is refused once the executor is gone: a task ends by that, and a callback is called.
        let refused = self.foreign.push(job);
        drop(refused);
        self.came.wake();
        self.rouser.rouse();
    }

    /// Moves what came from elsewhere, and the timers that are due, to the end of the ready queue. The executor is at work here.
    #[inline]
    pub(crate) fn collect(&self) {
        if self.came.take() {
            self.collect_foreign();
        }
        if self.timers_set.load(Ordering::Relaxed) > 0 {
            self.collect_due();
        }
    }

    fn collect_foreign(&self) {
        // What comes meanwhile has its turn the next time, however fast it comes.
        for _ in 0..self.foreign.len() {
            let Ok(job) = self.foreign.pop() else { break };
            queue::push(job);
        }
    }

    fn collect_due(&self) {
        let now = self.clock.now();
        self.timers(|timers| {
            while let Some(waker) = timers.pop(now) {
                queue::push(Job::Fire(waker));
            }
        });
    }

    /// Takes nothing more, and drops what is there.
    pub(crate) fn close(&self) {
        self.foreign.close();
        self.discard();
        let timers = self.timers(Timers::take);
        drop(timers);
    }

    /// Drops what is ready, which ends those tasks.
    pub(crate) fn discard(&self) {
        while let Ok(job) = self.foreign.pop() {
            drop(job);
        }
    }

    pub(crate) fn has_foreign(&self) -> bool {
        !self.foreign.is_empty()
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.timers(|timers| timers.next())
    }

    pub(crate) fn timers<R>(&self, f: impl FnOnce(&mut Timers) -> R) -> R {
        let mut timers = self.timers.lock();
        let result = f(&mut timers);
        self.timers_set.store(timers.len(), Ordering::Relaxed);
        result
    }
}

impl Executor for Shared {
    fn schedule(&self, task: Runnable) {
        self.push(Job::Run(task));
    }

    fn tasks(&self) -> &TaskSet {
        &self.tasks
    }

    fn now(&self) -> Instant {
        let now = self.clock.now();
        queue::set_told(self.id, now);
        now
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        // Whoever sets a deadline has mostly just asked for the time, and to ask the system is a good part of what a timer costs.
        let now = match &self.clock {
            Clock::System => queue::told(self.id),
            Clock::Virtual(_) => None,
        };
        if deadline <= now.unwrap_or_else(|| self.clock.now()) {
            // Due at once: its turn comes when what is ready now has run.
            let key = self.timers(|timers| timers.key(deadline));
            self.push(Job::Fire(waker));
            return key;
        }
        let key = self.timers(|timers| timers.insert(deadline, waker));
        if !queue::is_active(self.id) {
            // The executor may be asleep until a later deadline.
            self.rouser.rouse();
        }
        key
    }

    fn forget_timer(&self, key: TimerKey) -> Option<Waker> {
        self.timers(|timers| timers.remove(key))
    }

    fn name(&self) -> &'static str {
        "local"
    }

    fn is_local(&self) -> bool {
        thread::current().id() == self.home
    }
}

/// Wakes what the executor's thread waits for.
impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.until.wake();
        self.rouser.rouse();
    }
}
