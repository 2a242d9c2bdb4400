//! A task: what it is to those who hold it.
//!
//! # The rules of the stage
//!
//! One cell holds a task: its header, which everybody shares, and its *stage* (the future, then the value, then
//! nothing), which these rules give to one owner at a time:
//!
//! 1. While RUNNING is set, the stage belongs to the one `Step`. There is one exactly then, since only the
//!    `Runnable`, of which there is one exactly while WOKEN is set and RUNNING is not, begins a step, and only the step
//!    ends it.
//! 2. Once VALUE is set, the stage belongs to the typed handle, if that is alive: HANDLE was set when VALUE was.
//! 3. If the handle had gone before VALUE was set, the value is the last step's to drop. If it goes afterwards, the
//!    value is the handle's to drop. HANDLE and VALUE lie in one word, so exactly one of the two is the case.
//! 4. A future or value that is not `Send` is touched on its own thread only: the step checks the thread, and the
//!    handle is `Send` only if the value is. If it must end elsewhere, it is leaked.
//! 5. A `TaskRef` never touches the stage, and the memory of a cell goes without dropping what the stage may still hold.
//!
//! `state` has the picture of the state machine, `cell` all unsafe code, `runnable` the steps, `awaiting` what every
//! await of a task has in common.

mod awaiting;
mod builder;
mod cell;
pub(crate) mod control;
mod erased;
mod handle;
pub(crate) mod header;
mod runnable;
pub(crate) mod state;

pub(crate) use awaiting::Awaiting;
pub use awaiting::outcome_of;
pub use builder::{Prepared, TaskBuilder};
pub use cell::TaskRef;
pub(crate) use cell::{Callback, Counted, Lent, Pooled};
pub use erased::{CancelAndWait, Ended};
pub use handle::{Join, JoinHandle, JoinRef};
pub use runnable::{Runnable, Running};

use std::panic::Location;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::current;
use crate::error::ResultError;
use crate::id::TaskId;

/// A task, by whichever handle: who it is, how it is, how it ended.
///
/// Implemented by [`JoinHandle`] and [`TaskRef`], and not meant to be implemented elsewhere. Code that is generic over it
/// works with every backend.
///
/// # Examples
///
/// ```
/// use cede::Task;
///
/// fn report(task: &impl Task) -> String {
///     format!("{} is {}", task.name(), if task.done() { "done" } else { "under way" })
/// }
///
/// cede::run(async {
///     let task = cede::TaskBuilder::new().name("fetch").create_task(async {});
///     assert_eq!(report(&task), "fetch is under way");
///     cede::yield_now().await;
///     assert_eq!(report(&task.task_ref()), "fetch is done");
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub trait Task: Cancel {
    /// What [`result`](Task::result) borrows: the value for a [`JoinHandle`], `()` for a [`TaskRef`].
    type Output: ?Sized;

    /// The task, whatever its type.
    fn as_task(&self) -> &TaskRef;

    /// A type-erased handle of the same task.
    fn task_ref(&self) -> TaskRef {
        self.as_task().clone()
    }

    /// The outcome, if the task is done. It can be asked for any number of times, and counts as looking at a failure.
    ///
    /// # Errors
    ///
    /// [`ResultError::InvalidState`] while the task is not done; `Cancelled` or `Panicked` if it ended so.
    ///
    /// # asyncio
    ///
    /// [`Task.result`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.result). The message of a cancelled task is
    /// there for everybody who asks, not only for the first.
    fn result(&self) -> Result<&Self::Output, ResultError>;

    /// The task's number.
    fn id(&self) -> TaskId {
        self.as_task().header().id
    }

    /// The task's name: the one that it was given, or `Task-` and its id.
    fn name(&self) -> String {
        self.as_task().header().label().to_string()
    }

    /// Gives the task another name. asyncio's `set_name`.
    fn set_name(&self, name: impl Into<Arc<str>>)
    where
        Self: Sized,
    {
        let name = name.into();
        self.as_task().header().set_name(name);
    }

    /// Is this the task that runs here? For leaving oneself out: `tasks.retain(|task| !task.is_current())`.
    fn is_current(&self) -> bool {
        current::is_in(self.as_task())
    }

    /// Where in the source the task was created.
    fn location(&self) -> &'static Location<'static> {
        self.as_task().header().created
    }

    /// Has the task ended: with a value, cancelled, or by a panic? Its future is dropped then.
    #[doc(alias = "is_finished")]
    fn done(&self) -> bool {
        self.as_task().header().state.load().is_done()
    }

    /// Calls `callback` when the task is done, outside any task, on the thread where the task ends. If it is done already, the callback
    /// waits for its turn in the backend's queue, and there is no id to take it back by. Callbacks and awaiters come in the order in which
    /// they were added.
    ///
    /// # Panics
    ///
    /// This does not. A panic of `callback` is contained.
    ///
    /// # asyncio
    ///
    /// [`Task.add_done_callback`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.add_done_callback), where the
    /// callback always waits for its turn in the loop's queue.
    fn add_done_callback(
        &self,
        callback: impl FnOnce(&TaskRef) + Send + 'static,
    ) -> Option<CallbackId>
    where
        Self: Sized,
    {
        erased::add_done_callback(self.as_task(), Callback::new(callback))
    }

    /// Takes a callback back. False: it has been called, or is being called.
    fn remove_done_callback(&self, id: CallbackId) -> bool {
        self.as_task().header().unwatch(id.0).is_some()
    }

    /// Ends the task without asking: its future is dropped as soon as it is not being polled, scopes and all. The last resort.
    /// False if and only if the task is done.
    ///
    /// It goes through [`critical`](crate::critical), and to nobody but this task. The task ends cancelled, for
    /// [`Reason::Abort`](crate::Reason::Abort).
    ///
    /// # asyncio
    ///
    /// There is nothing like it.
    #[track_caller]
    fn abort(&self) -> bool {
        erased::abort(self.as_task())
    }

    /// Asks the task to stop, at once; the future waits until it has truly ended, its future dropped.
    ///
    /// [`CancelAndWait::grace`] bounds the wait. A request to the waiting task ends the wait, and is not forwarded.
    ///
    /// # Errors
    ///
    /// How the task ended: `Ok` if it refused and returned a value, mostly
    /// [`TaskError::Cancelled`](crate::TaskError::Cancelled).
    ///
    /// # asyncio
    ///
    /// `task.cancel()`, then awaiting it within `try: … except CancelledError`, where the two requests, to the one task and to the
    /// other, can't be told apart.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Cancel, Task, TaskError};
    ///
    /// cede::run(async {
    ///     let task = cede::create_task(std::future::pending::<()>());
    ///     assert!(matches!(task.cancel_and_wait().await, Err(TaskError::Cancelled(_))));
    ///     assert!(task.cancelled());
    /// })?;
    /// # Ok::<(), TaskError>(())
    /// ```
    #[track_caller]
    fn cancel_and_wait(&self) -> CancelAndWait {
        CancelAndWait::new(self.task_ref())
    }
}

/// Names a done callback of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackId(crate::slots::Key);
