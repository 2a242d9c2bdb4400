//! Runs the bodies of a scenario.
//!
//! A body ends with a [`Flow`] or an error. A cancellation is neither: it unwinds the task, as it does in any program that uses
//! cede, and the interpreter stops it with `catch_cancel` where Python has a `try`.

mod awaitable;
mod block;
mod combinator;
mod control;
mod gather;
mod sync;
mod task;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cede::{Cancelled, TaskGroup, catch_cancel, checkpoint, current_task};

use crate::scenario::{Action, Statement};
use crate::task::Entry;
use crate::value::{CancelledError, Error, Outcome, Value};
use crate::world::{Unbound, World};

/// Runs one task.
struct Interpreter {
    world: Arc<World>,
    /// The task's context variables.
    context: Mutex<BTreeMap<String, Value>>,
}

/// How a list of statements came to its end.
enum Flow {
    Next,
    Return(Value),
}

/// Why a statement was broken off.
enum Halt {
    Unbound(Unbound),
    Raise(Error),
}

/// What stands around a statement, in the same body.
#[derive(Clone, Default)]
struct Around {
    /// What the innermost clause has caught.
    caught: Option<Caught>,
    /// The innermost group.
    group: Option<TaskGroup<Error>>,
}

#[derive(Clone)]
enum Caught {
    Error(Error),
    Cancelled(Cancelled),
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Flow, Error>> + Send + 'a>>;

/// The main task.
pub(crate) async fn main(world: Arc<World>) -> Outcome {
    let outcome = Arc::new(OnceLock::new());
    let task = current_task().expect("a backend runs this as a task");
    world.bind_main(Entry::main(task, Arc::clone(&outcome)));
    let interpreter = Interpreter::new(Arc::clone(&world), BTreeMap::new());
    let ended = interpreter.body(&world.scenario.main).await;
    outcome.get_or_init(|| ended).clone()
}

impl Interpreter {
    fn new(world: Arc<World>, context: BTreeMap<String, Value>) -> Self {
        Interpreter { world, context: Mutex::new(context) }
    }

    /// A task that runs the body of `coro`, in a copy of this one's context.
    fn child(&self, coro: &str) -> impl Future<Output = Outcome> + Send + 'static + use<> {
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let child = Interpreter::new(Arc::clone(&self.world), context);
        let coro = coro.to_string();
        async move { child.body(&child.world.scenario.coros[&coro]).await }
    }

    /// The whole of a task.
    async fn body(&self, statements: &[Statement]) -> Outcome {
        self.world.log("start");
        match catch_cancel(self.statements(statements, &Around::default())).await {
            Ok(Ok(flow)) => {
                let value = flow.into_value();
                self.world.log(format_args!("end return {value}"));
                Ok(value)
            }
            Ok(Err(error)) => {
                self.world.log(format_args!("end raise {error}"));
                // In asyncio a task that ends by an error fails, whether or not it has been asked to stop meanwhile.
                let _refused = catch_cancel(checkpoint()).await;
                Err(error)
            }
            Err(cancelled) => {
                self.world.log(format_args!("end raise {}", CancelledError(&cancelled)));
                cancelled.resume().await
            }
        }
    }

    fn statements<'a>(&'a self, statements: &'a [Statement], around: &'a Around) -> Running<'a> {
        Box::pin(async move {
            for statement in statements {
                match self.statement(statement, around).await {
                    Ok(Flow::Next) => {}
                    Ok(Flow::Return(value)) => return Ok(Flow::Return(value)),
                    Err(Halt::Raise(error)) => return Err(error),
                    Err(Halt::Unbound(Unbound(variable))) => {
                        self.world.log(format_args!("{} unbound {variable}", statement.op));
                    }
                }
            }
            Ok(Flow::Next)
        })
    }

    async fn statement(&self, statement: &Statement, around: &Around) -> Result<Flow, Halt> {
        match &statement.action {
            Action::Control(control) => return Ok(self.control(control, around).await?),
            Action::Task(task) => self.task(task)?,
            Action::Combinator(combinator) => self.combinator(combinator).await?,
            Action::Block(block) => return self.block(block, around).await,
            Action::Sync(sync) => self.sync(sync).await,
        }
        Ok(Flow::Next)
    }

    /// Gives the run up: it comes to `what`, which is not supported.
    fn unsupported(&self, what: &str) -> Halt {
        self.world.mark_unsupported(what);
        Halt::Raise(Error::Runtime)
    }
}

impl Flow {
    /// What a body that ends so returns.
    fn into_value(self) -> Value {
        match self {
            Flow::Next => Value::None,
            Flow::Return(value) => value,
        }
    }
}

impl From<Unbound> for Halt {
    fn from(unbound: Unbound) -> Self {
        Halt::Unbound(unbound)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Raise(error)
    }
}
