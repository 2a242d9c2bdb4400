//! Blocks that interrupt their own body: timeouts and groups.

use cede::{Failure, GroupError, TaskBuilder, TaskGroup, TimeoutScope, backend, task_group};

use crate::interpreter::{Around, Flow, Halt, Interpreter};
use crate::scenario::{Block, Body};
use crate::value::Error;

impl Interpreter {
    pub(super) async fn block(&self, block: &Block, around: &Around) -> Result<Flow, Halt> {
        match block {
            Block::Timeout(ms, body, name) => {
                return Ok(self.timeout(*ms, body, name.as_deref(), around).await?);
            }
            Block::Group(body, name) => {
                return Ok(self.group(body, name.as_deref(), around).await?);
            }
            Block::Reschedule(name, ms) => self.reschedule(name, *ms)?,
            Block::Expired(name) => {
                let expired = self.world.timeouts.get(name)?.expired();
                self.world.log(format_args!("expired {name} -> {expired}"));
            }
            Block::Gspawn(variable, coro, group) => {
                self.gspawn(variable, coro, group.as_deref(), around)?;
            }
        }
        Ok(Flow::Next)
    }

    async fn timeout(
        &self,
        ms: Option<i64>,
        body: &Body,
        name: Option<&str>,
        around: &Around,
    ) -> Result<Flow, Error> {
        let scope = match ms {
            None => TimeoutScope::never(),
            Some(ms) => TimeoutScope::after(self.duration(ms)),
        };
        self.world.timeouts.set(name, &scope);
        match scope.run(self.statements(body, around)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(Error::Timeout),
        }
    }

    fn reschedule(&self, name: &str, ms: Option<i64>) -> Result<(), Halt> {
        let scope = self.world.timeouts.get(name)?;
        let deadline = ms.map(|ms| {
            let backend = backend::ambient().expect("a statement runs on a backend");
            backend.now() + self.duration(ms)
        });
        scope.reschedule(deadline).map_err(|_inactive| Error::Runtime)?;
        self.world.log(format_args!("reschedule {name}"));
        Ok(())
    }

    async fn group(&self, body: &Body, name: Option<&str>, around: &Around) -> Result<Flow, Error> {
        let outcome = task_group(|group: TaskGroup<Error>| async move {
            self.world.groups.set(name, &group);
            let within = Around { group: Some(group), ..around.clone() };
            self.statements(body, &within).await
        });
        match outcome.await {
            Ok(flow) => Ok(flow),
            Err(GroupError::Failed(failures)) => Err(Error::Group(errors(&failures))),
            Err(error) => panic!("nobody has stopped the group: {error}"),
        }
    }

    fn gspawn(
        &self,
        variable: &str,
        coro: &str,
        group: Option<&str>,
        around: &Around,
    ) -> Result<(), Halt> {
        let group = match group {
            Some(name) => self.world.groups.get(name)?,
            None => around.group.clone().expect("`gspawn` stands in a group"),
        };
        let body = self.child(coro);
        let create = |name: &str| group.build_task(TaskBuilder::new().name(name), body);
        let task = self.world.bind(variable, create).map_err(|_closed| Error::Runtime)?;
        self.world.log(format_args!("gspawn {}", task.name()));
        Ok(())
    }
}

fn errors(failures: &[Failure<Error>]) -> Vec<Error> {
    let error = |failure: &Failure<Error>| match failure {
        Failure::Err(error) => Error::clone(error),
        Failure::Panicked(panicked) => panic!("{panicked}"),
    };
    failures.iter().map(error).collect()
}
