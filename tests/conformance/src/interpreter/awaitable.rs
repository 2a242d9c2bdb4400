//! Awaitable expressions: a task, a shield, a gather.

use std::pin::Pin;

use cede::{JoinHandle, Task, TaskError};

use crate::interpreter::{Halt, Interpreter};
use crate::scenario::Awaitable;
use crate::task::{Entry, received};
use crate::value::{Joined, Value};
use crate::world::Unbound;

type Awaiting<'a> = Pin<Box<dyn Future<Output = Result<Value, Halt>> + Send + 'a>>;

impl Interpreter {
    /// Awaits what an expression stands for. To be asked for its label first, which finds the variables that are unbound.
    pub(super) fn awaited<'a>(&'a self, awaitable: &'a Awaitable) -> Awaiting<'a> {
        Box::pin(async move {
            match awaitable {
                Awaitable::Task(variable) => {
                    let task = self.world.lookup(variable)?;
                    Ok(received(self.handle(&task)?.await).await?)
                }
                Awaitable::Shield(inner) => self.shielded(inner).await,
                Awaitable::Gather(children, return_exceptions) => {
                    self.gathered(children, *return_exceptions).await
                }
            }
        })
    }

    /// Awaits what is shielded.
    pub(super) async fn shielded(&self, inner: &Awaitable) -> Result<Value, Halt> {
        let outcome = self.shield_of(inner).await?;
        Ok(received(outcome.as_ref().map_err(Clone::clone)).await?)
    }

    /// How a shield ends, unless the caller is asked to stop.
    pub(super) async fn shield_of(
        &self,
        mut inner: &Awaitable,
    ) -> Result<Result<Joined, TaskError>, Halt> {
        // A shield around a shield adds nothing.
        while let Awaitable::Shield(shielded) = inner {
            inner = shielded;
        }
        let Awaitable::Task(variable) = inner else {
            return Err(self.unsupported("shield of a gather"));
        };
        let task = self.world.lookup(variable)?;
        let task = self.handle(&task)?;
        let ended_before = task.done();
        Ok(match cede::shield(task).await {
            // asyncio's shield loses the message, unless there was nothing to shield any more.
            Err(TaskError::Cancelled(cancelled)) if !ended_before => {
                Err(TaskError::Cancelled(cancelled.without_message()))
            }
            outcome => outcome.cloned(),
        })
    }

    pub(super) fn handle<'a>(&self, task: &'a Entry) -> Result<&'a JoinHandle<Joined>, Halt> {
        task.handle().ok_or_else(|| self.unsupported("to wait for main"))
    }

    pub(super) fn label(&self, awaitable: &Awaitable) -> Result<String, Unbound> {
        match awaitable {
            Awaitable::Task(variable) => Ok(self.world.lookup(variable)?.name().to_string()),
            Awaitable::Shield(inner) => Ok(format!("shield({})", self.label(inner)?)),
            Awaitable::Gather(children, _) => {
                let labels = children.iter().map(|child| self.label(child));
                Ok(format!("gather({})", labels.collect::<Result<Vec<_>, _>>()?.join(", ")))
            }
        }
    }
}
