//! How a nest is printed.

use std::fmt::{self, Display, Formatter};

use crate::program::{Nest, Op};

impl Display for Nest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.asyncio {
            writeln!(f, "as asyncio:")?;
        }
        for (no, body) in self.tasks.iter().enumerate() {
            if !body.is_empty() {
                writeln!(f, "task {no}:")?;
                show(body, 1, f)?;
            }
        }
        Ok(())
    }
}

fn show(body: &[Op], depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    for op in body {
        write!(f, "{:width$}", "", width = depth * 4)?;
        match op {
            Op::Attempt(_) => writeln!(f, "attempt")?,
            Op::Catch { no, .. } => writeln!(f, "catch {no}")?,
            Op::Timeout { no, ms, .. } => writeln!(f, "timeout {no} of {ms} ms")?,
            Op::Group { no, .. } => writeln!(f, "group {no}")?,
            Op::Race { no, ms, .. } => writeln!(f, "race {no} with {ms} ms")?,
            Op::Critical { no, .. } => writeln!(f, "critical {no}")?,
            Op::Cancel(target, request) => writeln!(f, "cancel {target} by request {request}")?,
            Op::Later(ms, target, request) => {
                writeln!(f, "after {ms} ms, cancel {target} by request {request}")?;
            }
            Op::WaitFor(no, task, ms) => writeln!(f, "wait_for {no} of task {task}, {ms} ms")?,
            plain => writeln!(f, "{plain:?}")?,
        }
        let [inner, _] = op.bodies();
        show(inner, depth + 1, f)?;
        if let Op::Catch { no, handler, then, .. } = op {
            writeln!(f, "{:width$}caught {no}", "", width = depth * 4)?;
            show(handler, depth + 1, f)?;
            writeln!(f, "{:width$}{then:?}", "", width = depth * 4 + 4)?;
        }
    }
    Ok(())
}
