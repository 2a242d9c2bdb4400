//! The memory of a task, and all of this crate's unsafe code.
//!
//! One allocation holds the header and the *stage*: first the future, then its value, then nothing. The rules in
//! [the module above](super) say who may touch the stage; each `SAFETY` comment cites one of them by its number.
#![allow(unsafe_code)]

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use cede_sync::UnsafeCell;

use crate::current::{self, ThreadToken};
use crate::guard;
use crate::task::header::Header;
use crate::task::runnable::Runnable;
use crate::task::state::{End, Snapshot, Suspend};

/// A task of any type: a handle that can be cloned, sent anywhere, compared and hashed.
///
/// It can do all that a [`JoinHandle`](crate::JoinHandle) can, but give away the value: its
/// [`result`](crate::Task::result) is `()`. Awaiting it, or a reference to it, waits for the end.
///
/// # Dropping
///
/// Dropping it does nothing to the task. The memory of a task goes with the last handle, its future and value before:
/// never on a thread that they don't belong to.
///
/// # asyncio
///
/// A reference to a [`Task`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task); two are equal if they
/// are the same task.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, Task};
///
/// cede::run(async {
///     let handle = cede::create_task(std::future::pending::<()>());
///     let task = handle.task_ref();
///     // Any thread may hold it.
///     std::thread::spawn(move || task.cancel()).join().unwrap();
///     assert!(handle.await.is_err());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone)]
pub struct TaskRef(Arc<dyn Erased>);

/// The right to the stage of a task that is being run: there is one exactly while RUNNING is set.
pub(crate) struct Step<'a> {
    task: &'a TaskRef,
}

/// The typed half of a task: the right to its value, once it is done.
pub(crate) struct Typed<T> {
    cell: Arc<dyn Valued<T>>,
    _value: PhantomData<T>,
}

struct Cell<F: Future> {
    header: Header,
    /// The thread that the stage belongs to, if it must not leave it.
    home: Option<ThreadToken>,
    /// Dropped only by the rules: a cell whose stage was never emptied leaks that, since this may be any thread.
    stage: UnsafeCell<ManuallyDrop<Stage<F>>>,
}

enum Stage<F: Future> {
    Future(F),
    Value(F::Output),
    Empty,
}

/// A cell without its type.
trait Erased: Send + Sync {
    fn header(&self) -> &Header;
    fn home(&self) -> Option<ThreadToken>;
    fn into_waker(self: Arc<Self>) -> Waker;

    /// Polls the future; its value, if it gives one, takes its place.
    ///
    /// # Safety
    ///
    /// Rule 1: the caller has the step, on the task's home thread.
    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops what the stage holds, in place. A panic of its destructor comes through; the stage is empty then.
    ///
    /// # Safety
    ///
    /// Rule 1, or rule 3: nobody else may touch the stage now or later.
    unsafe fn clear(&self);
}

/// A cell whose value is a `T`.
trait Valued<T>: Erased {
    fn erase(self: Arc<Self>) -> TaskRef;

    /// The value.
    ///
    /// # Safety
    ///
    /// Rule 2: the task is done with a value, the caller has its handle, and the value is still there.
    unsafe fn value(&self) -> &T;

    /// Moves the value out.
    ///
    /// # Safety
    ///
    /// As for `value`, and nobody has a reference to it.
    unsafe fn take(&self) -> Option<T>;
}

// SAFETY: what is shared of a cell is its header, which is `Send` and `Sync` by itself, and the stage, which rules 1 to 3
// give to one owner at a time, on a thread where it may be: the step's thread (checked against `home` before each poll and
// drop, unless the future is `Send`), or that of the handle (which is `Send` and `Sync` only as its value is).
unsafe impl<F: Future> Send for Cell<F> {}
// SAFETY: as above.
unsafe impl<F: Future> Sync for Cell<F> {}

/// Makes a task of a future that may be polled on any thread.
pub(crate) fn create<F>(header: Header, future: F) -> (Runnable, Typed<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    create_cell(header, None, future)
}

/// Makes a task of a future that stays on the calling thread.
pub(crate) fn create_local<F>(header: Header, future: F) -> (Runnable, Typed<F::Output>)
where
    F: Future + 'static,
{
    create_cell(header, Some(ThreadToken::current()), future)
}

fn create_cell<F: Future + 'static>(
    header: Header,
    home: Option<ThreadToken>,
    future: F,
) -> (Runnable, Typed<F::Output>) {
    let stage = UnsafeCell::new(ManuallyDrop::new(Stage::Future(future)));
    let cell = Arc::new(Cell { header, home, stage });
    let typed =
        Typed { cell: Arc::clone(&cell) as Arc<dyn Valued<F::Output>>, _value: PhantomData };
    (Runnable::new(TaskRef(cell)), typed)
}

impl<F: Future + 'static> Erased for Cell<F> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn home(&self) -> Option<ThreadToken> {
        self.home
    }

    fn into_waker(self: Arc<Self>) -> Waker {
        Waker::from(self)
    }

    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.stage.with_mut(|stage| {
            // SAFETY: by rule 1 nobody else touches the stage during this call.
            let stage: &mut Stage<F> = unsafe { &mut *stage };
            let Stage::Future(future) = stage else { unreachable!("polled after its end") };
            // SAFETY: the future lies in the heap, is never moved from there, and is dropped in place: by the assignment
            // below, or by `clear`.
            let future = unsafe { Pin::new_unchecked(future) };
            let value = std::task::ready!(future.poll(cx));
            *stage = Stage::Value(value);
            Poll::Ready(())
        })
    }

    unsafe fn clear(&self) {
        self.stage.with_mut(|stage| {
            // SAFETY: the caller has the stage to itself.
            let stage: &mut Stage<F> = unsafe { &mut *stage };
            // An assignment drops in place, and writes the new value also when the destructor of the old one panics.
            *stage = Stage::Empty;
        });
    }
}

impl<F: Future + 'static> Valued<F::Output> for Cell<F> {
    fn erase(self: Arc<Self>) -> TaskRef {
        TaskRef(self)
    }

    unsafe fn value(&self) -> &F::Output {
        self.stage.with(|stage| {
            // SAFETY: by rule 2 nobody writes to the stage while the reference lives.
            let stage: &Stage<F> = unsafe { &*stage };
            match stage {
                Stage::Value(value) => value,
                Stage::Future(_) | Stage::Empty => unreachable!("done with a value"),
            }
        })
    }

    unsafe fn take(&self) -> Option<F::Output> {
        self.stage.with_mut(|stage| {
            // SAFETY: by rule 2, and no reference to the value lives.
            let stage: &mut Stage<F> = unsafe { &mut *stage };
            match std::mem::replace(stage, Stage::Empty) {
                Stage::Value(value) => Some(value),
                Stage::Empty => None,
                // A future must not be moved; but there is none once the task is done.
                Stage::Future(_) => unreachable!("done with a value"),
            }
        })
    }
}

impl<F: Future + 'static> Wake for Cell<F> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.header.state.wake() {
            Runnable::schedule(&TaskRef(Arc::clone(self) as Arc<dyn Erased>));
        }
    }
}

impl TaskRef {
    pub(crate) fn header(&self) -> &Header {
        self.0.header()
    }

    /// May this thread run the task, and drop its parts?
    fn is_home(&self) -> bool {
        self.0.home().is_none_or(|home| home == ThreadToken::current())
    }

    /// Is `waker` this task's own?
    pub(crate) fn owns_waker(&self, waker: &Waker) -> bool {
        // Its data is the cell, which lives as long as this does: no other waker has that address.
        std::ptr::addr_eq(waker.data(), Arc::as_ptr(&self.0))
    }

    pub(crate) fn same(&self, other: &TaskRef) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }

    /// Runs `f` as code of this task: it is the current one.
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the context lives until `scoped` returns, and `self` longer.
        let task = unsafe { self.borrow() };
        current::scoped(Some(current::Context::new(task)), f)
    }

    /// A copy that does not count.
    ///
    /// # Safety
    ///
    /// It must not outlive `self`, and must not be dropped.
    unsafe fn borrow(&self) -> ManuallyDrop<TaskRef> {
        // SAFETY: the pointer comes from an `Arc` of this type; it is not dropped, so that the count stays right; and the
        // caller sees to it that the `Arc` which does count outlives it.
        ManuallyDrop::new(TaskRef(unsafe { Arc::from_raw(Arc::as_ptr(&self.0)) }))
    }
}

impl<'a> Step<'a> {
    /// Begins a step of `task`, whose `Runnable` the caller has used up for it. `None`: this is not its thread.
    pub(crate) fn begin(task: &'a TaskRef) -> Option<(Self, Snapshot)> {
        task.is_home().then(|| (Step { task }, task.header().state.start()))
    }

    pub(crate) fn poll(&mut self) -> Poll<()> {
        // SAFETY: the waker lives until the end of this function, and `self.task` longer.
        let task = unsafe { self.task.borrow() };
        let waker = ManuallyDrop::new(ManuallyDrop::into_inner(task).0.into_waker());
        // SAFETY: rule 1: this is the step, and `begin` has checked the thread.
        unsafe { self.task.0.poll(&mut Context::from_waker(&waker)) }
    }

    /// Drops the future, or the value that it gave; a panic of its destructor comes out.
    pub(crate) fn clear(&mut self) -> Result<(), Box<dyn Any + Send>> {
        // SAFETY: rule 1: this is the step, and `begin` has checked the thread.
        guard::catch(|| unsafe { self.task.0.clear() })
    }

    /// Ends the step, unless a request came meanwhile.
    pub(crate) fn suspend(&mut self) -> Suspend {
        self.task.header().state.suspend()
    }

    /// Ends the task, unless it has a value and a request came first.
    pub(crate) fn finish(&mut self, end: End) -> Result<Snapshot, Snapshot> {
        let before = self.task.header().state.finish(end)?;
        if end == End::Value && !before.has_handle() {
            // SAFETY: rule 3: the handle had gone before the task was done, so the value is the step's to drop; and `begin`
            // has checked the thread.
            guard::contain(|| unsafe { self.task.0.clear() });
        }
        Ok(before)
    }
}

impl<T> Typed<T> {
    pub(crate) fn header(&self) -> &Header {
        self.cell.header()
    }

    pub(crate) fn erase(&self) -> TaskRef {
        Arc::clone(&self.cell).erase()
    }

    /// The value, if the task is done with one.
    pub(crate) fn value(&self) -> Option<&T> {
        let done = self.header().state.load();
        // SAFETY: rule 2: this is the handle; `take` consumes it, so that the value is still there, and whoever borrows
        // the handle keeps it from being taken.
        done.has_value().then(|| unsafe { self.cell.value() })
    }

    /// Moves the value out, if the task is done with one.
    pub(crate) fn take(self) -> Option<T> {
        let done = self.header().state.load();
        // SAFETY: rule 2: this is the handle, and it is owned.
        if done.has_value() { unsafe { self.cell.take() } } else { None }
    }
}

impl<T> Drop for Typed<T> {
    fn drop(&mut self) {
        let before = self.header().state.release_handle();
        if before.has_value() {
            // SAFETY: rule 3: the task was done with a value before the handle went, so that is the handle's to drop; on
            // this thread, for a handle is where its value may be.
            guard::contain(|| unsafe { self.cell.clear() });
        }
    }
}
