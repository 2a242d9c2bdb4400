//! A mutex without poison.

#[cfg(cede_loom)]
use loom::sync as imp;
#[cfg(not(cede_loom))]
use std::sync as imp;

pub use imp::MutexGuard;

/// A mutex that cannot be poisoned: no code of the user's ever runs under it.
#[derive(Debug, Default)]
pub struct Mutex<T>(imp::Mutex<T>);

impl<T> Mutex<T> {
    /// An unlocked one.
    pub fn new(value: T) -> Self {
        Mutex(imp::Mutex::new(value))
    }

    /// Waits until nobody else holds it, and holds it while the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
