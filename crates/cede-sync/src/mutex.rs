//! std's mutex, without poison.

use std::sync::PoisonError;
#[cfg(cede_tsan)]
use std::sync::TryLockError;

#[cfg_attr(
    any(cede_loom, cede_shuttle),
    expect(unreachable_pub, reason = "loom's or shuttle's is the one that is exported")
)]
pub use std::sync::MutexGuard;

/// A mutex without poison: a panic under it leaves nothing half changed.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// An unlocked one.
    pub const fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }

    /// Waits until nobody else holds it, and holds it while the guard lives.
    #[cfg(not(cede_tsan))]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, in the sight of ThreadSanitizer: `try_lock` and the release are inlined into our crates and so are instrumented, while
    /// std's code for a lock that is taken is not.
    #[cfg(cede_tsan)]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        loop {
            match self.0.try_lock() {
                Ok(guard) => return guard,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
    }

    /// What is in it, without locking: nobody else can hold it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
