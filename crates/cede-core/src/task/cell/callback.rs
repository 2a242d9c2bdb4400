//! What a task calls when it is done.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::TaskRef;
use super::counted::Pooled;

/// A `Box<dyn FnOnce(&TaskRef) + Send>` in memory that is used again: a child of a group has one each.
pub(crate) struct Callback {
    /// A `Pooled<Held<F>>` of the type that the vtable was made for; this one's alone.
    held: NonNull<()>,
    vtable: &'static Vtable,
}

/// Each is called with the `held` of a callback of that type, and uses it up.
struct Vtable {
    call: unsafe fn(NonNull<()>, &TaskRef),
    drop: unsafe fn(NonNull<()>),
}

/// Never of size zero, which no memory is.
struct Held<F> {
    callback: F,
    _size: u8,
}

// SAFETY: what is held is `Send`, and this owns it.
unsafe impl Send for Callback {}

impl Callback {
    pub(crate) fn new<F: FnOnce(&TaskRef) + Send + 'static>(callback: F) -> Self {
        let held = Pooled::new(|| Held { callback, _size: 0 }).into_raw().cast();
        Callback { held, vtable: &Held::<F>::VTABLE }
    }

    pub(crate) fn call(self, task: &TaskRef) {
        let this = ManuallyDrop::new(self);
        // SAFETY: the vtable is that of its type, and nothing else uses it any more.
        unsafe { (this.vtable.call)(this.held, task) }
    }
}

impl<F: FnOnce(&TaskRef)> Held<F> {
    const VTABLE: Vtable = Vtable { call: Self::call, drop: Self::drop };

    /// # Safety
    ///
    /// This and the next: `held` is what [`Pooled::into_raw`] gave for this type, and is not used again.
    unsafe fn call(held: NonNull<()>, task: &TaskRef) {
        // SAFETY: by the caller.
        let held = unsafe { Pooled::<Self>::from_raw(held.cast()) };
        (held.into_inner().callback)(task);
    }

    unsafe fn drop(held: NonNull<()>) {
        // SAFETY: by the caller.
        drop(unsafe { Pooled::<Self>::from_raw(held.cast()) });
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        // SAFETY: the vtable is that of its type, and it goes with this.
        unsafe { (self.vtable.drop)(self.held) }
    }
}
