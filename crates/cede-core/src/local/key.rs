//! `TaskLocal`: the key of a value.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::local::scope::LocalScope;
use crate::local::values::Key;
use crate::local::{swap, value};

/// A variable of which every task has its own. It is declared as a `static`.
///
/// A task begins without a value; or, if the key is an [`inherited`](TaskLocal::inherited) one, with that of the task by which it is created. It is the
/// same value then, not a copy; to [`set`](TaskLocal::set) another one is nobody else's business. There is room for values only in tasks that have
/// some: the others don't pay for it.
///
/// A value may be dropped on any thread and be shared by tasks, so it is `Send` and `Sync`, also on a backend with one thread.
///
/// # Dropping
///
/// A task's values are dropped when it ends: after its future, and before it is done. A destructor runs on the task's thread, with the task as the
/// current one.
///
/// # asyncio
///
/// [`contextvars.ContextVar`](https://docs.python.org/3/library/contextvars.html), which every task inherits; there it goes along into threads and callbacks as well.
///
/// # Examples
///
/// ```
/// use cede::TaskLocal;
///
/// static REQUEST: TaskLocal<u64> = TaskLocal::inherited();
/// static ATTEMPT: TaskLocal<u32> = TaskLocal::new();
///
/// cede::run(async {
///     REQUEST.set(17);
///     ATTEMPT.set(1);
///     let child = cede::create_task(async {
///         let before = (REQUEST.get(), ATTEMPT.get());
///         REQUEST.set(18);
///         before
///     });
///     assert_eq!(child.await?, (Some(17), None));
///     assert_eq!(REQUEST.get(), Some(17)); // each has its own
///     Ok::<(), cede::TaskError>(())
/// })??;
/// assert_eq!(REQUEST.get(), None); // outside any task there is none
/// # Ok::<(), cede::TaskError>(())
/// ```
///
/// A value must be `Send` and `Sync`:
///
/// ```compile_fail
/// static COUNT: cede::TaskLocal<std::rc::Rc<u32>> = cede::TaskLocal::new();
/// COUNT.set(std::rc::Rc::new(1));
/// ```
#[doc(alias = "task_local")]
#[doc(alias = "ContextVar")]
pub struct TaskLocal<T: 'static> {
    /// Given when it is first needed.
    id: AtomicU64,
    inherits: bool,
    _value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> TaskLocal<T> {
    /// A variable that no task inherits.
    #[expect(clippy::new_without_default, reason = "it is for a `static`, which has no defaults")]
    pub const fn new() -> Self {
        TaskLocal { id: AtomicU64::new(0), inherits: false, _value: PhantomData }
    }

    /// A variable that a task inherits from the one that creates it, with the value of that moment.
    pub const fn inherited() -> Self {
        TaskLocal { id: AtomicU64::new(0), inherits: true, _value: PhantomData }
    }

    /// Gives the current task a value. The one that it had is dropped.
    ///
    /// In the destructor of another value, at the task's end, it is too late for that: the value is dropped.
    ///
    /// # Panics
    ///
    /// Outside any task.
    ///
    /// # asyncio
    ///
    /// [`ContextVar.set`](https://docs.python.org/3/library/contextvars.html#contextvars.ContextVar.set).
    #[track_caller]
    pub fn set(&self, value: T) {
        assert!(
            swap(self.key(), Some(Arc::new(value))).is_ok(),
            "`TaskLocal::set` needs a task to give the value to: call it inside one"
        );
    }

    /// Takes the current task's value away, and drops it. Does nothing if there is none.
    pub fn unset(&self) {
        let before = swap(self.key(), None);
        drop(before);
    }

    /// Calls `f` with the current task's value. `None`: it has none, or there is no task here.
    ///
    /// The value stays as it is until `f` returns, even if that sets another one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cede::TaskLocal;
    /// static USER: TaskLocal<String> = TaskLocal::new();
    ///
    /// cede::run(async {
    ///     assert_eq!(USER.with(String::len), None);
    ///     USER.set("Guido".to_string());
    ///     assert_eq!(USER.with(String::len), Some(5));
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        let value = value(self.key())?.downcast::<T>().ok()?;
        Some(f(&value))
    }

    /// A clone of the current task's value. `None`: it has none, or there is no task here.
    ///
    /// # asyncio
    ///
    /// [`ContextVar.get`](https://docs.python.org/3/library/contextvars.html#contextvars.ContextVar.get), which raises `LookupError`.
    pub fn get(&self) -> Option<T>
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Runs `future` with `value`; afterwards the task has again what it had before. Code beside it in the same task, in another arm of a `join!` say, never
    /// sees the value.
    ///
    /// # Dropping
    ///
    /// Drops `future`, whose destructors see the value, and then the value.
    ///
    /// # Cancel safety
    ///
    /// That of `future`.
    ///
    /// # Panics
    ///
    /// If it is polled outside any task.
    ///
    /// # Examples
    ///
    /// ```
    /// # use cede::TaskLocal;
    /// static DEPTH: TaskLocal<u32> = TaskLocal::new();
    ///
    /// cede::run(async {
    ///     DEPTH.set(1);
    ///     let inside = DEPTH.scope(2, async {
    ///         cede::yield_now().await;
    ///         DEPTH.get()
    ///     });
    ///     assert_eq!(inside.await, Some(2));
    ///     assert_eq!(DEPTH.get(), Some(1));
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn scope<F: IntoFuture>(&self, value: T, future: F) -> LocalScope<F::IntoFuture> {
        LocalScope::new(self.key(), Arc::new(value), future.into_future())
    }

    fn key(&self) -> Key {
        Key::of(&self.id, self.inherits)
    }
}

impl<T> fmt::Debug for TaskLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = std::any::type_name::<T>();
        f.debug_struct("TaskLocal")
            .field("value", &format_args!("{value}"))
            .field("inherits", &self.inherits)
            .finish_non_exhaustive()
    }
}
