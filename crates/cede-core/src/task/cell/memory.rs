//! Where the memory of cells comes from, and goes to: a thread uses again what it has freed.
//!
//! Tasks are made and ended all the time, and a general allocator is a good part of what that costs. So each thread keeps free blocks, in lists by
//! their size, up to a bound. Under a sanitizer and in loom's models it keeps none: they are to see each block come and go.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

/// Blocks are of so many bytes, or twice as many, and so on.
const STEP: usize = 32;

/// How many sizes there are. What is larger is not kept.
const SIZES: usize = 24;

/// No alignment above this is asked of a block that is kept.
const ALIGN: usize = 16;

/// How many bytes a thread keeps at most: those of some ten thousand small tasks.
const KEPT: usize =
    if cfg!(any(cede_loom, cede_shuttle, cede_tsan, cede_asan)) { 0 } else { 4 * 1024 * 1024 };

/// The free blocks of a thread.
struct Free {
    /// The first of each list.
    first: [Cell<Option<NonNull<Block>>>; SIZES],
    bytes: Cell<usize>,
}

/// The beginning of a block that is free.
struct Block {
    next: Option<NonNull<Block>>,
}

thread_local! {
    static FREE: Free = const {
        Free { first: [const { Cell::new(None) }; SIZES], bytes: Cell::new(0) }
    };
}

/// Memory for a `T`, not initialized.
pub(super) fn allocate<T>() -> NonNull<T> {
    let size = const { Size::of::<T>() };
    let kept = size.and_then(|size| FREE.try_with(|free| free.take(size)).ok().flatten());
    let block = kept.map_or_else(|| new::<T>(), NonNull::cast);
    block.cast()
}

/// Drops what is in it, and takes the memory back, also if a destructor panics.
///
/// # Safety
///
/// The memory comes from [`allocate`] for the same type, there is a value in it, and nobody uses it any more.
pub(super) unsafe fn drop_and_release<T>(memory: NonNull<T>) {
    struct Release<T>(NonNull<T>);
    impl<T> Drop for Release<T> {
        fn drop(&mut self) {
            // SAFETY: by the caller of the function around this; the value is gone by now.
            unsafe { release(self.0) };
        }
    }
    let memory = Release(memory);
    // SAFETY: by the caller; nothing drops it a second time.
    unsafe { memory.0.drop_in_place() };
}

/// # Safety
///
/// As above, but that the value is gone.
unsafe fn release<T>(memory: NonNull<T>) {
    let size = const { Size::of::<T>() };
    let block = memory.cast::<Block>();
    // SAFETY: by the caller it is a free block of that size.
    let keep = |size| FREE.try_with(|free| unsafe { free.keep(block, size) }).unwrap_or(false);
    if !size.is_some_and(keep) {
        // SAFETY: by the caller, and it is not in a list.
        unsafe { dealloc(memory.as_ptr().cast(), layout::<T>()) };
    }
}

/// Which list a block is for.
#[derive(Clone, Copy)]
struct Size(usize);

impl Size {
    /// `None`: blocks of this type are not kept.
    const fn of<T>() -> Option<Self> {
        let steps = size_of::<T>().div_ceil(STEP);
        if KEPT > 0 && steps >= 1 && steps <= SIZES && align_of::<T>() <= ALIGN {
            Some(Size(steps - 1))
        } else {
            None
        }
    }

    const fn bytes(self) -> usize {
        (self.0 + 1) * STEP
    }
}

/// What a block for a `T` is to the allocator.
const fn layout<T>() -> Layout {
    match Size::of::<T>() {
        Some(size) => match Layout::from_size_align(size.bytes(), ALIGN) {
            Ok(layout) => layout,
            Err(_) => panic!("a power of two, and far from the limit"),
        },
        None => Layout::new::<T>(),
    }
}

fn new<T>() -> NonNull<T> {
    const { assert!(size_of::<T>() > 0) };
    let layout = const { layout::<T>() };
    // SAFETY: the size is not zero.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory.cast()).unwrap_or_else(|| handle_alloc_error(layout))
}

impl Free {
    fn take(&self, size: Size) -> Option<NonNull<Block>> {
        let list = &self.first[size.0];
        let block = list.get()?;
        // SAFETY: what is in the list is free, and begins with a `Block` that `keep` has written.
        list.set(unsafe { block.as_ref() }.next);
        self.bytes.set(self.bytes.get() - size.bytes());
        Some(block)
    }

    /// False: it keeps enough.
    ///
    /// # Safety
    ///
    /// The block is free, and of that size.
    unsafe fn keep(&self, block: NonNull<Block>, size: Size) -> bool {
        let bytes = self.bytes.get() + size.bytes();
        if bytes > KEPT {
            return false;
        }
        self.bytes.set(bytes);
        let next = self.first[size.0].replace(Some(block));
        // SAFETY: it is free, and large enough: `STEP` bytes at least.
        unsafe { block.write(Block { next }) };
        true
    }
}

impl Drop for Free {
    fn drop(&mut self) {
        for size in (0..SIZES).map(Size) {
            let layout = Layout::from_size_align(size.bytes(), ALIGN).expect("as when it came");
            while let Some(block) = self.take(size) {
                // SAFETY: it was allocated with this layout, since it is in this list.
                unsafe { dealloc(block.as_ptr().cast(), layout) };
            }
        }
    }
}

#[cfg(all(test, not(any(cede_loom, cede_shuttle, cede_tsan, cede_asan))))]
mod tests {
    use super::*;

    fn make<T>(value: T) -> NonNull<T> {
        let memory = allocate::<T>();
        // SAFETY: it is memory for one.
        unsafe { memory.write(value) };
        memory
    }

    fn end<T>(memory: NonNull<T>) {
        // SAFETY: what the tests end comes from `make`, and they end it once.
        unsafe { drop_and_release(memory) };
    }

    fn kept() -> usize {
        FREE.with(|free| free.bytes.get())
    }

    #[test]
    fn what_is_freed_is_used_again_by_its_size() {
        let first = make([1_u64; 5]);
        end(first);
        assert_eq!(kept(), 2 * STEP);
        let (other, same) = (make([2_u64; 3]), make([3_u64; 6]));
        assert_eq!(same.cast(), first, "40 and 48 bytes are of one size");
        assert_ne!(other.cast(), first);
        assert_eq!(kept(), 0);
        end(other);
        end(same);
    }

    #[test]
    fn a_thread_keeps_no_more_than_the_bound() {
        let blocks: Vec<_> = (0..2 * KEPT / 512).map(|n| make([n; 64])).collect();
        blocks.into_iter().for_each(end);
        assert_eq!(kept(), KEPT);
    }

    #[test]
    fn what_is_large_or_aligned_beyond_measure_is_not_kept() {
        #[repr(align(64))]
        struct Aligned([u8; 64]);
        let aligned = make(Aligned([7; 64]));
        assert!(aligned.addr().get() % 64 == 0);
        // SAFETY: it is there.
        assert_eq!(unsafe { aligned.as_ref() }.0[63], 7);
        end(aligned);
        end(make([0_u8; SIZES * STEP + 1]));
        assert_eq!(kept(), 0);
    }

    #[test]
    fn the_memory_comes_back_from_a_destructor_that_panics() {
        struct Booby([u64; 2]);
        impl Drop for Booby {
            fn drop(&mut self) {
                panic!("in a destructor with {:?}", self.0);
            }
        }
        let booby = make(Booby([1, 2]));
        assert!(std::panic::catch_unwind(move || end(booby)).is_err());
        assert_eq!(kept(), STEP);
    }
}
