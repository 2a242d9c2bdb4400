//! The free blocks of the process: full lists, which threads bring and fetch.

use cede_sync::StaticMutex;

use super::list::{FULL, List};
use super::{SIZES, Size};

struct Depot {
    lists: [Vec<List>; SIZES],
    bytes: usize,
}

/// How many bytes there are at most: those of some hundred thousand small tasks. What would be more goes back to the allocator.
const MOST: usize = 16 * 1024 * 1024;

static DEPOT: StaticMutex<Depot> =
    StaticMutex::new(Depot { lists: [const { Vec::new() }; SIZES], bytes: 0 });

/// A full list.
pub(super) fn take(size: Size) -> Option<List> {
    let mut depot = DEPOT.lock();
    let full = depot.lists[size.0].pop()?;
    depot.bytes -= FULL * size.bytes();
    Some(full)
}

/// Takes a full list.
///
/// # Safety
///
/// Its blocks are of that size.
pub(super) unsafe fn put(full: List, size: Size) {
    debug_assert_eq!(full.len(), FULL);
    let mut depot = DEPOT.lock();
    let bytes = depot.bytes + FULL * size.bytes();
    if bytes <= MOST {
        depot.bytes = bytes;
        depot.lists[size.0].push(full);
    } else {
        drop(depot);
        // SAFETY: by the caller.
        unsafe { full.free(size) };
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
        // The largest: no test that runs beside this has so many.
        let size = Size(SIZES - 1);
        let lists = MOST / (FULL * size.bytes()) + 10;
        for _ in 0..lists {
            // SAFETY: it is of that size.
            unsafe { put(full(size), size) };
        }
        assert!(DEPOT.lock().bytes <= MOST);
        let kept = std::iter::from_fn(|| take(size));
        // SAFETY: it is of that size.
        let kept = kept.inspect(|list| unsafe { list.free(size) }).count();
        assert!(kept > 0 && kept < lists, "{kept} of {lists}");
    }
}
