//! A list of free blocks of one size.

use std::alloc::dealloc;
use std::cell::Cell;
use std::ptr::NonNull;

use super::Size;

/// The beginning of a block that is free.
pub(super) struct Block {
    next: Option<NonNull<Block>>,
}

/// Free blocks, which are its own. Who drops it leaks them.
pub(super) struct List {
    first: Cell<Option<NonNull<Block>>>,
    len: Cell<usize>,
}

/// So many blocks change hands at a time. With less, threads would meet at the depot's lock more often than it is worth.
pub(super) const FULL: usize = 64;

// SAFETY: nobody else has the blocks, and free memory belongs to no thread.
unsafe impl Send for List {}

impl List {
    pub(super) const fn new() -> Self {
        List { first: Cell::new(None), len: Cell::new(0) }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len.get()
    }

    #[inline]
    pub(super) fn pop(&self) -> Option<NonNull<Block>> {
        let block = self.first.get()?;
        // SAFETY: what is in the list is free, and begins with a `Block` that `push` has written.
        self.first.set(unsafe { block.as_ref() }.next);
        self.len.set(self.len.get() - 1);
        Some(block)
    }

    /// # Safety
    ///
    /// The block is of the size that all in the list are of, as the allocator gave it, and nobody uses it any more.
    #[inline]
    pub(super) unsafe fn push(&self, block: NonNull<Block>) {
        let next = self.first.replace(Some(block));
        // SAFETY: it is free, and large enough: `STEP` bytes at least.
        unsafe { block.write(Block { next }) };
        self.len.set(self.len.get() + 1);
    }

    /// Exchanges what is in the two.
    pub(super) fn swap(&self, other: &List) {
        self.first.swap(&other.first);
        self.len.swap(&other.len);
    }

    /// Gives all blocks back to the allocator.
    ///
    /// # Safety
    ///
    /// They are of that size.
    pub(super) unsafe fn free(&self, size: Size) {
        while let Some(block) = self.pop() {
            // SAFETY: it came with this layout, by the caller.
            unsafe { dealloc(block.as_ptr().cast(), size.layout()) };
        }
    }
}
