//! What a body ends with, and the text that stands for it in a trace.

use std::fmt;
use std::sync::Arc;

use cede::Cancelled;

/// How a body ends, unless it is cancelled.
pub(crate) type Outcome = Result<Value, Error>;

/// The same, as a task's output: a group shares the errors of its children.
pub(crate) type Joined = Result<Value, Arc<Error>>;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    None,
    Int(i64),
    Text(String),
    List(Vec<Value>),
}

/// An error. A cancellation that hits a body is not one: it unwinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    App(String),
    Timeout,
    Runtime,
    Group(Vec<Error>),
}

/// The text of a `CancelledError`.
pub(crate) struct CancelledError<'a>(pub(crate) &'a Cancelled);

/// A list, in brackets.
pub(crate) struct List<T>(pub(crate) T);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("none"),
            Value::Int(number) => number.fmt(f),
            Value::Text(text) => f.write_str(text),
            Value::List(values) => List(values).fmt(f),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::App(name) => write!(f, "AppError({name})"),
            Error::Timeout => f.write_str("TimeoutError"),
            Error::Runtime => f.write_str("RuntimeError"),
            Error::Group(errors) => write!(f, "ExceptionGroup{}", List(errors)),
        }
    }
}

impl fmt::Display for CancelledError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.message() {
            Some(message) if !message.is_empty() => write!(f, "CancelledError({message})"),
            _ => f.write_str("CancelledError"),
        }
    }
}

impl<T> fmt::Display for List<T>
where
    T: IntoIterator<Item: fmt::Display> + Clone,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, item) in self.0.clone().into_iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        f.write_str("]")
    }
}
