//! The hook for failures that nobody looked at (R8).

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use cede_sync::StaticMutex;

use crate::error::TaskError;
use crate::guard;
use crate::id::{Label, TaskId};
use crate::task::TaskRef;

/// A failure that nobody looked at: the task is done, and its last handle has gone.
pub struct Unobserved {
    pub(crate) task: Label,
    pub(crate) created: &'static Location<'static>,
    pub(crate) error: Option<TaskError>,
}

type Hook = Arc<dyn Fn(&Unobserved) + Send + Sync>;

static HOOK: StaticMutex<Option<Hook>> = StaticMutex::new(None);

/// Replaces what is done about a panic of a task that nobody ever looked at.
///
/// The hook is called when the last handle of such a task goes, on the thread where it goes. By default the
/// failure is a `tracing` error if a subscriber listens (with the `tracing` feature), and else a line on
/// standard error. Awaiting the task, or asking for its result, counts as looking; `done()` does not.
///
/// # Panics
///
/// This function does not. A panic of the hook itself is contained.
///
/// # asyncio
///
/// [`loop.set_exception_handler`](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.set_exception_handler),
/// which gets "Task exception was never retrieved".
///
/// # Examples
///
/// ```
/// cede::set_unobserved_hook(|failure| eprintln!("lost: {failure}"));
/// ```
pub fn set_unobserved_hook(hook: impl Fn(&Unobserved) + Send + Sync + 'static) {
    let before = HOOK.lock().replace(Arc::new(hook));
    guard::discard(before);
}

impl Unobserved {
    /// The task that failed.
    pub fn id(&self) -> TaskId {
        self.task.id
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.task.to_string()
    }

    /// Where it was created.
    pub fn location(&self) -> &'static Location<'static> {
        self.created
    }

    /// What ended it; `None` if it returned an `Err` to a group that nobody took it from.
    pub fn error(&self) -> Option<&TaskError> {
        self.error.as_ref()
    }
}

impl fmt::Display for Unobserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{error}; nobody looked at it (created at {})", self.created),
            None => write!(
                f,
                "task {:?} returned an `Err` to its group, which was dropped half way, so that nobody got it \
                 (created at {})",
                self.task, self.created
            ),
        }
    }
}

impl fmt::Debug for Unobserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unobserved({self})")
    }
}

/// Reports that a failure of `task` was lost: what groups do that are dropped half way.
pub fn report_lost(task: &TaskRef) {
    let header = task.header();
    let failure =
        Unobserved { task: header.label(), created: header.created, error: task.failure() };
    report(&failure);
}

pub(crate) fn report(failure: &Unobserved) {
    // Cloned out, so that the hook may itself replace the hook.
    let hook = HOOK.lock().clone();
    guard::contain(|| match hook {
        Some(hook) => hook(failure),
        None => tell(failure),
    });
}

fn tell(failure: &Unobserved) {
    #[cfg(feature = "tracing")]
    if tracing::event_enabled!(tracing::Level::ERROR) {
        tracing::error!(task.id = failure.task.id.get(), task.name = %failure.task, "{failure}");
        return;
    }
    eprintln!("cede: {failure}");
}
