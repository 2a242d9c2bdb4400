//! What a task calls when it is done.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::TaskRef;
use super::counted::Pooled;

/// A `Box<dyn FnOnce(&TaskRef) + Send>` in memory that is used again: a child of a group has one each. It is one pointer.
pub(crate) struct Callback {
    /// A `Pooled<Held<F>>`, which begins with its vtable; this one's alone.
    held: NonNull<&'static Vtable>,
}

/// Each is called with the `held` of a callback of that type, and uses it up.
struct Vtable {
    call: unsafe fn(NonNull<&'static Vtable>, &TaskRef),
    drop: unsafe fn(NonNull<&'static Vtable>),
}

/// `repr(C)`: the vtable comes first, so that a pointer to this is one to that.
#[repr(C)]
struct Held<F> {
    vtable: &'static Vtable,
    callback: F,
}

// SAFETY: what is held is `Send`, and this owns it.
unsafe impl Send for Callback {}

impl Callback {
    pub(crate) fn new<F: FnOnce(&TaskRef) + Send + 'static>(callback: F) -> Self {
        let held = Pooled::new(|| Held { vtable: &Held::<F>::VTABLE, callback });
        Callback { held: held.into_raw().cast() }
    }

    pub(crate) fn call(self, task: &TaskRef) {
        let this = ManuallyDrop::new(self);
        // SAFETY: the vtable is that of its type, and nothing else uses it any more.
        unsafe { (this.vtable().call)(this.held, task) }
    }

    fn vtable(&self) -> &'static Vtable {
        // SAFETY: it is valid, and begins with that.
        unsafe { self.held.as_ref() }
    }
}

impl<F: FnOnce(&TaskRef)> Held<F> {
    const VTABLE: Vtable = Vtable { call: Self::call, drop: Self::drop };

    /// # Safety
    ///
    /// This and the next: `held` is what [`Pooled::into_raw`] gave for this type, and is not used again.
    unsafe fn call(held: NonNull<&'static Vtable>, task: &TaskRef) {
        // SAFETY: by the caller.
        let held = unsafe { Pooled::<Self>::from_raw(held.cast()) };
        (held.into_inner().callback)(task);
    }

    unsafe fn drop(held: NonNull<&'static Vtable>) {
        // SAFETY: by the caller.
        drop(unsafe { Pooled::<Self>::from_raw(held.cast()) });
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        // SAFETY: the vtable is that of its type, and it goes with this.
        unsafe { (self.vtable().drop)(self.held) }
    }
}
