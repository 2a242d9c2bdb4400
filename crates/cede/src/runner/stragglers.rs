//! Tasks that did not end when they were asked to.

use std::fmt;
use std::time::Duration;

use cede_core::{Task, TaskRef};

/// Closing a runner was cut short: tasks that had not ended in time were aborted.
///
/// # Examples
///
/// See [`Runner::close`](crate::Runner::close).
#[derive(Clone, Debug)]
pub struct Stragglers {
    tasks: Vec<TaskRef>,
    /// `None`: they were interrupted.
    grace: Option<Duration>,
}

impl Stragglers {
    pub(super) fn new(tasks: Vec<TaskRef>, grace: Option<Duration>) -> Self {
        Stragglers { tasks, grace }
    }

    /// The tasks that were aborted, in the order of their creation. They are done.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::{Runner, Task};
    ///
    /// let runner = Runner::builder().grace(Duration::from_millis(10)).build();
    /// runner.run(async {
    ///     cede::create_task(cede::critical(std::future::pending::<()>())).detach();
    ///     cede::yield_now().await;
    /// })?;
    /// let stragglers = runner.close().unwrap_err();
    /// assert!(stragglers.tasks()[0].done());
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn tasks(&self) -> &[TaskRef] {
        &self.tasks
    }

    /// Was it Ctrl-C, and not that their time was up? Then there may be none: they had just ended by themselves.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::Runner;
    ///
    /// let runner = Runner::builder().grace(Duration::from_millis(10)).build();
    /// runner.run(async {
    ///     cede::create_task(cede::critical(std::future::pending::<()>())).detach();
    ///     cede::yield_now().await;
    /// })?;
    /// let stragglers = runner.close().unwrap_err();
    /// assert!(!stragglers.is_interrupted());
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn is_interrupted(&self) -> bool {
        self.grace.is_none()
    }
}

impl fmt::Display for Stragglers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.tasks.len();
        match self.grace {
            Some(grace) => write!(f, "after {grace:?}, {count}")?,
            None if count == 0 => {
                return f.write_str("interrupted by Ctrl-C, when no task was left");
            }
            None => write!(f, "interrupted by Ctrl-C, when {count}")?,
        }
        let (tasks, were) = if count == 1 { ("task", "was") } else { ("tasks", "were") };
        write!(f, " {tasks} had not ended and {were} aborted: ")?;
        for (index, task) in self.tasks.iter().enumerate().take(SHOWN) {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{}` (created at {})", task.name(), task.location())?;
        }
        match count.saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

impl std::error::Error for Stragglers {}

/// How many are named in the text.
const SHOWN: usize = 10;
