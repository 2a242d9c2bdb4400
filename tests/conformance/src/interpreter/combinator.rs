//! Statements that wait for tasks.

use std::sync::Arc;
use std::time::Duration;

use cede::{JoinHandle, Task, TaskError, WaitForError};
use futures_util::StreamExt;
use futures_util::future::{Either, select};

use crate::interpreter::{Halt, Interpreter};
use crate::scenario::{Awaitable, Combinator, When};
use crate::task::{Entry, received};
use crate::value::{Error, Joined, List, Value};

impl Interpreter {
    pub(super) async fn combinator(&self, combinator: &Combinator) -> Result<(), Halt> {
        match combinator {
            Combinator::Await(awaitable) => self.await_(awaitable).await,
            Combinator::Wait(variables, ms, when) => self.wait(variables, *ms, *when).await,
            Combinator::Gather(children, return_exceptions) => {
                self.gather(children, *return_exceptions).await
            }
            Combinator::Shield(inner) => self.shield(inner).await,
            Combinator::WaitFor(awaitable, ms) => self.wait_for(awaitable, *ms).await,
            Combinator::AsCompleted(variables, ms) => self.as_completed(variables, *ms).await,
        }
    }

    async fn await_(&self, awaitable: &Awaitable) -> Result<(), Halt> {
        let label = self.label(awaitable)?;
        let value = self.awaited(awaitable).await?;
        self.world.log(format_args!("await {label} -> {value}"));
        Ok(())
    }

    async fn wait(&self, variables: &[String], ms: Option<i64>, when: When) -> Result<(), Halt> {
        let tasks = self.world.lookup_all(variables)?;
        let mut wait = cede::wait(self.handles(&tasks)?);
        wait = match when {
            When::All => wait,
            When::FirstCompleted => wait.first_completed(),
            When::FirstException => wait.first_exception(),
        };
        if let Some(ms) = ms {
            wait = wait.timeout(self.duration(ms));
        }
        let waited = wait.await;
        let (done, pending) = (sorted_names(&waited.done), sorted_names(&waited.pending));
        self.world.log(format_args!("wait -> done {} pending {}", List(&done), List(&pending)));
        Ok(())
    }

    async fn gather(&self, children: &[Awaitable], return_exceptions: bool) -> Result<(), Halt> {
        for child in children {
            self.label(child)?;
        }
        let values = self.gathered(children, return_exceptions).await?;
        self.world.log(format_args!("gather -> {values}"));
        Ok(())
    }

    async fn shield(&self, inner: &Awaitable) -> Result<(), Halt> {
        let label = self.label(inner)?;
        let value = self.shielded(inner).await?;
        self.world.log(format_args!("shield {label} -> {value}"));
        Ok(())
    }

    async fn wait_for(&self, awaitable: &Awaitable, ms: Option<i64>) -> Result<(), Halt> {
        let label = self.label(awaitable)?;
        let value = match ms.map(|ms| self.duration(ms)) {
            None => self.awaited(awaitable).await?,
            Some(limit) => self.awaited_for(awaitable, limit).await?,
        };
        self.world.log(format_args!("wait_for {label} -> {value}"));
        Ok(())
    }

    async fn awaited_for(&self, awaitable: &Awaitable, limit: Duration) -> Result<Value, Halt> {
        let outcome = if let Awaitable::Task(variable) = awaitable {
            let task = self.world.lookup(variable)?;
            match cede::wait_for(self.handle(&task)?, limit).await {
                Ok(joined) => Ok(received(Ok(joined)).await.map_err(Halt::Raise)),
                Err(error) => Err(error),
            }
        } else {
            let awaited = self.awaited(awaitable);
            cede::wait_for(async { Ok::<_, TaskError>(awaited.await) }, limit).await
        };
        match outcome {
            Ok(value) => value,
            Err(WaitForError::Elapsed(_)) => Err(Halt::Raise(Error::Timeout)),
            Err(WaitForError::Task(error)) => Ok(received(Err(error)).await?),
        }
    }

    async fn as_completed(&self, variables: &[String], ms: Option<i64>) -> Result<(), Halt> {
        let tasks = self.world.lookup_all(variables)?;
        let mut ended = cede::as_completed(self.handles(&tasks)?);
        let mut deadline = ms.map(|ms| cede::sleep(self.duration(ms)));
        loop {
            let next = match &mut deadline {
                None => ended.next().await,
                Some(deadline) => match select(ended.next(), deadline).await {
                    Either::Left((next, _)) => next,
                    Either::Right(_) => return Err(Halt::Raise(Error::Timeout)),
                },
            };
            let Some(task) = next else { return Ok(()) };
            let task = tasks.iter().find(|entry| entry.task() == task.task_ref());
            let task = task.expect("it is one of them");
            self.world.log(format_args!("as_completed -> {} {}", task.name(), task.state()));
        }
    }

    fn handles<'a>(&self, tasks: &'a [Arc<Entry>]) -> Result<Vec<&'a JoinHandle<Joined>>, Halt> {
        tasks.iter().map(|task| self.handle(task)).collect()
    }

    /// A time to wait; one that is over is none.
    pub(super) fn duration(&self, ms: i64) -> Duration {
        self.world.time.duration(u64::try_from(ms).unwrap_or(0))
    }
}

fn sorted_names(tasks: &[&JoinHandle<Joined>]) -> Vec<String> {
    let mut names: Vec<String> = tasks.iter().map(Task::name).collect();
    names.sort_unstable();
    names
}
