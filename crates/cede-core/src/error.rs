//! How a task can fail the one who asks for its result.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use cede_sync::Mutex;

use crate::cancel::Cancelled;
use crate::guard;
use crate::id::Label;

/// Why an awaited task gave no value.
///
/// # asyncio
///
/// Awaiting a task raises what ended it: `CancelledError`, or any other exception. A failure that a task
/// returns, as `Err`, is a value here.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, TaskError};
///
/// cede::run(async {
///     let task = cede::create_task(std::future::pending::<u32>());
///     task.cancel_with("not needed");
///     match task.await {
///         Err(TaskError::Cancelled(cancelled)) => assert_eq!(cancelled.message(), Some("not needed")),
///         other => panic!("{other:?}"),
///     }
/// })?;
/// # Ok::<(), TaskError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum TaskError {
    /// The task was cancelled.
    Cancelled(Cancelled),
    /// The task panicked.
    Panicked(Panicked),
    /// The task awaited itself, which could never have ended. It is not done: only this await failed.
    AwaitedItself(AwaitedItself),
}

/// Why [`Task::result`](crate::Task::result) gave no value.
///
/// # Examples
///
/// ```
/// use cede::{ResultError, Task};
///
/// cede::run(async {
///     let task = cede::create_task(async { 7 });
///     assert!(matches!(task.result(), Err(ResultError::InvalidState(_))));
///     cede::yield_now().await;
///     assert_eq!(task.result().unwrap(), &7);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum ResultError {
    /// The task is not done yet.
    InvalidState(InvalidState),
    /// The task was cancelled.
    Cancelled(Cancelled),
    /// The task panicked.
    Panicked(Panicked),
}

/// A result was asked for too early. asyncio's `InvalidStateError`.
#[derive(Clone)]
pub struct InvalidState {
    pub(crate) task: Label,
}

/// A task awaited itself. CPython raises a `RuntimeError` there.
#[derive(Clone)]
pub struct AwaitedItself {
    /// Boxed, so that no other outcome is as large.
    pub(crate) task: Box<Label>,
}

/// A panic that ended a task: its text, and its payload for the first who takes that.
#[derive(Clone)]
pub struct Panicked(Arc<Panic>);

struct Panic {
    task: Label,
    text: Box<str>,
    /// Its destructor is the user's, and may panic.
    payload: Mutex<Option<guard::Payload>>,
}

impl Panicked {
    pub(crate) fn new(task: Label, payload: guard::Payload) -> Self {
        let text = if let Some(text) = payload.downcast_ref::<&str>() {
            Box::from(*text)
        } else if let Some(text) = payload.downcast_ref::<String>() {
            Box::from(text.as_str())
        } else {
            Box::from("a payload that is not text")
        };
        Panicked(Arc::new(Panic { task, text, payload: Mutex::new(Some(payload)) }))
    }

    /// The panic's message, or a stand-in if the payload is not text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Takes the payload, for [`resume_unwind`](std::panic::resume_unwind) or a downcast. All clones share it, and
    /// it can be taken once.
    pub fn take_payload(&self) -> Option<Box<dyn Any + Send>> {
        self.0.take()
    }

    /// Goes on panicking here, with the same payload if it is still there, else with the text. The panic
    /// hook is not called again.
    ///
    /// # Panics
    ///
    /// Always; that is its purpose.
    pub fn resume(self) -> ! {
        let payload = self.take_payload().unwrap_or_else(|| Box::new(self.text().to_owned()));
        std::panic::resume_unwind(payload)
    }
}

impl Panic {
    fn take(&self) -> Option<guard::Payload> {
        self.payload.lock().take()
    }
}

impl Drop for Panic {
    fn drop(&mut self) {
        guard::discard(self.take());
    }
}

impl From<TaskError> for ResultError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Cancelled(cancelled) => ResultError::Cancelled(cancelled),
            TaskError::Panicked(panicked) => ResultError::Panicked(panicked),
            TaskError::AwaitedItself(AwaitedItself { task }) => {
                ResultError::InvalidState(InvalidState { task: *task })
            }
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Cancelled(cancelled) => cancelled.fmt(f),
            TaskError::Panicked(panicked) => panicked.fmt(f),
            TaskError::AwaitedItself(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for ResultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResultError::InvalidState(error) => error.fmt(f),
            ResultError::Cancelled(cancelled) => cancelled.fmt(f),
            ResultError::Panicked(panicked) => panicked.fmt(f),
        }
    }
}

impl fmt::Display for InvalidState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "task {:?} is not done, so it has no result yet; await it, or ask `done()` first",
            self.task
        )
    }
}

impl fmt::Display for AwaitedItself {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "task {:?} awaited itself, which could never end; leave out `current_task()` when you await a \
             list of tasks",
            self.task
        )
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {:?} panicked: {}", self.0.task, self.0.text)
    }
}

/// Errors are mostly met through `main` and `unwrap`, which print this: so it is the text.
macro_rules! debug_as_display {
    ($($error:ident),*) => {$(
        impl fmt::Debug for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($error))
            }
        }

        impl std::error::Error for $error {}
    )*};
}

debug_as_display!(TaskError, ResultError, InvalidState, AwaitedItself, Panicked);
