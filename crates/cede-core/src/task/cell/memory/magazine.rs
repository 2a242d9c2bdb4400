//! The free blocks that a thread has for itself.
//!
//! Two lists for each size. It takes from one and gives to the same, and only if that is empty, or full, does it look at the other; and
//! only if both are does it go to the depot, with a full list or for one. So a thread that makes and ends tasks by turns stays away from there.

use std::ptr::NonNull;

use super::depot;
use super::list::{Block, FULL, List};
use super::{SIZES, Size};

struct Magazine {
    /// Any number of blocks, up to [`FULL`].
    loaded: List,
    /// Full, or empty.
    spare: List,
}

/// Those of a thread, by size.
struct Magazines([Magazine; SIZES]);

thread_local! {
    static MAGAZINES: Magazines = const { Magazines([const { Magazine::new() }; SIZES]) };
}

/// A free block of that size, if one is kept.
#[inline]
pub(super) fn take(size: Size) -> Option<NonNull<Block>> {
    MAGAZINES.try_with(|magazines| magazines.0[size.0].take(size)).ok().flatten()
}

/// Keeps the block. False: the thread is on its way out.
///
/// # Safety
///
/// The block is of that size, as the allocator gave it, and nobody uses it any more; if this is true, nor does the caller.
#[inline]
pub(super) unsafe fn keep(block: NonNull<Block>, size: Size) -> bool {
    // SAFETY: by the caller.
    MAGAZINES.try_with(|magazines| unsafe { magazines.0[size.0].keep(block, size) }).is_ok()
}

impl Magazine {
    const fn new() -> Self {
        Magazine { loaded: List::new(), spare: List::new() }
    }

    #[inline]
    fn take(&self, size: Size) -> Option<NonNull<Block>> {
        self.loaded.pop().or_else(|| {
            self.load(size);
            self.loaded.pop()
        })
    }

    /// # Safety
    ///
    /// As above.
    #[inline]
    unsafe fn keep(&self, block: NonNull<Block>, size: Size) {
        if self.loaded.len() == FULL {
            self.unload(size);
        }
        // SAFETY: by the caller.
        unsafe { self.loaded.push(block) };
    }

    #[cold]
    #[inline(never)]
    fn load(&self, size: Size) {
        self.loaded.swap(&self.spare);
        if self.loaded.len() == 0 {
            if let Some(full) = depot::take(size) {
                self.loaded.swap(&full);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn unload(&self, size: Size) {
        self.loaded.swap(&self.spare);
        if self.loaded.len() > 0 {
            let full = List::new();
            full.swap(&self.loaded);
            // SAFETY: all that is here is of that size.
            unsafe { depot::put(full, size) };
        }
    }
}

impl Drop for Magazines {
    fn drop(&mut self) {
        for (size, magazine) in self.0.iter().enumerate() {
            for list in [&magazine.loaded, &magazine.spare] {
                // SAFETY: they are in the place for that size.
                unsafe { list.free(Size(size)) };
            }
        }
    }
}
