//! Deadlines, in the order in which they are due.

use std::collections::BTreeMap;
use std::task::Waker;

/// The timers of a backend, or of one of its threads: wakers, each with a deadline and the number by which it was set.
///
/// A deadline is a number of nanoseconds since some start of the backend's. Of equal ones the one with the smaller number is first. A timer costs
/// much the same however many there are, and those that are taken out leave no more behind than those that stay take.
///
/// # Dropping
///
/// Drops the wakers.
///
/// # Examples
///
/// ```
/// use std::task::Waker;
///
/// use cede::backend::TimerQueue;
///
/// let mut timers = TimerQueue::default();
/// timers.insert(5_000_000, 0, Waker::noop().clone());
/// timers.insert(3_000_000, 1, Waker::noop().clone());
/// assert!(timers.pop(2_999_999).is_none());
/// assert_eq!(timers.pop(3_000_000).unwrap().0, (3_000_000, 1));
/// assert!(timers.remove(5_000_000, 0).is_some());
/// assert!(timers.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct TimerQueue {
    /// Those whose tick has begun: by the deadline, then by the number.
    near: BTreeMap<(u64, u64), Waker>,
    /// Those of each later tick. They are put in order when that begins, and most don't live to see it.
    far: BTreeMap<u64, Tick>,
    /// The first tick that has not begun.
    horizon: u64,
    /// A tick of `far` that has no timers any more. It stays until there is another, for the next timer is often set for the same tick.
    empty: Option<u64>,
    len: usize,
}

/// The timers of one tick.
#[derive(Debug, Default)]
struct Tick {
    /// By the number, which mostly grows: so a new one comes last.
    timers: Vec<Timer>,
    /// How many of them have not been taken out.
    live: usize,
    /// None is due before this.
    earliest: u64,
}

#[derive(Debug)]
struct Timer {
    number: u64,
    due: u64,
    /// `None`: it has been taken out.
    waker: Option<Waker>,
}

impl TimerQueue {
    /// Keeps `waker` until it is `due`, or taken out. A number is used once.
    pub fn insert(&mut self, due: u64, number: u64, waker: Waker) {
        self.len += 1;
        let tick = tick_of(due);
        if tick < self.horizon {
            self.near.insert((due, number), waker);
        } else {
            self.far.entry(tick).or_default().insert(due, number, waker);
        }
    }

    /// Takes a timer out, if it is here.
    pub fn remove(&mut self, due: u64, number: u64) -> Option<Waker> {
        let tick = tick_of(due);
        let waker = if tick < self.horizon {
            let place = (due, number);
            // Mostly it has been due, and is not here: then all that are here come after it.
            if self.near.first_key_value().is_none_or(|(first, _)| place < *first) {
                return None;
            }
            self.near.remove(&place)
        } else {
            let timers = self.far.get_mut(&tick)?;
            let waker = timers.remove(number);
            if timers.live == 0 {
                self.set_empty(tick);
            }
            waker
        }?;
        self.len -= 1;
        Some(waker)
    }

    /// Takes the first timer that is due at `now`, with its deadline and its number.
    pub fn pop(&mut self, now: u64) -> Option<((u64, u64), Waker)> {
        self.begin(tick_of(now));
        let first = self.near.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        self.len -= 1;
        Some(first.remove_entry())
    }

    /// When somebody has to look, at the latest: no timer is due before. `None` if there are none.
    pub fn next(&self) -> Option<u64> {
        let near = self.near.first_key_value().map(|((due, _), _)| *due);
        near.or_else(|| self.far.values().find(|tick| tick.live > 0).map(|tick| tick.earliest))
    }

    /// How many timers there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ticks up to `last` begin.
    fn begin(&mut self, last: u64) {
        while let Some(tick) = self.far.first_entry().filter(|tick| *tick.key() <= last) {
            let timers = tick.remove().timers.into_iter();
            let live = timers.filter_map(|it| Some(((it.due, it.number), it.waker?)));
            if self.near.is_empty() {
                // At once, which is cheaper.
                self.near = live.collect();
            } else {
                self.near.extend(live);
            }
        }
        self.horizon = self.horizon.max(last + 1);
    }

    /// The tick has no timers.
    fn set_empty(&mut self, tick: u64) {
        if let Some(before) = self.empty.replace(tick).filter(|before| *before != tick) {
            if self.far.get(&before).is_some_and(|before| before.live == 0) {
                self.far.remove(&before);
            }
        }
    }
}

impl Tick {
    fn insert(&mut self, due: u64, number: u64, waker: Waker) {
        self.earliest = if self.live == 0 { due } else { self.earliest.min(due) };
        self.live += 1;
        let timer = Timer { number, due, waker: Some(waker) };
        match self.timers.last() {
            // Of two threads, the later one was faster.
            Some(last) if last.number > number => {
                let at = self.timers.partition_point(|before| before.number < number);
                self.timers.insert(at, timer);
            }
            _ => self.timers.push(timer),
        }
    }

    fn remove(&mut self, number: u64) -> Option<Waker> {
        let at = self.timers.binary_search_by_key(&number, |timer| timer.number).ok()?;
        let waker = self.timers[at].waker.take()?;
        self.live -= 1;
        if self.timers.len() > 2 * self.live + FEW {
            self.timers.retain(|timer| timer.waker.is_some());
            self.timers.shrink_to(2 * self.live + FEW);
        } else if self.live == 0 {
            self.timers.clear();
        }
        Some(waker)
    }
}

/// So many places of a tick are not worth to be swept.
const FEW: usize = 8;

/// A tick is about a millisecond.
fn tick_of(due: u64) -> u64 {
    due >> 20
}

#[cfg(all(test, not(cede_loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A generator that is random enough, and the same each time.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) % limit
        }

        /// A number of up to so many bits, the small as likely as the great.
        fn of_bits(&mut self, most: u64) -> u64 {
            let bits = self.below(most);
            self.below(1 << bits)
        }
    }

    #[test]
    fn it_does_what_one_sorted_map_does() {
        for seed in 0..50 {
            let mut random = Random(seed);
            let (mut timers, mut model) = (TimerQueue::default(), BTreeSet::new());
            let (mut now, mut keys) = (0, Vec::new());
            for number in 2..2_000 {
                match random.below(10) {
                    0..5 => {
                        // Two threads may come in the other order.
                        let number = number * 2 - 3 * random.below(2);
                        let due = now + random.of_bits(26);
                        if model.insert((due, number)) {
                            timers.insert(due, number, Waker::noop().clone());
                            keys.push((due, number));
                        }
                    }
                    5..8 if !keys.is_empty() => {
                        let at = usize::try_from(random.below(keys.len() as u64)).unwrap();
                        let (due, number) = keys.swap_remove(at);
                        let known = model.remove(&(due, number));
                        assert_eq!(timers.remove(due, number).is_some(), known);
                        assert!(timers.remove(due, number).is_none());
                    }
                    _ => {
                        now += random.of_bits(24);
                        let first = model.first().copied();
                        let first = first.filter(|(due, _)| *due <= now);
                        assert_eq!(timers.pop(now).map(|(key, _)| key), first);
                        first.map(|key| model.remove(&key));
                    }
                }
                assert_eq!(timers.len(), model.len());
                let first = model.first().map(|(due, _)| *due);
                assert_eq!(timers.next().is_some(), first.is_some());
                assert!(timers.next() <= first, "nobody would look in time");
            }
            let left: Vec<_> = std::iter::from_fn(|| timers.pop(u64::MAX >> 1)).collect();
            assert!(left.iter().map(|(key, _)| key).eq(&model));
        }
    }

    #[test]
    fn what_is_taken_out_leaves_nothing() {
        let mut timers = TimerQueue::default();
        for number in 0..1_000_000 {
            timers.insert(number << 16, number, Waker::noop().clone());
        }
        for number in 0..1_000_000 {
            assert!(timers.remove(number << 16, number).is_some());
        }
        assert!(timers.is_empty() && timers.next().is_none());
        assert!(timers.far.len() <= 1, "{} ticks", timers.far.len());
        // All in one tick.
        for number in 1_000_000..2_000_000 {
            timers.insert(1 << 60, number, Waker::noop().clone());
        }
        for number in 1_000_000..1_999_999 {
            assert!(timers.remove(1 << 60, number).is_some());
        }
        let room: usize = timers.far.values().map(|tick| tick.timers.capacity()).sum();
        assert!(room <= 4 * FEW * timers.far.len(), "room for {room}");
    }
}
