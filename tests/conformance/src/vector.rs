//! A vector: a scenario, and the trace that asyncio gives for it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::scenario::Scenario;
use crate::trace::time;

/// A scenario, and the trace that asyncio gives for it.
#[derive(Debug)]
pub struct Vector {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// How much of the trace is to be the same.
    pub level: Level,
    /// Each task does the same in whatever order ready tasks run.
    pub race_free: bool,
    /// asyncio's trace, where every retrieval of a cancelled task's error gives its message.
    pub trace: Vec<String>,
}

/// How much of a trace is to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All of it; any executor with one queue will do.
    Order,
    /// The events of each task, but not the order among tasks.
    Outcome,
    /// All of it; asyncio's inner hops are needed.
    Hops,
}

/// A file of vectors could not be read.
#[derive(Debug)]
pub struct LoadError {
    path: PathBuf,
    line: Option<usize>,
    why: String,
}

impl Vector {
    /// Reads a file of vectors, one in each line.
    ///
    /// # Errors
    ///
    /// If there is no such file, or what is wrong with it.
    pub fn load(path: &Path) -> Result<Vec<Self>, LoadError> {
        load(path, Vector::parse)
    }

    /// How long the scenario takes, in its milliseconds.
    pub fn lasts(&self) -> u64 {
        self.trace.iter().filter_map(|line| time(line)).max().unwrap_or(0)
    }

    fn parse(line: &str) -> Result<Self, String> {
        let json = json(line)?;
        let level = match json["level"].as_str() {
            Some("order") => Level::Order,
            Some("outcome") => Level::Outcome,
            Some("hops") => Level::Hops,
            _ => return Err("its level is none of order, outcome and hops".into()),
        };
        let trace = json.get("trace_sticky").unwrap_or(&json["trace"]);
        let trace = trace.as_array().and_then(|lines| {
            let lines = lines.iter().map(|line| line.as_str().map(String::from));
            lines.collect::<Option<Vec<String>>>()
        });
        Ok(Vector {
            scenario: Arc::new(Scenario::parse(&json["scenario"])?),
            level,
            race_free: json["race_free"].as_bool().unwrap_or(false),
            trace: trace.ok_or("its trace is not a list of strings")?,
        })
    }
}

impl Scenario {
    /// Reads a file of scenarios or vectors, one in each line.
    ///
    /// # Errors
    ///
    /// If there is no such file, or what is wrong with it.
    pub fn load(path: &Path) -> Result<Vec<Arc<Self>>, LoadError> {
        load(path, |line| {
            let json = json(line)?;
            Scenario::parse(json.get("scenario").unwrap_or(&json)).map(Arc::new)
        })
    }
}

/// What `parse` makes of the lines of a file.
fn load<T>(path: &Path, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, LoadError> {
    let error = |line, why| LoadError { path: path.to_path_buf(), line, why };
    let text = fs::read_to_string(path).map_err(|why| error(None, why.to_string()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| parse(line).map_err(|why| error(Some(index + 1), why))).collect()
}

fn json(line: &str) -> Result<Json, String> {
    serde_json::from_str(line).map_err(|error| error.to_string())
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Order => "order",
            Level::Outcome => "outcome",
            Level::Hops => "hops",
        })
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for LoadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sticky_trace_is_the_one_that_counts() {
        let line = r#"{"scenario": {"id": "s", "about": "", "main": []}, "level": "hops",
            "trace": ["a"], "trace_sticky": ["b"]}"#;
        let vector = Vector::parse(line).unwrap();
        assert_eq!(vector.level, Level::Hops);
        assert_eq!(vector.trace, ["b"]);
    }

    #[test]
    fn a_vector_without_a_level_is_refused() {
        let line = r#"{"scenario": {"id": "s", "about": "", "main": []}, "trace": []}"#;
        assert!(Vector::parse(line).unwrap_err().starts_with("its level"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Vector::load(Path::new("no/such.jsonl")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.jsonl: "), "{error}");
    }
}
