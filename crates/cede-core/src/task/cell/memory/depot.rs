//! The free blocks of the process: full lists, which threads bring and fetch.

use std::sync::atomic::{AtomicBool, Ordering};

use cede_sync::StaticMutex;

use super::list::{FULL, List};
use super::{SIZES, Size};

struct Depot {
    lists: [Vec<List>; SIZES],
    bytes: usize,
}

/// Is there any of a size? Only a hint, lest threads that make tasks meet at an empty depot for each.
static HAS: [AtomicBool; SIZES] = [const { AtomicBool::new(false) }; SIZES];

/// How many bytes there are at most: those of some hundred thousand small tasks. What would be more goes back to the allocator.
const MOST: usize = 16 * 1024 * 1024;

static DEPOT: StaticMutex<Depot> = StaticMutex::new(Depot::new());

/// A full list.
pub(super) fn take(size: Size) -> Option<List> {
    if !HAS[size.0].load(Ordering::Relaxed) {
        return None;
    }
    let mut depot = DEPOT.lock();
    let full = depot.take(size);
    HAS[size.0].store(!depot.lists[size.0].is_empty(), Ordering::Relaxed);
    full
}

/// Takes a full list.
///
/// # Safety
///
/// Its blocks are of that size.
pub(super) unsafe fn put(full: List, size: Size) {
    debug_assert_eq!(full.len(), FULL);
    let mut depot = DEPOT.lock();
    let refused = depot.put(full, size);
    HAS[size.0].store(!depot.lists[size.0].is_empty(), Ordering::Relaxed);
    drop(depot);
    if let Some(refused) = refused {
        // SAFETY: by the caller.
        unsafe { refused.free(size) };
    }
}

impl Depot {
    const fn new() -> Self {
        Depot { lists: [const { Vec::new() }; SIZES], bytes: 0 }
    }

    fn take(&mut self, size: Size) -> Option<List> {
        let full = self.lists[size.0].pop()?;
        self.bytes -= FULL * size.bytes();
        Some(full)
    }

    /// What comes back is too much.
    fn put(&mut self, full: List, size: Size) -> Option<List> {
        let bytes = self.bytes + FULL * size.bytes();
        if bytes > MOST {
            return Some(full);
        }
        self.bytes = bytes;
        self.lists[size.0].push(full);
        None
    }
}

#[cfg(all(test, not(any(cede_loom, cede_shuttle, cede_tsan, cede_asan))))]
mod tests {
    use std::alloc::alloc;
    use std::ptr::NonNull;

    use super::*;

    fn full(size: Size) -> List {
        let list = List::new();
        for _ in 0..FULL {
            // SAFETY: the size is not zero.
            let block = unsafe { alloc(size.layout()) };
            // SAFETY: it is of that size, and nobody else has it.
            unsafe { list.push(NonNull::new(block.cast()).unwrap()) };
        }
        list
    }

    #[test]
    fn it_keeps_no_more_than_the_bound() {
        let size = Size(SIZES - 1);
        let lists = MOST / (FULL * size.bytes());
        let mut depot = Depot::new();
        let refused: Vec<_> = (0..lists + 10).filter_map(|_| depot.put(full(size), size)).collect();
        assert_eq!(refused.len(), 10);
        let kept: Vec<_> = std::iter::from_fn(|| depot.take(size)).collect();
        assert_eq!((kept.len(), depot.bytes), (lists, 0));
        for list in kept.iter().chain(&refused) {
            // SAFETY: it is of that size.
            unsafe { list.free(size) };
        }
    }
}
