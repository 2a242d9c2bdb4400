//! Statements that concern one body alone.

use std::sync::PoisonError;

use cede::catch_cancel;

use crate::interpreter::{Around, Caught, Flow, Interpreter};
use crate::scenario::{Body, Clauses, Control};
use crate::value::{CancelledError, Error, Value};

impl Interpreter {
    pub(super) async fn control(&self, control: &Control, around: &Around) -> Result<Flow, Error> {
        match control {
            Control::Log(text) => self.world.log(format_args!("log {text}")),
            Control::Sleep(ms) => cede::sleep(self.world.time.duration(*ms)).await,
            Control::Busy(ms) => self.world.time.busy(*ms),
            Control::Return(value) => return Ok(Flow::Return(value.clone())),
            Control::Raise(name) => return Err(Error::App(name.clone())),
            Control::Reraise => return reraise(around).await,
            Control::Try(body, clauses) => return self.try_(body, clauses, around).await,
            Control::Call(coro) => self.call(coro).await?,
            Control::Repeat(times, body) => return self.repeat(*times, body, around).await,
            Control::CtxSet(key, value) => self.set_context(key, value),
            Control::CtxGet(key) => {
                self.world.log(format_args!("ctx_get {key} -> {}", self.context(key)));
            }
        }
        Ok(Flow::Next)
    }

    async fn try_(&self, body: &Body, clauses: &Clauses, around: &Around) -> Result<Flow, Error> {
        let outcome = catch_cancel(self.guarded(body, clauses, around)).await;
        match self.statements(&clauses.finally, around).await? {
            Flow::Return(value) => Ok(Flow::Return(value)),
            Flow::Next => match outcome {
                Ok(outcome) => outcome,
                Err(cancelled) => cancelled.resume().await,
            },
        }
    }

    /// A `try` without its `finally`.
    async fn guarded(
        &self,
        body: &Body,
        clauses: &Clauses,
        around: &Around,
    ) -> Result<Flow, Error> {
        let (clause, text, caught) = match catch_cancel(self.statements(body, around)).await {
            Ok(Ok(flow)) => return Ok(flow),
            Ok(Err(error)) => match &clauses.error {
                Some(clause) => (clause, error.to_string(), Caught::Error(error)),
                None => return Err(error),
            },
            Err(cancelled) => match &clauses.cancelled {
                Some(clause) => {
                    let text = CancelledError(&cancelled).to_string();
                    (clause, text, Caught::Cancelled(cancelled))
                }
                None => cancelled.resume().await,
            },
        };
        self.world.log(format_args!("caught {text}"));
        let within = Around { caught: Some(caught), ..around.clone() };
        self.statements(clause, &within).await
    }

    async fn call(&self, coro: &str) -> Result<(), Error> {
        let around = Around::default();
        let flow = self.statements(&self.world.scenario.coros[coro], &around).await?;
        self.world.log(format_args!("call {coro} -> {}", flow.into_value()));
        Ok(())
    }

    async fn repeat(&self, times: u64, body: &Body, around: &Around) -> Result<Flow, Error> {
        for _ in 0..times {
            if let Flow::Return(value) = self.statements(body, around).await? {
                return Ok(Flow::Return(value));
            }
        }
        Ok(Flow::Next)
    }

    fn set_context(&self, key: &str, value: &Value) {
        let mut context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        context.insert(key.to_string(), value.clone());
    }

    fn context(&self, key: &str) -> Value {
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        context.get(key).cloned().unwrap_or(Value::None)
    }
}

async fn reraise(around: &Around) -> Result<Flow, Error> {
    match around.caught.clone() {
        Some(Caught::Error(error)) => Err(error),
        Some(Caught::Cancelled(cancelled)) => cancelled.resume().await,
        None => panic!("`reraise` stands outside any clause"),
    }
}
