//! Where the memory of cells comes from, and goes to: what is freed is used again.
//!
//! Tasks are made and ended all the time, and a general allocator is a good part of what that costs. So each thread has a [`magazine`] of free blocks for
//! each size, and the process has a [`depot`] of full lists of them, up to a bound: where one thread makes the tasks that another ends, the memory
//! goes round by it. Under a sanitizer and in loom's models nothing is kept: they are to see each block come and go.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

mod depot;
mod list;
mod magazine;

use list::Block;

/// Blocks are of so many bytes, or twice as many, and so on.
const STEP: usize = 16;

/// How many sizes there are. What is larger is not kept.
const SIZES: usize = 48;

/// No alignment above this is asked of a block that is kept.
const ALIGN: usize = 16;

/// Is anything kept?
const KEEPS: bool = !cfg!(any(cede_loom, cede_shuttle, cede_tsan, cede_asan));

/// Which list a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size(usize);

/// Memory for a `T`, not initialized.
pub(super) fn allocate<T>() -> NonNull<T> {
    let kept = const { Size::of::<T>() }.and_then(magazine::take);
    kept.map_or_else(new::<T>, NonNull::cast)
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
    // SAFETY: by the caller it is a free block of that size.
    let keep = |size| unsafe { magazine::keep(memory.cast::<Block>(), size) };
    if !const { Size::of::<T>() }.is_some_and(keep) {
        // SAFETY: by the caller, and it is kept nowhere.
        unsafe { dealloc(memory.as_ptr().cast(), const { layout::<T>() }) };
    }
}

fn new<T>() -> NonNull<T> {
    const { assert!(size_of::<T>() > 0) };
    let layout = const { layout::<T>() };
    // SAFETY: the size is not zero.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory.cast()).unwrap_or_else(|| handle_alloc_error(layout))
}

impl Size {
    /// `None`: blocks of this type are not kept.
    const fn of<T>() -> Option<Self> {
        let steps = size_of::<T>().div_ceil(STEP);
        if KEEPS && steps >= 1 && steps <= SIZES && align_of::<T>() <= ALIGN {
            Some(Size(steps - 1))
        } else {
            None
        }
    }

    const fn bytes(self) -> usize {
        (self.0 + 1) * STEP
    }

    /// What a block of it is to the allocator.
    const fn layout(self) -> Layout {
        match Layout::from_size_align(self.bytes(), ALIGN) {
            Ok(layout) => layout,
            Err(_) => panic!("a power of two, and far from the limit"),
        }
    }
}

/// What a block for a `T` is to the allocator.
const fn layout<T>() -> Layout {
    match Size::of::<T>() {
        Some(size) => size.layout(),
        None => Layout::new::<T>(),
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

    #[test]
    fn what_is_freed_is_used_again_by_its_size() {
        let first = make([1_u64; 5]);
        end(first);
        let (other, same) = (make([2_u64; 3]), make([3_u64; 6]));
        assert_eq!(same.cast(), first, "40 and 48 bytes are of one size");
        assert_ne!(other.cast(), first);
        end(other);
        end(same);
    }

    #[test]
    fn what_is_large_or_aligned_beyond_measure_is_not_kept() {
        #[repr(align(64))]
        struct Aligned([u8; 64]);
        assert_eq!(Size::of::<Aligned>(), None);
        let aligned = make(Aligned([7; 64]));
        assert!(aligned.addr().get() % 64 == 0);
        // SAFETY: it is there.
        assert_eq!(unsafe { aligned.as_ref() }.0[63], 7);
        end(aligned);
        assert_eq!(Size::of::<[u8; SIZES * STEP + 1]>(), None);
        end(make([0_u8; SIZES * STEP + 1]));
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
        let again = make([0_u8; 8]);
        assert_eq!(again.cast(), booby);
        end(again);
    }

    #[test]
    fn what_one_thread_makes_and_another_ends_goes_round() {
        // Of a size that no other test has.
        type Piece = [u8; 700];
        let made: Vec<usize> =
            (0..4 * list::FULL).map(|_| make::<Piece>([0; 700]).addr().get()).collect();
        let ended = made.clone();
        let end_all = move || {
            for at in ended {
                end(NonNull::new(at as *mut Piece).unwrap());
            }
        };
        std::thread::spawn(end_all).join().unwrap();
        let again: Vec<_> = (0..2 * list::FULL).map(|_| make::<Piece>([1; 700])).collect();
        assert!(again.iter().all(|piece| made.contains(&piece.addr().get())));
        again.into_iter().for_each(end);
    }
}
