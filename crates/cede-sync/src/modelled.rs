//! loom's types, where they are not used as they are.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

pub use loom::sync::MutexGuard;

/// loom's mutex, without poison.
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// An unlocked one.
    pub fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    /// As std's, in every order.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As std's.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An atomic of loom's, made to try what it would leave out.
///
/// loom 0.7 remembers one access to an atomic, the last. Where a thread loads before it writes, as every
/// compare-and-swap loop does, that load makes it forget the load of another thread before, and the order in which
/// the write comes first is never tried (tokio-rs/loom 166 and 392). So each access is preceded by a read-modify-write of
/// a second atomic, on which all accesses depend in turn; being relaxed, it orders nothing.
macro_rules! atomics {
    ($($name:ident: $int:ty),*) => {$(
        /// loom's, made to try what it would leave out.
        #[derive(Debug)]
        pub struct $name {
            value: loom::sync::atomic::$name,
            turn: loom::sync::atomic::$name,
        }

        impl $name {
            /// One that holds `value`.
            pub fn new(value: $int) -> Self {
                let [value, turn] = [value, 0].map(loom::sync::atomic::$name::new);
                $name { value, turn }
            }

            /// As std's.
            pub fn load(&self, order: Ordering) -> $int {
                self.in_turn().load(order)
            }

            /// As std's.
            pub fn store(&self, value: $int, order: Ordering) {
                self.in_turn().store(value, order);
            }

            /// As std's.
            pub fn swap(&self, value: $int, order: Ordering) -> $int {
                self.in_turn().swap(value, order)
            }

            /// As std's.
            pub fn fetch_add(&self, value: $int, order: Ordering) -> $int {
                self.in_turn().fetch_add(value, order)
            }

            /// As std's.
            pub fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                self.in_turn().fetch_sub(value, order)
            }

            /// As std's.
            pub fn fetch_or(&self, bits: $int, order: Ordering) -> $int {
                self.in_turn().fetch_or(bits, order)
            }

            /// As std's.
            pub fn fetch_and(&self, bits: $int, order: Ordering) -> $int {
                self.in_turn().fetch_and(bits, order)
            }

            /// As std's.
            pub fn fetch_xor(&self, bits: $int, order: Ordering) -> $int {
                self.in_turn().fetch_xor(bits, order)
            }

            /// As std's.
            pub fn fetch_min(&self, value: $int, order: Ordering) -> $int {
                self.in_turn().fetch_min(value, order)
            }

            /// As std's, but it never fails without a reason.
            pub fn compare_exchange_weak(
                &self,
                old: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.in_turn().compare_exchange_weak(old, new, success, failure)
            }

            fn in_turn(&self) -> &loom::sync::atomic::$name {
                self.turn.fetch_add(0, Ordering::Relaxed);
                &self.value
            }
        }
    )*};
}

atomics!(AtomicU32: u32, AtomicU64: u64);
