//! A task of a scenario: its name, its handle, and the text of its state.

use std::sync::{Arc, OnceLock};

use cede::{Cancel, JoinHandle, ResultError, Task, TaskError, TaskRef};

use crate::value::{CancelledError, Error, Joined, Outcome, Value};

/// A task of a scenario.
pub(crate) struct Entry {
    name: String,
    handle: Handle,
}

enum Handle {
    /// The backend has the handle of the main task; its body leaves its outcome here.
    Main(TaskRef, Arc<OnceLock<Outcome>>),
    Spawned(JoinHandle<Joined>),
}

impl Entry {
    pub(crate) fn main(task: TaskRef, outcome: Arc<OnceLock<Outcome>>) -> Self {
        Entry { name: task.name(), handle: Handle::Main(task, outcome) }
    }

    pub(crate) fn spawned(name: String, task: JoinHandle<Joined>) -> Self {
        Entry { name, handle: Handle::Spawned(task) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn task(&self) -> TaskRef {
        match &self.handle {
            Handle::Main(task, _) => task.clone(),
            Handle::Spawned(task) => task.task_ref(),
        }
    }

    /// The handle to await; the main task has none.
    pub(crate) fn handle(&self) -> Option<&JoinHandle<Joined>> {
        match &self.handle {
            Handle::Main(..) => None,
            Handle::Spawned(task) => Some(task),
        }
    }

    pub(crate) fn cancel(&self, message: Option<&str>) -> bool {
        match message {
            Some(message) => self.task().cancel_with(message),
            None => self.task().cancel(),
        }
    }

    /// `pending`, `cancelled`, `done VALUE` or `error ERROR`.
    pub(crate) fn state(&self) -> String {
        match self.outcome() {
            Ok(Ok(value)) => format!("done {value}"),
            Ok(Err(error)) => format!("error {error}"),
            Err(ResultError::InvalidState(_)) => "pending".into(),
            Err(ResultError::Cancelled(_)) => "cancelled".into(),
            Err(error) => format!("broken: {error}"),
        }
    }

    /// The value or the error.
    pub(crate) fn result(&self) -> String {
        match self.outcome() {
            Ok(Ok(value)) => value.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(ResultError::InvalidState(_)) => "InvalidStateError".into(),
            Err(ResultError::Cancelled(cancelled)) => CancelledError(&cancelled).to_string(),
            Err(error) => format!("broken: {error}"),
        }
    }

    fn outcome(&self) -> Result<Outcome, ResultError> {
        match &self.handle {
            Handle::Main(task, outcome) => {
                task.result()?;
                Ok(outcome.get().expect("the body has left it here").clone())
            }
            Handle::Spawned(task) => Ok(unshared(task.result()?)),
        }
    }
}

/// What an await of a task gives in the body that awaits. That the task was cancelled by somebody else unwinds the body, as it does in
/// asyncio.
pub(crate) async fn received(outcome: Result<&Joined, TaskError>) -> Result<Value, Error> {
    match outcome {
        Ok(joined) => unshared(joined),
        Err(TaskError::Cancelled(cancelled)) => cancelled.resume().await,
        Err(TaskError::AwaitedItself(_)) => {
            // asyncio raises it one hop later.
            cede::yield_now().await;
            Err(Error::Runtime)
        }
        Err(error) => panic!("{error}"),
    }
}

fn unshared(joined: &Joined) -> Outcome {
    joined.clone().map_err(|error| Error::clone(&error))
}
