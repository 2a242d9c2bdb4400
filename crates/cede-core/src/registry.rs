//! Who is alive on a backend.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use cede_sync::{Mutex, local};
use slab::Slab;

use crate::current::{self, ThreadToken};
use crate::id::TaskId;
use crate::task::TaskRef;

/// Who is alive on a backend, and who is running.
///
/// Every [`Executor`](crate::Executor) is one.
///
/// # Examples
///
/// ```
/// use cede::Registry;
///
/// cede::run(async {
///     let backend = cede::backend::ambient().unwrap();
///     let task = cede::create_task(async {});
///     assert_eq!(backend.all_tasks().len(), 2); // this one and that one
///     assert_eq!(backend.current_task(), cede::current_task());
///     task.await
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub trait Registry {
    /// The tasks that are not done, in the order of their creation.
    ///
    /// Promised: a task that was alive during the whole call is in the list, and one that was done before it is not. Not
    /// promised: anything about a task that was created or ended meanwhile. May be called from any thread.
    ///
    /// # asyncio
    ///
    /// [`asyncio.all_tasks`](https://docs.python.org/3/library/asyncio-task.html#asyncio.all_tasks), which gives a set.
    fn all_tasks(&self) -> Vec<TaskRef>;

    /// The task of this backend that runs on the calling thread, if one does.
    ///
    /// # asyncio
    ///
    /// [`asyncio.current_task(loop)`](https://docs.python.org/3/library/asyncio-task.html#asyncio.current_task).
    fn current_task(&self) -> Option<TaskRef>;
}

/// The tasks of a backend: each from its creation until it is done. It keeps them alive for that long (R9).
///
/// A backend has one, and need not look into it but to end what is left. It is made of shards, each behind a lock of its own: a thread creates some
/// tasks in one of them, then some in the next, and others start elsewhere. So threads that create tasks seldom meet at a lock, and neither do one that
/// creates them and one that ends them.
#[derive(Debug)]
pub struct TaskSet {
    /// As many as a power of two.
    shards: Box<[Mutex<Shard>]>,
}

/// The place of a task in its set, or none. It is written once, before anybody can run the task.
#[derive(Debug)]
pub(crate) struct Slot(AtomicU32);

#[derive(Debug, Default)]
struct Shard {
    tasks: Slab<TaskRef>,
    closed: bool,
}

/// So many shards are there for a thread.
const SHARDS: usize = 8;

/// So many tasks in a row are created in one shard: its lock is in the cache of whoever creates them, and later of whoever ends them.
const ROW: u64 = 64;

local! {
    /// How many tasks this thread has created where there are shards.
    static CREATED: Cell<u64> = Cell::new(0);
}

impl TaskSet {
    /// A set without tasks, for a backend on one thread.
    pub fn new() -> Self {
        Self::for_threads(1)
    }

    /// A set without tasks, for a backend that runs them on so many threads.
    pub fn for_threads(threads: usize) -> Self {
        let shards = if threads == 1 { 1 } else { (SHARDS * threads).next_power_of_two() };
        TaskSet { shards: (0..shards).map(|_| Mutex::default()).collect() }
    }

    /// The tasks that are not done, in the order of their creation.
    pub fn all(&self) -> Vec<TaskRef> {
        // Each is looked at once, and where the caches are too small that is all that costs.
        let alive = |(_, task): (usize, &TaskRef)| {
            let header = task.header();
            (!header.state.load().is_done()).then(|| (header.id, task.clone()))
        };
        // One shard after the other: who is alive all the time is in its own when that is looked at.
        let mut tasks: Vec<(TaskId, TaskRef)> = Vec::new();
        for shard in &self.shards {
            tasks.extend(shard.lock().tasks.iter().filter_map(alive));
        }
        tasks.sort_unstable_by_key(|(id, _)| *id);
        tasks.into_iter().map(|(_, task)| task).collect()
    }

    /// How many tasks there are. Those that are created or end meanwhile count or do not.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().tasks.len()).sum()
    }

    /// Are there none? Of a set that is closed, this is true for ever once it is.
    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.lock().tasks.is_empty())
    }

    /// From now on no task can be created: its handle says that the backend is gone.
    pub fn close(&self) {
        for shard in &self.shards {
            shard.lock().closed = true;
        }
    }

    /// Puts a new task in. `Err`: the set is closed.
    #[inline]
    pub(crate) fn insert(&self, task: TaskRef) -> Result<(), TaskRef> {
        let at = self.next_shard();
        let mut shard = self.shards[at].lock();
        if shard.closed {
            return Err(task);
        }
        let entry = shard.tasks.vacant_entry();
        let slot = u32::try_from(entry.key() * self.shards.len() + at);
        task.header().slot.set(slot.expect("no machine holds 2^32 tasks"));
        entry.insert(task);
        Ok(())
    }

    /// Takes a task out that is done; to be dropped outside of any lock.
    #[inline]
    pub(crate) fn remove(&self, task: &TaskRef) -> Option<TaskRef> {
        let slot = task.header().slot.get()? as usize;
        // They are a power of two, so this is a division, but for what one costs.
        let (key, at) =
            (slot >> self.shards.len().trailing_zeros(), slot & (self.shards.len() - 1));
        self.shards[at].lock().tasks.try_remove(key)
    }

    /// Where the next task of this thread goes.
    #[inline]
    fn next_shard(&self) -> usize {
        let mask = self.shards.len() as u64 - 1;
        if mask == 0 {
            return 0;
        }
        let own = ThreadToken::current().get().wrapping_mul(SHARDS as u64);
        let created = CREATED.try_with(|created| created.replace(created.get().wrapping_add(1)));
        let row = created.unwrap_or(0) / ROW;
        usize::try_from(own.wrapping_add(row) & mask).expect("there are so many")
    }
}

impl Slot {
    const NONE: u32 = u32::MAX;

    pub(crate) fn new() -> Self {
        Slot(AtomicU32::new(Slot::NONE))
    }

    fn set(&self, slot: u32) {
        self.0.store(slot, Ordering::Relaxed);
    }

    fn get(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|slot| *slot != Slot::NONE)
    }
}

impl Default for TaskSet {
    fn default() -> Self {
        Self::new()
    }
}

/// The current task, if it belongs to the backend that has `tasks`.
pub(crate) fn current_of(tasks: &TaskSet) -> Option<TaskRef> {
    current::current_task().filter(|task| std::ptr::eq(task.header().executor.tasks(), tasks))
}
