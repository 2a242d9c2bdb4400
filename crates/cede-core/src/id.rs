//! Who a task is: its number, and the label that errors name it by.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of a task, unique in this process and never used again.
///
/// A later task has a greater number, so sorting by it gives the order of creation.
///
/// # Examples
///
/// ```
/// cede::run(async {
///     let first = cede::create_task(async {});
///     let second = cede::create_task(async {});
///     assert!(cede::Task::id(&first) < cede::Task::id(&second));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(NonZeroU64);

impl TaskId {
    #[inline]
    pub(crate) fn next() -> Self {
        // Not part of any model: the number only has to be new, and std's atomic sees to that.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        TaskId(NonZeroU64::new(id).expect("2^64 tasks take centuries"))
    }

    /// The number itself.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({})", self.0)
    }
}

/// How texts name a task: its id and the name it was given, detached from the task itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) id: TaskId,
    pub(crate) name: Option<Arc<str>>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "Task-{}", self.id),
        }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}
