//! A task as a child of `try_gather`.

use std::pin::Pin;
use std::sync::Arc;

use cede::{Cancel, JoinHandle, ResultError, Task, TaskError, TaskRef};

use crate::value::Joined;

/// A task as a child of `try_gather`, which wants to move the value out: it gets a clone, for others want it too.
pub(crate) struct Child<'a>(pub(crate) &'a JoinHandle<Joined>);

impl Cancel for Child<'_> {
    fn cancel(&self) -> bool {
        self.0.cancel()
    }

    fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        self.0.cancel_with(message)
    }

    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }

    fn cancelling(&self) -> usize {
        self.0.cancelling()
    }

    fn uncancel(&self) -> usize {
        self.0.uncancel()
    }
}

impl Task for Child<'_> {
    type Output = Joined;

    fn as_task(&self) -> &TaskRef {
        self.0.as_task()
    }

    fn result(&self) -> Result<&Joined, ResultError> {
        self.0.result()
    }
}

impl<'a> IntoFuture for Child<'a> {
    type Output = Result<Joined, TaskError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.0.await.cloned() })
    }
}
