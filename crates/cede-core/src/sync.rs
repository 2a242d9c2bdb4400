//! The one door to everything atomic: std's types, or loom's under `--cfg cede_loom`.
//!
//! Both sides have the same names, so no other file knows which one it is using.

#[cfg(cede_loom)]
pub(crate) use loom::{cell::UnsafeCell, sync::atomic::AtomicU32};
pub(crate) use std::sync::atomic::Ordering;
#[cfg(not(cede_loom))]
pub(crate) use std::sync::atomic::AtomicU32;

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
