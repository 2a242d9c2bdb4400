//! Deadlines, sharded by the thread that sets them.
//!
//! A worker has a shard of its own, so that what it sets and takes back meets nobody else's lock but that of whoever collects what is due; all other
//! threads share one. A timer that is taken back leaves nothing behind.

use std::task::Waker;
use std::time::{Duration, Instant};

use cede_core::backend::{TimerKey, TimerQueue};

use crate::sync::{AtomicU64, Mutex, Ordering, now};

#[derive(Debug)]
pub(crate) struct Timers {
    /// What `earliest` counts from.
    start: Instant,
    /// No timer is due before this many nanoseconds. One that was taken back may leave it too early, never too late.
    earliest: AtomicU64,
    /// How many timers were set, for the order among equal deadlines.
    count: AtomicU64,
    /// Their deadlines are in nanoseconds from `start`: one number is compared sooner than an `Instant`.
    shards: Box<[Mutex<TimerQueue>]>,
    /// Who holds it collects what is due. Meanwhile `earliest` is not to be relied on.
    collecting: Mutex<()>,
}

const NEVER: u64 = u64::MAX;

/// The low bits of a sequence number name the shard.
const SHARD_BITS: u32 = 16;

impl Timers {
    /// With this many shards.
    pub(crate) fn new(shards: usize) -> Self {
        Timers {
            start: now(),
            earliest: AtomicU64::new(NEVER),
            count: AtomicU64::new(0),
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            collecting: Mutex::new(()),
        }
    }

    /// A key for a timer of this shard.
    pub(crate) fn key(&self, shard: usize, deadline: Instant) -> TimerKey {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        TimerKey { deadline, sequence: (count << SHARD_BITS) | shard as u64 }
    }

    /// Keeps `waker` until its time has come. True: it is the earliest of all.
    pub(crate) fn insert(&self, key: TimerKey, waker: Waker) -> bool {
        let due = self.ticks(key.deadline);
        self.shard(key).lock().insert(due, key.sequence, waker);
        // If somebody has forgotten the earliest and passed this shard, that came before the lock above, so this load sees it.
        let is_earliest = |earliest: u64| due < earliest;
        is_earliest(self.earliest.load(Ordering::Acquire))
            && is_earliest(self.earliest.fetch_min(due, Ordering::AcqRel))
    }

    pub(crate) fn remove(&self, key: TimerKey) -> Option<Waker> {
        self.shard(key).lock().remove(self.ticks(key.deadline), key.sequence)
    }

    /// When somebody has to look, at the latest.
    pub(crate) fn next(&self) -> Option<Instant> {
        let _whole = self.collecting.lock();
        let earliest = self.earliest.load(Ordering::Acquire);
        let far = || self.start.checked_add(Duration::from_nanos(earliest));
        if earliest == NEVER { None } else { far() }
    }

    /// Is any timer set?
    pub(crate) fn is_any_set(&self) -> bool {
        self.earliest.load(Ordering::Acquire) != NEVER
    }

    /// Takes the timers that are due, in their order.
    pub(crate) fn take_due(&self) -> Vec<Waker> {
        // Mostly there is none, and a look is cheap.
        let earliest = self.earliest.load(Ordering::Acquire);
        if earliest == NEVER {
            return Vec::new();
        }
        let now = self.ticks(now());
        if earliest > now {
            return Vec::new();
        }
        let mut due = Vec::new();
        let collecting = self.collecting.lock();
        // Before the shards are looked at: a timer that is set meanwhile is seen there, or comes after this.
        self.earliest.swap(NEVER, Ordering::AcqRel);
        for shard in &self.shards {
            let mut shard = shard.lock();
            due.extend(std::iter::from_fn(|| shard.pop(now)));
            if let Some(next) = shard.next() {
                self.earliest.fetch_min(next, Ordering::AcqRel);
            }
        }
        drop(collecting);
        due.sort_unstable_by_key(|(key, _)| *key);
        due.into_iter().map(|(_, waker)| waker).collect()
    }

    /// Takes all of them.
    pub(crate) fn clear(&self) -> Vec<Waker> {
        let take = |shard: &Mutex<TimerQueue>| std::mem::take(&mut *shard.lock());
        let wakers = |mut timers: TimerQueue| {
            std::iter::from_fn(move || timers.pop(NEVER).map(|(_, waker)| waker))
        };
        self.shards.iter().map(take).flat_map(wakers).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn shard(&self, key: TimerKey) -> &Mutex<TimerQueue> {
        &self.shards[(key.sequence & ((1 << SHARD_BITS) - 1)) as usize]
    }

    fn ticks(&self, deadline: Instant) -> u64 {
        let since = deadline.saturating_duration_since(self.start).as_nanos();
        u64::try_from(since).unwrap_or(NEVER).min(NEVER - 1)
    }
}

#[cfg(all(test, not(any(cede_loom, cede_shuttle))))]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex as StdMutex;
    use std::task::Wake;

    use super::*;

    struct Say(usize, Arc<StdMutex<Vec<usize>>>);

    impl Wake for Say {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    #[test]
    fn what_is_due_comes_in_the_order_of_deadlines_and_of_setting() {
        let timers = Timers::new(3);
        let said = Arc::new(StdMutex::default());
        for (n, (shard, after)) in [(0, 5), (1, 3), (2, 5), (1, 5), (0, 1)].into_iter().enumerate()
        {
            let key = timers.key(shard, timers.start + Duration::from_nanos(after));
            timers.insert(key, Waker::from(Arc::new(Say(n, Arc::clone(&said)))));
        }
        let late = timers.key(2, timers.start + Duration::from_secs(3600));
        timers.insert(late, Waker::noop().clone());
        timers.take_due().into_iter().for_each(Waker::wake);
        assert_eq!(*said.lock().unwrap(), [4, 1, 0, 2, 3]);
        assert_eq!(timers.next(), Some(late.deadline));
        assert!(timers.remove(late).is_some() && timers.remove(late).is_none());
        assert_eq!(timers.len(), 0);
    }

    #[test]
    fn a_million_that_are_taken_back_leave_nothing() {
        let timers = Timers::new(2);
        let later = Instant::now() + Duration::from_secs(3600);
        let keys: Vec<_> = (0..1_000_000)
            .map(|n| timers.key(n % 2, later + Duration::from_nanos(n as u64)))
            .collect();
        for key in &keys {
            timers.insert(*key, Waker::noop().clone());
        }
        assert_eq!(timers.len(), 1_000_000);
        assert!(keys.into_iter().all(|key| timers.remove(key).is_some()));
        assert_eq!(timers.len(), 0);
    }

    #[test]
    fn the_earliest_is_told() {
        let timers = Timers::new(1);
        let later = Instant::now() + Duration::from_secs(3600);
        let insert = |seconds| {
            let key = timers.key(0, later + Duration::from_secs(seconds));
            timers.insert(key, Waker::noop().clone())
        };
        assert!(insert(5) && insert(3) && !insert(4));
        assert_eq!(timers.next(), Some(later + Duration::from_secs(3)));
        assert!(timers.take_due().is_empty());
    }
}
