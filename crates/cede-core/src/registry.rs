//! Who is alive on a backend.

use cede_sync::Mutex;
use slab::Slab;

use crate::current;
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
/// A backend has one, and need not look into it but to end what is left.
#[derive(Debug, Default)]
pub struct TaskSet {
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    tasks: Slab<TaskRef>,
    closed: bool,
}

impl TaskSet {
    /// A set without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tasks that are not done, in the order of their creation.
    pub fn all(&self) -> Vec<TaskRef> {
        let mut tasks: Vec<TaskRef> =
            self.list.lock().tasks.iter().map(|(_, task)| task.clone()).collect();
        tasks.retain(|task| !task.header().state.load().is_done());
        tasks.sort_unstable_by_key(|task| task.header().id);
        tasks
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.list.lock().tasks.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From now on no task can be created: its handle says that the backend is gone.
    pub fn close(&self) {
        self.list.lock().closed = true;
    }

    /// Puts in the task that `create` makes for its place. `create` calls nothing of the user's.
    pub(crate) fn insert<R>(&self, create: impl FnOnce(usize) -> (TaskRef, R)) -> (R, bool) {
        let mut list = self.list.lock();
        let closed = list.closed;
        if closed {
            drop(list);
            let (_, made) = create(usize::MAX);
            return (made, false);
        }
        let entry = list.tasks.vacant_entry();
        let (task, made) = create(entry.key());
        entry.insert(task);
        (made, true)
    }

    /// Takes a task out; to be dropped outside of any lock.
    pub(crate) fn remove(&self, slot: usize) -> Option<TaskRef> {
        self.list.lock().tasks.try_remove(slot)
    }
}

/// The current task, if it belongs to the backend that has `tasks`.
pub(crate) fn current_of(tasks: &TaskSet) -> Option<TaskRef> {
    current::current_task().filter(|task| std::ptr::eq(task.header().executor.tasks(), tasks))
}
