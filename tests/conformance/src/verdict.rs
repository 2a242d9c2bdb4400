//! Compares what cede did with what asyncio did.

use std::fmt;

use crate::run::Ending;
use crate::trace::{per_task, untimed};
use crate::vector::Vector;

/// How two traces are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Line by line.
    Exact,
    /// Line by line, without the times.
    Untimed,
    /// The events of each task, without the times, whatever the order among tasks.
    PerTask,
}

/// What became of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// cede did as asyncio does.
    Passed,
    /// cede did something else.
    Differs(Difference),
    /// It could not be run: this is not supported.
    Unsupported(String),
    /// It did not end. The trace so far.
    Stuck(Vec<String>),
}

/// The first difference of two lists of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The task, if the lines are those of one.
    task: Option<String>,
    at: usize,
    asyncio: Vec<String>,
    cede: Vec<String>,
}

/// How many lines are shown before and after a difference.
const AROUND: usize = 6;

impl Vector {
    /// Compares asyncio's trace with how a run ended.
    pub fn judge(&self, ending: Ending, comparison: Comparison) -> Verdict {
        let trace = match ending {
            Ending::Traced(trace) => trace,
            Ending::Unsupported(what) => return Verdict::Unsupported(what),
            Ending::Stuck(trace) => return Verdict::Stuck(trace),
        };
        let difference = match comparison {
            Comparison::Exact => Difference::find(None, &self.trace, &trace),
            Comparison::Untimed => Difference::find(None, &untimed(&self.trace), &untimed(&trace)),
            Comparison::PerTask => differing_task(&self.trace, &trace),
        };
        difference.map_or(Verdict::Passed, Verdict::Differs)
    }
}

impl Difference {
    fn find(task: Option<&str>, asyncio: &[String], cede: &[String]) -> Option<Self> {
        let same = asyncio.iter().zip(cede).take_while(|(left, right)| left == right);
        let at = same.count();
        (at < asyncio.len().max(cede.len())).then(|| Difference {
            task: task.map(String::from),
            at,
            asyncio: asyncio.to_vec(),
            cede: cede.to_vec(),
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Passed => f.write_str("passed"),
            Verdict::Differs(difference) => difference.fmt(f),
            Verdict::Unsupported(what) => write!(f, "unsupported: {what}"),
            Verdict::Stuck(trace) => {
                write!(f, "it did not end; the last lines of its trace:")?;
                let from = trace.len().saturating_sub(AROUND);
                show(f, "cede   ", trace, from)
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.at + 1;
        match &self.task {
            Some(task) => write!(f, "they differ in event {line} of task {task}:")?,
            None => write!(f, "they differ in line {line}:")?,
        }
        let before = self.at.saturating_sub(AROUND);
        show(f, "both   ", &self.asyncio[..self.at], before)?;
        show(f, "asyncio", &self.asyncio, self.at)?;
        show(f, "cede   ", &self.cede, self.at)
    }
}

/// The first difference in what one task does.
fn differing_task(asyncio: &[String], cede: &[String]) -> Option<Difference> {
    let (asyncio, cede) = (per_task(asyncio), per_task(cede));
    let events = |split: &[(String, Vec<String>)], task: &str| {
        let found = split.iter().find(|(name, _)| name == task);
        found.map(|(_, events)| events.clone()).unwrap_or_default()
    };
    let mut tasks = asyncio.iter().chain(&cede).map(|(task, _)| task);
    tasks.find_map(|task| {
        Difference::find(Some(task), &events(&asyncio, task), &events(&cede, task))
    })
}

/// Some lines, from the one with index `from`.
fn show(f: &mut fmt::Formatter<'_>, whose: &str, lines: &[String], from: usize) -> fmt::Result {
    for (index, line) in lines.iter().enumerate().skip(from).take(AROUND) {
        write!(f, "\n  {whose} {:>3}  {line}", index + 1)?;
    }
    if from >= lines.len() && from > 0 && whose != "both   " {
        write!(f, "\n  {whose}      (ends here)")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_first_difference_is_found() {
        let (left, right) = (lines(&["a", "b", "c"]), lines(&["a", "x", "c"]));
        assert_eq!(Difference::find(None, &left, &right).unwrap().at, 1);
        assert_eq!(Difference::find(None, &left, &left[..2]).unwrap().at, 2);
        assert_eq!(Difference::find(None, &left, &left), None);
    }

    #[test]
    fn tasks_are_compared_each_by_itself() {
        let left = lines(&["0 a start", "0 b start"]);
        let right = lines(&["0 b start", "1 a start"]);
        assert_eq!(differing_task(&left, &right), None);
        let right = lines(&["0 a start"]);
        assert_eq!(differing_task(&left, &right).unwrap().task.as_deref(), Some("b"));
    }
}
