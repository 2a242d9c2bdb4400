//! A scenario: a small concurrent program, as data.

mod args;
mod parse;

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::value::Value;

/// A small concurrent program.
#[derive(Debug)]
pub struct Scenario {
    pub(crate) id: String,
    pub(crate) about: String,
    pub(crate) coros: HashMap<String, Body>,
    pub(crate) main: Body,
    pub(crate) sems: HashMap<String, usize>,
    pub(crate) queues: HashMap<String, usize>,
}

pub(crate) type Body = Vec<Statement>;

/// One statement, and its name for the trace.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) op: String,
    pub(crate) action: Action,
}

/// What a statement does.
#[derive(Debug)]
pub(crate) enum Action {
    Control(Control),
    Task(Task),
    Combinator(Combinator),
    Block(Block),
    Sync(Sync),
}

/// What concerns one body alone.
#[derive(Debug)]
pub(crate) enum Control {
    Log(String),
    Sleep(u64),
    Busy(u64),
    Return(Value),
    Raise(String),
    Reraise,
    Try(Body, Clauses),
    Call(String),
    Repeat(u64, Body),
    CtxSet(String, Value),
    CtxGet(String),
}

#[derive(Debug)]
pub(crate) struct Clauses {
    pub(crate) cancelled: Option<Body>,
    pub(crate) error: Option<Body>,
    pub(crate) finally: Body,
}

/// What makes, asks and cancels tasks, and never suspends.
#[derive(Debug)]
pub(crate) enum Task {
    Spawn(String, String),
    Cancel(String, Option<String>),
    CancelSelf(Option<String>),
    Status(String),
    Result(String),
    Cancelling(String),
    Uncancel(String),
    AllTasks,
    Current,
    DoneCallback(String, String),
}

/// What waits for tasks. A time of `None` is for ever.
#[derive(Debug)]
pub(crate) enum Combinator {
    Await(Awaitable),
    Wait(Vec<String>, Option<i64>, When),
    Gather(Vec<Awaitable>, bool),
    Shield(Awaitable),
    WaitFor(Awaitable, Option<i64>),
    AsCompleted(Vec<String>, Option<i64>),
}

#[derive(Debug)]
pub(crate) enum Awaitable {
    Task(String),
    Shield(Box<Awaitable>),
    Gather(Vec<Awaitable>, bool),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    All,
    FirstCompleted,
    FirstException,
}

/// Blocks that interrupt their own body, and what is said to them.
#[derive(Debug)]
pub(crate) enum Block {
    Timeout(Option<i64>, Body, Option<String>),
    Reschedule(String, Option<i64>),
    Expired(String),
    Group(Body, Option<String>),
    Gspawn(String, String, Option<String>),
}

/// Events, semaphores and queues.
#[derive(Debug)]
pub(crate) enum Sync {
    EventWait(String),
    EventSet(String),
    EventClear(String),
    SemAcquire(String),
    SemRelease(String),
    QueuePut(String, Value),
    QueueGet(String),
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub(crate) fn parse(json: &Json) -> Result<Self, String> {
        parse::scenario(json)
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it shows, in a sentence.
    pub fn about(&self) -> &str {
        &self.about
    }
}
