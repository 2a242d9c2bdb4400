//! The only way by which this crate calls code of the user's: a poll, a destructor, a waker, a callback.
//!
//! A panic in any of them ends here, as a value. Nothing in this module is ever called under a lock.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs `f`; a panic comes back as its payload.
///
/// Unwind safety is asserted: whoever calls this gives up what a panicking `f` may have left half done.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Runs `f` where nobody could do anything about its panic.
///
/// The process's panic hook has told of it by the time this returns; only the payload is discarded.
pub(crate) fn contain(f: impl FnOnce()) {
    if let Err(payload) = catch(f) {
        discard(payload);
    }
}

/// Drops `value`; a panic of its destructor is contained: the process's panic hook has told of it, and the payload is discarded, too.
///
/// # Examples
///
/// ```
/// struct Booby;
/// impl Drop for Booby {
///     fn drop(&mut self) {
///         panic!("in a destructor");
///     }
/// }
/// cede::backend::discard(Booby);
/// ```
pub fn discard<T>(value: T) {
    if let Err(payload) = catch(|| drop(value)) {
        // A payload's own destructor may panic as well, and its payload's, and so on: stop here and leak.
        if let Err(endless) = catch(|| drop(payload)) {
            std::mem::forget(endless);
        }
    }
}

/// Wakes `waker`, which may be any code at all: a panic of it is contained (law 6).
///
/// # Examples
///
/// ```
/// cede::backend::wake(std::task::Waker::noop().clone());
/// ```
pub fn wake(waker: Waker) {
    contain(|| waker.wake());
}
