//! Owners of a value in memory that is used again.

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::memory;

/// What an `Arc` without weak references is.
pub(crate) struct Counted<T> {
    /// Valid as long as this lives, which counts.
    inner: NonNull<Inner<T>>,
}

struct Inner<T> {
    owners: AtomicU32,
    value: T,
}

// SAFETY: as for `Arc`: owners share the value, and any of them may be the one that drops it.
unsafe impl<T: Send + Sync> Send for Counted<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Counted<T> {}

impl<T> Counted<T> {
    /// Makes the value when there is memory for it, so that it is made in its place. If `make` unwinds, that memory is leaked.
    #[inline]
    pub(crate) fn new(make: impl FnOnce() -> T) -> Self {
        let inner = memory::allocate::<Inner<T>>();
        // SAFETY: it is memory for one, and nobody else's.
        unsafe { inner.write(Inner { owners: AtomicU32::new(1), value: make() }) };
        Counted { inner }
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: it is valid as long as this counts, and nobody has a `&mut` to it.
        unsafe { self.inner.as_ref() }
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Self {
        count_up(&self.inner().owners);
        Counted { inner: self.inner }
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        if count_down(&self.inner().owners) {
            // SAFETY: it came from `new`, and nobody else has it.
            unsafe { memory::drop_and_release(self.inner) };
        }
    }
}

/// A `Box` in memory that is used again.
pub(crate) struct Pooled<T>(NonNull<T>);

// SAFETY: as for `Box`.
unsafe impl<T: Send> Send for Pooled<T> {}
// SAFETY: as for `Box`.
unsafe impl<T: Sync> Sync for Pooled<T> {}

impl<T> Pooled<T> {
    /// As for [`Counted`].
    #[inline]
    pub(crate) fn new(make: impl FnOnce() -> T) -> Self {
        let memory = memory::allocate::<T>();
        // SAFETY: it is memory for one, and nobody else's.
        unsafe { memory.write(make()) };
        Pooled(memory)
    }

    pub(super) fn into_raw(self) -> NonNull<T> {
        ManuallyDrop::new(self).0
    }

    /// # Safety
    ///
    /// It comes from [`into_raw`](Pooled::into_raw), and nobody else uses it.
    pub(super) unsafe fn from_raw(memory: NonNull<T>) -> Self {
        Pooled(memory)
    }

    pub(super) fn into_inner(self) -> T {
        let memory = self.into_raw();
        // SAFETY: it is this one's alone, and from here on only memory.
        let value = unsafe { memory.read() };
        // SAFETY: it came from `new`; its type says that nothing in it is dropped.
        unsafe { memory::drop_and_release(memory.cast::<ManuallyDrop<T>>()) };
        value
    }
}

impl<T> Deref for Pooled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: it is this one's alone.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for Pooled<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for Pooled<T> {
    fn drop(&mut self) {
        // SAFETY: it came from `new`, and goes with this.
        unsafe { memory::drop_and_release(self.0) };
    }
}

/// One more owner.
#[inline]
pub(super) fn count_up(owners: &AtomicU32) {
    // Nobody needs to see anything by it: who is an owner may make another.
    let before = owners.fetch_add(1, Ordering::Relaxed);
    if before > u32::MAX / 2 {
        // As `Arc` does: only leaked owners can get there, for others take 16 GB; and a count that wraps would free what is in use.
        std::process::abort();
    }
}

/// One owner less. True: it was the last one, and sees all that the others have done.
#[must_use]
#[inline]
pub(super) fn count_down(owners: &AtomicU32) -> bool {
    if owners.fetch_sub(1, Ordering::Release) != 1 {
        return false;
    }
    // This reads from the releases of all the others, so what they did comes before.
    owners.load(Ordering::Acquire);
    true
}
