//! The memory of a task, and all of this crate's unsafe code.
//!
//! One allocation holds the *head*, which is alike for all tasks, and behind it the *stage*: first the future, then its value, then
//! nothing. Every handle is a pointer to the head and counts; the last that goes frees the memory. The rules in [the module above](super)
//! say who may touch the stage; each `SAFETY` comment cites one of them by its number.
#![allow(unsafe_code)]

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::task::{Context, Poll};

use cede_sync::UnsafeCell;

mod callback;
mod counted;
mod memory;
mod waker;

pub(crate) use callback::Callback;
pub(crate) use counted::{Counted, Pooled};

use crate::backend::Executor;
use crate::current::{self, ThreadToken};
use crate::guard;
use crate::task::header::Header;
use crate::task::runnable::{self, Runnable};
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
#[repr(transparent)]
pub struct TaskRef {
    /// Valid, and of a whole cell, as long as this lives: it counts in `Head::handles`.
    head: NonNull<Head>,
}

/// A task that is kept alive by whoever runs it on this thread. It exists as long as that, in the thread's context.
#[derive(Clone, Copy)]
pub(crate) struct Lent(NonNull<Head>);

/// The right to the stage of a task that is being run: there is one exactly while RUNNING is set.
pub(crate) struct Step<'a> {
    task: &'a TaskRef,
}

/// The typed half of a task: the right to its value, once it is done. There is one, made with the task, of its future's type.
pub(crate) struct Typed<T> {
    task: TaskRef,
    _value: PhantomData<T>,
}

/// The handle by which a task is run: there is one exactly while the task is woken and not running.
///
/// One pointer, also within an `Option`: what backends queue is as small as that.
///
/// # Dropping
///
/// Ends the task, which nobody will run any more.
#[repr(transparent)]
pub(crate) struct Token(TaskRef);

/// A new task, in the hands of those who need one.
pub(crate) struct Created<T> {
    pub(crate) runnable: Runnable,
    pub(crate) typed: Typed<T>,
    pub(crate) listed: TaskRef,
}

/// How many handles a new task has.
const CREATED: u32 = 3;

/// `repr(C)`: the head comes first, so that a pointer to the cell is one to the head.
#[repr(C)]
struct Cell<F: Future> {
    head: Head,
    /// Dropped only by the rules: a cell whose stage was never emptied leaks that, since this may be any thread.
    stage: UnsafeCell<ManuallyDrop<Stage<F>>>,
}

struct Head {
    /// How many handles there are, wakers and the `Runnable` among them. It only counts, as an `Arc` does: no model sees it.
    handles: AtomicU32,
    /// Made for the type of the cell that this is in.
    vtable: &'static Vtable,
    /// The thread that the stage belongs to, if it must not leave it.
    home: Option<ThreadToken>,
    header: Header,
}

enum Stage<F: Future> {
    Future(F),
    Value(F::Output),
    Empty,
}

/// What depends on the type of the future. Each is called with the head of a cell of that type, which is valid meanwhile.
struct Vtable {
    /// Polls the future; its value, if it gives one, takes its place. Rule 1: the caller has the step, on the task's home thread.
    poll: unsafe fn(NonNull<Head>, &mut Context<'_>) -> Poll<()>,
    /// Drops what the stage holds, in place. A panic of its destructor comes through; the stage is empty then. Rule 1, or rule 3: nobody
    /// else may touch the stage now or later.
    clear: unsafe fn(NonNull<Head>),
    /// A pointer to the value. Rule 2: the task is done with a value, the caller has its handle, and the value is still there.
    value: unsafe fn(NonNull<Head>) -> NonNull<()>,
    /// Moves the value to where an `Option` of it lies. As for `value`, and nobody has a reference to it.
    take: unsafe fn(NonNull<Head>, NonNull<()>),
    /// Frees the cell. Nobody has a handle any more.
    free: unsafe fn(NonNull<Head>),
}

// SAFETY: what is shared of a cell is its head, whose parts are `Send` and `Sync` by themselves, and the stage, which rules 1 to 3
// give to one owner at a time, on a thread where it may be: the step's thread (checked against `home` before each poll and
// drop, unless the future is `Send`), or that of the typed handle (which is `Send` and `Sync` only as its value is).
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Head>();
};

/// Makes a task of a future that may be polled on any thread.
pub(crate) fn create<F>(
    executor: Arc<dyn Executor>,
    created: &'static Location<'static>,
    future: F,
) -> Created<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    create_cell(executor, created, None, future)
}

/// Makes a task of a future that stays on the calling thread.
pub(crate) fn create_local<F>(
    executor: Arc<dyn Executor>,
    created: &'static Location<'static>,
    future: F,
) -> Created<F::Output>
where
    F: Future + 'static,
{
    create_cell(executor, created, Some(ThreadToken::current()), future)
}

#[inline]
fn create_cell<F: Future + 'static>(
    executor: Arc<dyn Executor>,
    created: &'static Location<'static>,
    home: Option<ThreadToken>,
    future: F,
) -> Created<F::Output> {
    // First, so that what follows is made in place.
    let cell = memory::allocate::<Cell<F>>();
    let header = Header::new(executor, created);
    let head = Head { handles: AtomicU32::new(CREATED), vtable: &Cell::<F>::VTABLE, home, header };
    let stage = UnsafeCell::new(ManuallyDrop::new(Stage::Future(future)));
    // SAFETY: it is memory for one, and nobody else's.
    unsafe { cell.write(Cell { head, stage }) };
    // These are the handles that `CREATED` counts.
    let [run, join, listed] = [(); CREATED as usize].map(|()| TaskRef { head: cell.cast() });
    let typed = Typed { task: join, _value: PhantomData };
    Created { runnable: Runnable::new(run), typed, listed }
}

impl<F: Future + 'static> Cell<F> {
    const VTABLE: Vtable = Vtable {
        poll: Self::poll,
        clear: Self::clear,
        value: Self::value,
        take: Self::take,
        free: Self::free,
    };

    /// # Safety
    ///
    /// The head is that of a cell of this type, which is valid for `'a`.
    unsafe fn stage<'a>(head: NonNull<Head>) -> &'a UnsafeCell<ManuallyDrop<Stage<F>>> {
        // SAFETY: by the caller, and since the pointer was made from one to the whole cell, in `create_cell`.
        unsafe { &(*head.cast::<Self>().as_ptr()).stage }
    }

    #[inline]
    unsafe fn poll(head: NonNull<Head>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: by the contract of the vtable.
        let stage = unsafe { Self::stage(head) };
        stage.with_mut(|stage| {
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

    #[inline]
    unsafe fn clear(head: NonNull<Head>) {
        // SAFETY: by the contract of the vtable.
        let stage = unsafe { Self::stage(head) };
        stage.with_mut(|stage| {
            // SAFETY: the caller has the stage to itself.
            let stage: &mut Stage<F> = unsafe { &mut *stage };
            // An assignment drops in place, and writes the new value also when the destructor of the old one panics.
            *stage = Stage::Empty;
        });
    }

    #[inline]
    unsafe fn value(head: NonNull<Head>) -> NonNull<()> {
        // SAFETY: by the contract of the vtable.
        let stage = unsafe { Self::stage(head) };
        stage.with(|stage| {
            // SAFETY: by rule 2 nobody writes to the stage while the handle is borrowed.
            let stage: &Stage<F> = unsafe { &*stage };
            match stage {
                Stage::Value(value) => NonNull::from(value).cast(),
                Stage::Future(_) | Stage::Empty => unreachable!("done with a value"),
            }
        })
    }

    #[inline]
    unsafe fn take(head: NonNull<Head>, place: NonNull<()>) {
        // SAFETY: by the contract of the vtable.
        let stage = unsafe { Self::stage(head) };
        let value = stage.with_mut(|stage| {
            // SAFETY: by rule 2, and no reference to the value lives.
            let stage: &mut Stage<F> = unsafe { &mut *stage };
            let Stage::Value(value) = stage else { unreachable!("done with a value") };
            // SAFETY: it is a valid value, and overwritten without being dropped.
            let value = unsafe { std::ptr::read(value) };
            // SAFETY: the reference is valid for writes.
            unsafe { std::ptr::write(stage, Stage::Empty) };
            value
        });
        // SAFETY: the caller says that an `Option` of this type lies there.
        unsafe { *place.cast::<Option<F::Output>>().as_ptr() = Some(value) };
    }

    unsafe fn free(head: NonNull<Head>) {
        // SAFETY: it comes from `create_cell`, and the caller had the last handle.
        unsafe { memory::drop_and_release(head.cast::<Self>()) };
    }
}

impl TaskRef {
    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: it is valid as long as this handle counts; nobody has a `&mut` to it before `free`.
        unsafe { self.head.as_ref() }
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        &self.head().header
    }

    /// May this thread run the task, and drop its parts?
    fn is_home(&self) -> bool {
        self.head().home.is_none_or(|home| home == ThreadToken::current())
    }

    pub(crate) fn same(&self, other: &TaskRef) -> bool {
        self.head == other.head
    }

    /// Runs `f` as code of this task: it is the current one.
    #[inline]
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        // The context is gone when `scoped` returns, and `self` lives longer.
        current::scoped(Some(current::Context::new(Lent(self.head))), f)
    }
}

impl Lent {
    pub(crate) fn task(&self) -> &TaskRef {
        // SAFETY: a `TaskRef` is such a pointer, `repr(transparent)`; this one is valid, since the task is kept alive as long as this exists.
        unsafe { &*(&raw const self.0).cast::<TaskRef>() }
    }
}

impl Clone for TaskRef {
    #[inline]
    fn clone(&self) -> Self {
        counted::count_up(&self.head().handles);
        TaskRef { head: self.head }
    }
}

impl Drop for TaskRef {
    #[inline]
    fn drop(&mut self) {
        if counted::count_down(&self.head().handles) {
            // SAFETY: this was the last handle, and the head is in a cell of the type that its vtable was made for.
            unsafe { (self.head().vtable.free)(self.head) }
        }
    }
}

impl Token {
    #[inline]
    pub(crate) fn new(task: TaskRef) -> Self {
        Token(task)
    }

    pub(crate) fn task(&self) -> &TaskRef {
        &self.0
    }

    /// It is a token no more.
    #[inline]
    pub(crate) fn use_up(self) -> TaskRef {
        let this = ManuallyDrop::new(self);
        // SAFETY: it is valid, and not used again: neither here nor by `drop`.
        unsafe { std::ptr::read(&raw const this.0) }
    }
}

impl Drop for Token {
    #[inline]
    fn drop(&mut self) {
        runnable::abandon(&self.0);
    }
}

impl<'a> Step<'a> {
    /// Begins a step of `task`, whose `Runnable` the caller has used up for it. `None`: this is not its thread.
    #[inline]
    pub(crate) fn begin(task: &'a TaskRef) -> Option<(Self, Snapshot)> {
        task.is_home().then(|| (Step { task }, task.header().state.start()))
    }

    #[inline]
    pub(crate) fn poll(&mut self) -> Poll<()> {
        let head = self.task.head;
        // SAFETY: it is not dropped, and goes out of use when this returns; `self.task` lives longer.
        let waker = unsafe { waker::of(self.task) };
        // SAFETY: rule 1: this is the step, and `begin` has checked the thread.
        unsafe { (self.task.head().vtable.poll)(head, &mut Context::from_waker(&waker)) }
    }

    /// Drops the future, or the value that it gave; a panic of its destructor comes out.
    #[inline]
    pub(crate) fn clear(&mut self) -> Result<(), Box<dyn Any + Send>> {
        // SAFETY: rule 1: this is the step, and `begin` has checked the thread.
        guard::catch(|| unsafe { (self.task.head().vtable.clear)(self.task.head) })
    }

    /// Ends the step, unless a request came meanwhile.
    pub(crate) fn suspend(&mut self) -> Suspend {
        self.task.header().state.suspend()
    }

    /// Ends the task, unless it has a value and a request came first.
    #[inline]
    pub(crate) fn finish(&mut self, end: End) -> Result<Snapshot, Snapshot> {
        let before = self.task.header().state.finish(end)?;
        if end == End::Value && !before.has_handle() {
            let head = self.task.head;
            // SAFETY: rule 3: the handle had gone before the task was done, so the value is the step's to drop; and `begin`
            // has checked the thread.
            guard::contain(|| unsafe { (self.task.head().vtable.clear)(head) });
        }
        Ok(before)
    }
}

impl<T> Typed<T> {
    pub(crate) fn task(&self) -> &TaskRef {
        &self.task
    }

    /// The value, if the task is done with one.
    #[inline]
    pub(crate) fn value(&self) -> Option<&T> {
        if !self.task.header().state.load().has_value() {
            return None;
        }
        // SAFETY: rule 2: this is the handle; `take` consumes it, so that the value is still there.
        let value = unsafe { (self.task.head().vtable.value)(self.task.head) };
        // SAFETY: it is a `T`, since this was made with the task, and whoever borrows the handle keeps it from being taken.
        Some(unsafe { value.cast().as_ref() })
    }

    /// Moves the value out, if the task is done with one.
    #[inline]
    pub(crate) fn take(self) -> Option<T> {
        if !self.task.header().state.load().has_value() {
            return None;
        }
        // The value goes with this, so there is nothing that `drop` should do but drop the handle.
        let this = ManuallyDrop::new(self);
        // SAFETY: it is not used again.
        let task = unsafe { std::ptr::read(&raw const this.task) };
        let mut value: Option<T> = None;
        // SAFETY: rule 2: this is the handle, and it was owned. `T` is the type of the value, since this was made with the task.
        unsafe { (task.head().vtable.take)(task.head, NonNull::from(&mut value).cast()) };
        value
    }
}

impl<T> Drop for Typed<T> {
    #[inline]
    fn drop(&mut self) {
        let state = &self.task.header().state;
        let mut now = state.load();
        if !now.is_done() {
            now = state.release_handle();
        }
        if now.has_value() {
            let head = self.task.head;
            // SAFETY: rule 3: the task was done with a value before the handle went, so that is the handle's to drop; on
            // this thread, for a handle is where its value may be.
            guard::contain(|| unsafe { (self.task.head().vtable.clear)(head) });
        }
    }
}
