//! The one door to everything atomic: std's types, or loom's under `--cfg cede_loom`.
//!
//! Both sides have the same names, so no other file knows which one it is using.

#[cfg(cede_loom)]
pub(crate) use loom::cell::UnsafeCell;
#[cfg(not(cede_loom))]
pub(crate) use std::sync::atomic::AtomicU32;
pub(crate) use std::sync::atomic::Ordering;

#[cfg(cede_loom)]
use loom::sync as imp;
#[cfg(not(cede_loom))]
use std::sync as imp;

/// A mutex that cannot be poisoned: no code of the user's ever runs under it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(imp::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(imp::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> imp::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// std's `UnsafeCell` in the shape of loom's, which checks each access against the others.
#[cfg(not(cede_loom))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(cede_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// A thread-local whose first value is a constant, which std's can use and loom's can't.
macro_rules! local {
    ($($(#[$doc:meta])* static $name:ident: $type:ty = $init:expr;)*) => {
        #[cfg(not(cede_loom))]
        std::thread_local! { $($(#[$doc])* static $name: $type = const { $init };)* }
        #[cfg(cede_loom)]
        loom::thread_local! { $($(#[$doc])* static $name: $type = $init;)* }
    };
}

pub(crate) use local;

/// loom's `AtomicU32`, made to try what it would leave out.
///
/// loom 0.7 remembers one access to an atomic, the last. Where a thread loads before it writes, as every
/// compare-and-swap loop does, that load makes it forget the load of another thread before, and the order in which
/// the write comes first is never tried (tokio-rs/loom 166 and 392). So each access is preceded by a read-modify-write of
/// a second atomic, on which all accesses depend in turn; being relaxed, it orders nothing.
#[cfg(cede_loom)]
#[derive(Debug)]
pub(crate) struct AtomicU32 {
    value: loom::sync::atomic::AtomicU32,
    turn: loom::sync::atomic::AtomicU32,
}

#[cfg(cede_loom)]
impl AtomicU32 {
    pub(crate) fn new(value: u32) -> Self {
        let [value, turn] = [value, 0].map(loom::sync::atomic::AtomicU32::new);
        AtomicU32 { value, turn }
    }

    pub(crate) fn load(&self, order: Ordering) -> u32 {
        self.in_turn().load(order)
    }

    pub(crate) fn store(&self, value: u32, order: Ordering) {
        self.in_turn().store(value, order);
    }

    pub(crate) fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.in_turn().fetch_or(bits, order)
    }

    pub(crate) fn fetch_and(&self, bits: u32, order: Ordering) -> u32 {
        self.in_turn().fetch_and(bits, order)
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        old: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.in_turn().compare_exchange_weak(old, new, success, failure)
    }

    fn in_turn(&self) -> &loom::sync::atomic::AtomicU32 {
        self.turn.fetch_add(0, Ordering::Relaxed);
        &self.value
    }
}
