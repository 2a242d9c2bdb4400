//! How a group can fail.

use std::fmt;
use std::sync::Arc;

use cede_core::Panicked;

/// Why [`task_group`](crate::task_group) gave no value.
///
/// # asyncio
///
/// [`ExceptionGroup`](https://docs.python.org/3/library/exceptions.html#ExceptionGroup).
///
/// # Examples
///
/// ```
/// use cede::{GroupError, TaskGroup, task_group};
///
/// cede::run(async {
///     let outcome = task_group(async |group: TaskGroup<&str>| {
///         group.create_task(async { Err::<(), _>("no luck") }).unwrap();
///         Ok(())
///     });
///     match outcome.await {
///         Err(GroupError::Failed(failures)) => assert_eq!(failures[0].to_string(), "no luck"),
///         other => unreachable!("{other:?}"),
///     }
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum GroupError<E> {
    /// Children or the body failed: every failure, in the order in which they arose, the body's last.
    Failed(Vec<Failure<E>>),
    /// [`TaskGroup::cancel`](crate::TaskGroup::cancel) stopped the body before it had a value.
    Stopped,
}

/// One failure of a group. An error is shared with the handle of the child that returned it.
///
/// # Examples
///
/// ```
/// use cede::{Failure, TaskGroup, task_group};
///
/// cede::run(async {
///     let outcome = task_group(async |_: TaskGroup<&str>| Err::<(), _>("no luck"));
///     match outcome.await.unwrap_err().failures() {
///         [Failure::Err(error)] => assert_eq!(**error, "no luck"),
///         other => unreachable!("{other:?}"),
///     }
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Debug)]
pub enum Failure<E> {
    /// A child, or the body, returned this.
    Err(Arc<E>),
    /// A child panicked.
    Panicked(Panicked),
}

/// The group takes no more children.
///
/// # Examples
///
/// ```
/// use cede::{GroupClosed, TaskGroup, task_group};
///
/// cede::run(async {
///     let over = task_group(async |group: TaskGroup<()>| Ok(group)).await.unwrap();
///     let refused: GroupClosed = over.create_task(async { Ok(()) }).unwrap_err();
///     assert!(refused.to_string().contains("over"));
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupClosed {
    over: bool,
}

/// Why [`TaskGroup::start`](crate::TaskGroup::start) gave no child.
///
/// # Examples
///
/// ```
/// use cede::{StartError, TaskGroup, task_group};
///
/// cede::run(async {
///     let outcome = task_group(async |group: TaskGroup<()>| {
///         let failed = group.start::<(), u16, _, _>(async |_| Ok(())).await;
///         assert!(matches!(failed, Err(StartError::EndedEarly)));
///         Ok(())
///     });
///     outcome.await.unwrap();
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// The group takes no more children.
    Closed(GroupClosed),
    /// The child ended before it said that it was ready. If it failed, the group has its error.
    EndedEarly,
}

impl<E> GroupError<E> {
    /// The failures; none if the group was stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let outcome = task_group(async |_: TaskGroup<&str>| Err::<(), _>("no luck"));
    ///     assert_eq!(outcome.await.unwrap_err().failures().len(), 1);
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn failures(&self) -> &[Failure<E>] {
        match self {
            GroupError::Failed(failures) => failures,
            GroupError::Stopped => &[],
        }
    }
}

impl GroupClosed {
    pub(crate) fn shutting_down() -> Self {
        GroupClosed { over: false }
    }

    pub(crate) fn over() -> Self {
        GroupClosed { over: true }
    }
}

impl<E> Clone for Failure<E> {
    fn clone(&self) -> Self {
        match self {
            Failure::Err(error) => Failure::Err(Arc::clone(error)),
            Failure::Panicked(panicked) => Failure::Panicked(panicked.clone()),
        }
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupError::Stopped => {
                f.write_str("the task group was cancelled before its body had a value")
            }
            GroupError::Failed(failures) => {
                let plural = if failures.len() == 1 { "" } else { "s" };
                write!(f, "{} failure{plural} in a task group: ", failures.len())?;
                for (n, failure) in failures.iter().enumerate() {
                    write!(f, "{}{failure}", if n == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Err(error) => error.fmt(f),
            Failure::Panicked(panicked) => panicked.fmt(f),
        }
    }
}

impl fmt::Display for GroupClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.over {
            "the task group is over: create the child while its body runs"
        } else {
            "the task group is shutting down, and takes no more children"
        })
    }
}

impl From<GroupClosed> for StartError {
    fn from(closed: GroupClosed) -> Self {
        StartError::Closed(closed)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Closed(closed) => closed.fmt(f),
            StartError::EndedEarly => f.write_str(
                "the child ended before it said that it was ready: call `Starting::ready` in it",
            ),
        }
    }
}

impl std::error::Error for StartError {}
impl<E: fmt::Debug + fmt::Display> std::error::Error for GroupError<E> {}
impl std::error::Error for GroupClosed {}
