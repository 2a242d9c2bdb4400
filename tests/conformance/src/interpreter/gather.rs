//! A gather: cede's own, which takes tasks; or, if there are shields among its children, what a program would put in its place.

use std::sync::Arc;

use cede::{Cancelled, GatherError, Task, TaskError, catch_cancel};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::interpreter::{Halt, Interpreter};
use crate::scenario::Awaitable;
use crate::task::received;
use crate::value::{CancelledError, Joined, Value};

/// The end of one child.
struct End {
    index: usize,
    outcome: Result<Joined, TaskError>,
    /// The request to the caller that has reached the child.
    request: Option<Cancelled>,
}

impl Interpreter {
    pub(super) async fn gathered(
        &self,
        children: &[Awaitable],
        return_exceptions: bool,
    ) -> Result<Value, Halt> {
        let variables = children.iter().map(|child| match child {
            Awaitable::Task(variable) => Some(variable.as_str()),
            Awaitable::Shield(_) | Awaitable::Gather(..) => None,
        });
        match variables.collect::<Option<Vec<&str>>>() {
            Some(variables) => self.gathered_tasks(&variables, return_exceptions).await,
            None => self.gathered_shields(children, return_exceptions).await,
        }
    }

    async fn gathered_tasks(
        &self,
        variables: &[&str],
        return_exceptions: bool,
    ) -> Result<Value, Halt> {
        let tasks = variables.iter().map(|variable| self.world.lookup(variable));
        let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
        let handles = tasks.iter().map(|task| self.handle(task));
        let handles = handles.collect::<Result<Vec<_>, Halt>>()?;
        if return_exceptions {
            let results = cede::gather_results(handles).await;
            return Ok(Value::List(results.into_iter().map(as_value).collect()));
        }
        match cede::try_gather(handles).await {
            Ok(values) => Ok(Value::List(values.into_iter().cloned().collect())),
            Err(GatherError::Failed(error)) => Ok(received(Ok(&Err(Arc::clone(error)))).await?),
            Err(GatherError::Task(error)) => Ok(received(Err(error)).await?),
        }
    }

    async fn gathered_shields(
        &self,
        children: &[Awaitable],
        return_exceptions: bool,
    ) -> Result<Value, Halt> {
        let ends = children.iter().enumerate().map(|(index, child)| self.end(index, child));
        let mut ends: FuturesUnordered<_> = ends.collect();
        let mut outcomes: Vec<Option<Result<Joined, TaskError>>> = vec![None; children.len()];
        let mut request = None;
        while let Some(end) = ends.next().await {
            let End { index, outcome, request: reached } = end?;
            if !return_exceptions && !matches!(outcome, Ok(Ok(_))) {
                return Ok(received(outcome.as_ref().map_err(Clone::clone)).await?);
            }
            outcomes[index] = Some(outcome);
            request = request.or(reached);
        }
        let outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
        match (request, outcomes.last()) {
            (None, _) => {}
            (Some(_), Some(Err(TaskError::Cancelled(last)))) => last.clone().resume().await,
            (Some(request), _) => request.without_message().resume().await,
        }
        let results = outcomes.iter().map(|outcome| outcome.as_ref().map_err(Clone::clone));
        Ok(Value::List(results.map(as_value).collect()))
    }

    async fn end(&self, index: usize, child: &Awaitable) -> Result<End, Halt> {
        match child {
            Awaitable::Task(variable) => {
                let task = self.world.lookup(variable)?;
                let task = self.handle(&task)?;
                let mut ended = task.task_ref().into_future().without_unwinding();
                let outcome = match (&mut ended).await {
                    Ok(()) => task.await.cloned(),
                    Err(error) => Err(error),
                };
                Ok(End { index, outcome, request: ended.forwarded() })
            }
            // In a scope of its own, which ends the wait when the caller is asked to stop.
            Awaitable::Shield(inner) => match catch_cancel(self.shield_of(inner)).await {
                Ok(outcome) => Ok(End { index, outcome: outcome?, request: None }),
                Err(request) => {
                    let outcome = Err(TaskError::Cancelled(request.clone()));
                    Ok(End { index, outcome, request: Some(request) })
                }
            },
            Awaitable::Gather(..) => Err(self.unsupported("gather of a gather")),
        }
    }
}

/// A result in a list of results: an error is its text there.
fn as_value(result: Result<&Joined, TaskError>) -> Value {
    match result {
        Ok(Ok(value)) => value.clone(),
        Ok(Err(error)) => Value::Text(error.to_string()),
        Err(TaskError::Cancelled(cancelled)) => Value::Text(CancelledError(&cancelled).to_string()),
        Err(error) => Value::Text(format!("broken: {error}")),
    }
}
