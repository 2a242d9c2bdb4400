//! Statements that make, ask and cancel tasks.

use std::convert::Infallible;
use std::sync::Arc;

use cede::{Cancel, Task as _, TaskBuilder, TaskRef, all_tasks, current_task};

use crate::interpreter::Interpreter;
use crate::scenario::Task;
use crate::value::List;
use crate::world::Unbound;

impl Interpreter {
    pub(super) fn task(&self, task: &Task) -> Result<(), Unbound> {
        let world = &self.world;
        match task {
            Task::Spawn(variable, coro) => self.spawn(variable, coro),
            Task::Cancel(variable, message) => {
                let task = world.lookup(variable)?;
                let asked = task.cancel(message.as_deref());
                world.log(format_args!("cancel {} -> {asked}", task.name()));
            }
            Task::CancelSelf(message) => self.cancel_self(message.as_deref()),
            Task::Status(variable) => {
                let task = world.lookup(variable)?;
                world.log(format_args!("status {} -> {}", task.name(), task.state()));
            }
            Task::Result(variable) => {
                let task = world.lookup(variable)?;
                world.log(format_args!("result {} -> {}", task.name(), task.result()));
            }
            Task::Cancelling(variable) => {
                let task = world.lookup(variable)?;
                let count = task.task().cancelling();
                world.log(format_args!("cancelling {} -> {count}", task.name()));
            }
            Task::Uncancel(variable) => {
                let task = world.lookup(variable)?;
                let count = task.task().uncancel();
                world.log(format_args!("uncancel {} -> {count}", task.name()));
            }
            Task::AllTasks => {
                let mut names: Vec<String> = all_tasks().iter().map(TaskRef::name).collect();
                names.sort_unstable();
                world.log(format_args!("all_tasks -> {}", List(&names)));
            }
            Task::Current => {
                let name = current_task().map(|task| task.name()).unwrap_or_default();
                world.log(format_args!("current -> {name}"));
            }
            Task::DoneCallback(variable, text) => self.add_done_callback(variable, text)?,
        }
        Ok(())
    }

    fn spawn(&self, variable: &str, coro: &str) {
        let body = self.child(coro);
        let body = async { body.await.map_err(Arc::new) };
        let create =
            |name: &str| Ok::<_, Infallible>(TaskBuilder::new().name(name).create_task(body));
        let Ok(task) = self.world.bind(variable, create);
        self.world.log(format_args!("spawn {}", task.name()));
    }

    fn cancel_self(&self, message: Option<&str>) {
        let task = current_task().expect("a statement runs in a task");
        let asked = match message {
            Some(message) => task.cancel_with(message),
            None => task.cancel(),
        };
        self.world.log(format_args!("cancel_self -> {asked}"));
    }

    fn add_done_callback(&self, variable: &str, text: &str) -> Result<(), Unbound> {
        let task = self.world.lookup(variable)?;
        let (world, text) = (Arc::clone(&self.world), text.to_string());
        let callback = move |task: &TaskRef| {
            world.log(format_args!("callback {text} {}", task.name()));
        };
        task.task().add_done_callback(callback);
        Ok(())
    }
}
