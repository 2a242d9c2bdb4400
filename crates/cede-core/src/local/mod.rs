//! Values that belong to a task, and can be had without being handed on.

mod key;
mod scope;
mod values;

pub use key::TaskLocal;
pub use scope::LocalScope;
pub(crate) use values::Locals;

use std::sync::atomic::{AtomicBool, Ordering};

use values::{Key, Value};

use crate::current;

/// A task of this process has had a value that tasks inherit. Until then it costs nothing to create one.
static HEIRS: AtomicBool = AtomicBool::new(false);

/// What a task that is created here begins with; `None` is nothing.
#[inline]
pub(crate) fn inherited() -> Option<Locals> {
    if HEIRS.load(Ordering::Relaxed) { inherited_here() } else { None }
}

#[inline(never)]
fn inherited_here() -> Option<Locals> {
    let inherited = current::with(|context| {
        let header = context.task().header();
        if !header.state.load().has_locals() {
            return None;
        }
        header.peek(|control| control.seldom.as_ref()?.locals.inherited()).flatten()
    });
    inherited.flatten()
}

/// The value of the current task for `key`.
fn value(key: Key) -> Option<Value> {
    current::with(|context| {
        let header = context.task().header();
        if !header.state.load().has_locals() {
            return None;
        }
        header.peek(|control| control.seldom.as_ref()?.locals.get(key)).flatten()
    })
    .flatten()
}

/// Exchanges the value of the current task for `key`; one that can't be kept any more comes back. `Err`: there is no task here.
fn swap(key: Key, value: Option<Value>) -> Result<Option<Value>, Option<Value>> {
    if key.inherits() && value.is_some() {
        HEIRS.store(true, Ordering::Relaxed);
    }
    let mut value = Some(value);
    let swapped = current::with(|context| {
        let header = context.task().header();
        header.control(|control| {
            if !header.state.load().has_locals() {
                header.state.set_locals();
            }
            control.seldom().locals.swap(key, value.take().flatten())
        })
    });
    swapped.ok_or_else(|| value.flatten())
}
