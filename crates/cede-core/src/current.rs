//! Which task runs on this thread, which scope it is in, and which backend is at hand.

use std::cell::{Cell, RefCell};
use std::num::NonZeroU64;
use std::sync::Arc;

use cede_sync::{count_threads, local};

use crate::backend::Executor;
use crate::id::Label;
use crate::slots::Key;
use crate::task::{Lent, TaskRef};

local! {
    /// The task that is being polled, or whose parts are being dropped.
    static CURRENT: Cell<Option<Context>> = Cell::new(None);
    /// The backends that this thread has entered, the innermost last.
    static ENTERED: RefCell<Vec<Arc<dyn Executor>>> = RefCell::new(Vec::new());
    static THREAD: Cell<Option<ThreadToken>> = Cell::new(None);
}

/// A task at work on this thread.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    /// From whoever runs the task, for as long as this context is current: see [`scoped`].
    task: Lent,
    /// The innermost scope or critical that is being polled.
    scope: Option<Key>,
}

/// Names a thread, unlike its address or the system's number for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadToken(NonZeroU64);

/// A backend is the ambient one on this thread until this goes. Made by [`enter`].
#[must_use = "the backend is the ambient one until this is dropped"]
pub struct Entered {
    depth: usize,
    _not_send: std::marker::PhantomData<*const ()>,
}

/// The task that runs on this thread, or `None` outside any. asyncio's `current_task()`.
///
/// It is exact: in a destructor that runs because the task is being cancelled it is that task, in a done
/// callback it is `None`, and in a nested `block_on` of another library it is the task that called that.
///
/// # asyncio
///
/// [`asyncio.current_task`](https://docs.python.org/3/library/asyncio-task.html#asyncio.current_task); that raises
/// `RuntimeError` where no loop runs.
///
/// # Examples
///
/// ```
/// use cede::Task;
///
/// assert!(cede::current_task().is_none());
/// cede::run(async {
///     let task = cede::create_task(async { cede::current_task().unwrap().id() });
///     let id = task.id();
///     assert_eq!(task.await?, id);
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn current_task() -> Option<TaskRef> {
    with(|context| context.task().clone())
}

/// The backend at hand: that of the current task, or else the one that this thread has entered last.
///
/// # Examples
///
/// ```
/// assert!(cede::backend::ambient().is_none());
/// cede::run(async {
///     assert_eq!(cede::backend::ambient().unwrap().name(), "local");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[inline]
pub fn ambient() -> Option<Arc<dyn Executor>> {
    with(|context| Arc::clone(context.executor())).or_else(entered)
}

/// The backend that this thread has entered last.
#[cold]
fn entered() -> Option<Arc<dyn Executor>> {
    ENTERED.try_with(|entered| entered.borrow().last().cloned()).ok().flatten()
}

/// Makes `executor` the ambient backend of this thread, until the guard goes. For backends.
pub fn enter(executor: Arc<dyn Executor>) -> Entered {
    ENTERED.with(|entered| {
        let mut entered = entered.borrow_mut();
        entered.push(executor);
        Entered { depth: entered.len(), _not_send: std::marker::PhantomData }
    })
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let at = self.depth.min(entered.len()).saturating_sub(1);
            entered.split_off(at)
        });
        drop(left); // outside the borrow: dropping a backend may run anything
    }
}

impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entered").finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) fn new(task: Lent) -> Self {
        Context { task, scope: None }
    }

    pub(crate) fn task(&self) -> &TaskRef {
        self.task.task()
    }

    /// The backend of that task.
    pub(crate) fn executor(&self) -> &Arc<dyn Executor> {
        &self.task().header().executor
    }

    pub(crate) fn scope(&self) -> Option<Key> {
        self.scope
    }
}

impl ThreadToken {
    /// The calling thread's.
    pub(crate) fn current() -> Self {
        let fresh = || ThreadToken(NonZeroU64::new(count_threads()).expect("never wraps"));
        THREAD
            .try_with(|token| {
                token.get().unwrap_or_else(|| {
                    let new = fresh();
                    token.set(Some(new));
                    new
                })
            })
            // The thread is on its way out: a token that is nobody's.
            .unwrap_or_else(|_| fresh())
    }

    /// The number itself: threads that were started one after the other have successive ones.
    pub(crate) fn get(self) -> u64 {
        self.0.get()
    }
}

/// Runs `f` with `context` as what this thread is doing; `None` is "outside any task".
///
/// What was current before is current again when this returns or unwinds, and `context` is gone.
#[inline]
pub(crate) fn scoped<R>(context: Option<Context>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Context>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = CURRENT.try_with(|current| current.replace(self.0.take()));
        }
    }
    // Where the thread is being torn down and has no current task any more, there is nothing to restore either.
    let _restore = CURRENT.try_with(|current| Restore(current.replace(context)));
    f()
}

/// Runs `f` with `scope` as the innermost one of the current task.
pub(crate) fn in_scope<R>(scope: Key, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Key>);
    impl Drop for Restore {
        fn drop(&mut self) {
            set_scope(self.0);
        }
    }
    let _restore = Restore(set_scope(Some(scope)));
    f()
}

fn set_scope(scope: Option<Key>) -> Option<Key> {
    CURRENT
        .try_with(|current| {
            let context = current.get()?;
            current.set(Some(Context { scope, ..context }));
            context.scope
        })
        .ok()
        .flatten()
}

/// Looks at what this thread is doing; `None` outside any task. `f` calls nothing of the user's, but for the method of a backend.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Context) -> R) -> Option<R> {
    CURRENT.try_with(|current| current.get().as_ref().map(f)).ok().flatten()
}

/// Does code of a task run on this thread right now? A backend that gets a `Runnable` from such code knows that the thread goes on with that task
/// first.
///
/// # Examples
///
/// ```
/// assert!(!cede::backend::in_task());
/// cede::run(async { assert!(cede::backend::in_task()) })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn in_task() -> bool {
    with(|_| ()).is_some()
}

/// Does the code that runs here belong to `task`?
pub(crate) fn is_in(task: &TaskRef) -> bool {
    with(|context| context.task().same(task)).unwrap_or(false)
}

/// The same, and right inside `scope`?
pub(crate) fn is_at(task: &TaskRef, scope: Option<Key>) -> bool {
    with(|context| context.task().same(task) && context.scope == scope).unwrap_or(false)
}

/// How texts name the current task.
pub(crate) fn label() -> Option<Label> {
    with(|context| context.task().header().label())
}
