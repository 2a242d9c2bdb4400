//! The arguments of one statement.

use std::fmt;

use serde_json::Value as Json;

use crate::scenario::parse::Names;
use crate::value::Value;

/// Hands out the arguments of a statement one by one. Those that are missing at the end are null.
pub(super) struct Args<'a> {
    rest: &'a [Json],
    taken: usize,
    names: &'a Names,
}

impl<'a> Args<'a> {
    pub(super) fn new(rest: &'a [Json], names: &'a Names) -> Self {
        Args { rest, taken: 0, names }
    }

    pub(super) fn names(&self) -> &'a Names {
        self.names
    }

    /// An error, unless all arguments have been taken.
    pub(super) fn finish(&self) -> Result<(), String> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(format!("at most {} arguments are taken", self.taken))
    }

    /// The next argument as it is.
    pub(super) fn json(&mut self) -> &'a Json {
        self.taken += 1;
        match self.rest.split_first() {
            Some((next, rest)) => {
                self.rest = rest;
                next
            }
            None => &Json::Null,
        }
    }

    pub(super) fn text(&mut self) -> Result<String, String> {
        self.maybe_text()?.ok_or_else(|| self.wrong("a string"))
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<String>, String> {
        match self.json() {
            Json::Null => Ok(None),
            Json::String(text) => Ok(Some(text.clone())),
            _ => Err(self.wrong("a string")),
        }
    }

    pub(super) fn texts(&mut self) -> Result<Vec<String>, String> {
        let texts = self.json().as_array().and_then(|items| {
            let texts = items.iter().map(|item| item.as_str().map(String::from));
            texts.collect::<Option<Vec<String>>>()
        });
        texts.ok_or_else(|| self.wrong("a list of strings"))
    }

    pub(super) fn coro(&mut self) -> Result<String, String> {
        let name = self.text()?;
        self.known(&self.names.coros, name)
    }

    pub(super) fn sem(&mut self) -> Result<String, String> {
        let name = self.text()?;
        self.known(&self.names.sems, name)
    }

    pub(super) fn queue(&mut self) -> Result<String, String> {
        let name = self.text()?;
        self.known(&self.names.queues, name)
    }

    pub(super) fn flag(&mut self) -> Result<bool, String> {
        let flag = self.json().as_bool();
        flag.ok_or_else(|| self.wrong("true or false"))
    }

    /// A number that is not negative.
    pub(super) fn count(&mut self) -> Result<u64, String> {
        let number = self.json().as_u64();
        number.ok_or_else(|| self.wrong("a whole number, 0 or more"))
    }

    /// A time in milliseconds, or null.
    pub(super) fn maybe_ms(&mut self) -> Result<Option<i64>, String> {
        match self.json() {
            Json::Null => Ok(None),
            json => json.as_i64().map(Some).ok_or_else(|| self.wrong("a whole number, or null")),
        }
    }

    pub(super) fn value(&mut self) -> Result<Value, String> {
        match self.json() {
            Json::Null => Ok(Value::None),
            Json::String(text) => Ok(Value::Text(text.clone())),
            json => json
                .as_i64()
                .map(Value::Int)
                .ok_or_else(|| self.wrong("a whole number, a string, or null")),
        }
    }

    /// Says what the argument taken last should have been.
    pub(super) fn wrong(&self, expected: impl fmt::Display) -> String {
        format!("argument {} is not {expected}", self.taken)
    }

    fn known(&self, known: &[String], name: String) -> Result<String, String> {
        if known.contains(&name) {
            return Ok(name);
        }
        Err(format!("argument {}: {name:?} is not declared", self.taken))
    }
}
