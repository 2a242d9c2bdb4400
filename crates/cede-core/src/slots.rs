//! Registrations in the order in which they were made, each removable by its key.
//!
//! A sorted `Vec` with tombstones: keys only grow, so a look-up is a binary search at most, and vacant places are
//! swept once they outnumber the live ones, which makes every operation cheap however many there are.

use std::iter;
use std::num::NonZeroU64;

use smallvec::SmallVec;

/// Names one registration; never used again within its [`Slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(NonZeroU64);

#[derive(Debug)]
pub(crate) struct Slots<T> {
    /// Mostly there is one, which needs no memory of its own.
    entries: SmallVec<[(Key, Option<T>); 1]>,
    live: usize,
    next: Key,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { entries: SmallVec::new(), live: 0, next: Self::FIRST }
    }
}

impl<T> Slots<T> {
    /// The key of the first registration.
    pub(crate) const FIRST: Key = Key(NonZeroU64::MIN);

    #[inline]
    pub(crate) fn insert(&mut self, value: T) -> Key {
        self.insert_with(|| value)
    }

    /// The same, with a value that is made in its place.
    #[inline]
    pub(crate) fn insert_with(&mut self, make: impl FnOnce() -> T) -> Key {
        let key = self.next;
        // The greatest key is never reached.
        self.next = Key(key.0.saturating_add(1));
        // A `push` would want the value first.
        self.entries.extend(iter::once_with(|| (key, Some(make()))));
        self.live += 1;
        key
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let at = self.find(key)?;
        self.entries[at].1.as_mut()
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        self.entries[self.find(key)?].1.as_ref()
    }

    /// What is registered, if that is one; `None`, too, where what was before it has not been swept.
    #[inline]
    pub(crate) fn only_mut(&mut self) -> Option<(Key, &mut T)> {
        match &mut self.entries[..] {
            [(key, Some(value))] => Some((*key, value)),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let at = self.find(key)?;
        let value = self.entries[at].1.take()?;
        self.live -= 1;
        while self.entries.last().is_some_and(|(_, value)| value.is_none()) {
            self.entries.pop();
        }
        if self.entries.len() > 2 * self.live + 8 {
            self.entries.retain(|(_, value)| value.is_some());
        }
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.entries.iter().filter_map(|(key, value)| Some((*key, value.as_ref()?)))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (Key, &mut T)> {
        self.entries.iter_mut().filter_map(|(key, value)| Some((*key, value.as_mut()?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        self.entries.into_iter().filter_map(|(_, value)| value)
    }

    #[inline]
    fn find(&self, key: Key) -> Option<usize> {
        // Where nothing was swept it stands just so far from the first.
        let (first, _) = self.entries.first()?;
        let guess = usize::try_from(key.0.get().checked_sub(first.0.get())?).ok();
        let is_there = |guess: &usize| self.entries.get(*guess).is_some_and(|(it, _)| *it == key);
        if let Some(guess) = guess.filter(is_there) {
            return Some(guess);
        }
        self.entries.binary_search_by_key(&key, |(key, _)| *key).ok()
    }
}

#[cfg(all(test, not(cede_loom)))]
mod tests {
    use super::Slots;

    #[test]
    fn order_of_arrival_survives_removals() {
        let mut slots = Slots::default();
        let keys: Vec<_> = (0..100).map(|n| slots.insert(n)).collect();
        for (n, key) in keys.iter().enumerate() {
            if n % 3 != 0 {
                assert_eq!(slots.remove(*key), Some(n));
                assert_eq!(slots.remove(*key), None);
            }
        }
        let late = slots.insert(1000);
        assert_eq!(slots.get(late), Some(&1000));
        let left: Vec<_> = slots.iter().map(|(_, n)| *n).collect();
        let expected: Vec<_> = (0..100).filter(|n| n % 3 == 0).chain([1000]).collect();
        assert_eq!(left, expected);
        assert!(slots.entries.len() <= 2 * left.len() + 8, "vacant places are swept");
    }
}
