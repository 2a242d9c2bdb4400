//! The smallest nest that still fails.

use crate::program::{Body, Nest, Op};

/// Deletes from `nest` whatever can go while it still `fails`.
pub fn shrink(mut nest: Nest, fails: impl Fn(&Nest) -> bool) -> Nest {
    while let Some(smaller) = candidates(&nest).into_iter().find(&fails) {
        nest = smaller;
    }
    nest
}

/// All that is one deletion away, the great ones first.
fn candidates(nest: &Nest) -> Vec<Nest> {
    let with = |task: usize, body: Body| {
        let mut smaller = nest.clone();
        smaller.tasks[task] = body;
        smaller
    };
    let mut all = Vec::new();
    for task in 0..nest.tasks.len() {
        if !nest.tasks[task].is_empty() {
            all.push(with(task, Vec::new()));
        }
    }
    if nest.asyncio {
        all.push(Nest { asyncio: false, ..nest.clone() });
    }
    for (task, body) in nest.tasks.iter().enumerate() {
        all.extend(smaller_bodies(body).into_iter().map(|body| with(task, body)));
    }
    all
}

fn smaller_bodies(body: &[Op]) -> Vec<Body> {
    let replaced = |at: usize, by: Vec<Op>| {
        let mut smaller = body.to_vec();
        smaller.splice(at..=at, by);
        smaller
    };
    let mut all: Vec<Body> = (0..body.len()).map(|at| replaced(at, Vec::new())).collect();
    for (at, op) in body.iter().enumerate() {
        let [inner, handler] = op.bodies();
        if !inner.is_empty() || !handler.is_empty() {
            all.push(replaced(at, inner.to_vec()));
        }
        for smaller in smaller_bodies(inner) {
            all.push(replaced(at, vec![with_body(op, smaller)]));
        }
        for smaller in smaller_bodies(handler) {
            if let Op::Catch { no, body, then, .. } = op {
                let body = body.clone();
                let smaller = Op::Catch { no: *no, body, handler: smaller, then: *then };
                all.push(replaced(at, vec![smaller]));
            }
        }
        all.extend(simpler(op).into_iter().map(|op| replaced(at, vec![op])));
    }
    all
}

fn with_body(op: &Op, smaller: Body) -> Op {
    let mut op = op.clone();
    match &mut op {
        Op::Attempt(body)
        | Op::Timeout { body, .. }
        | Op::Group { body, .. }
        | Op::Race { body, .. }
        | Op::Critical { body, .. }
        | Op::Catch { body, .. } => *body = smaller,
        _ => unreachable!("only a block has a body"),
    }
    op
}

/// The same, with less to it.
fn simpler(op: &Op) -> Vec<Op> {
    match op {
        Op::Sleep(ms) if *ms > 0 => vec![Op::Sleep(0), Op::Sleep(ms - 1)],
        Op::Gather(tasks, all) if tasks.len() > 1 => {
            let without = |at: usize| {
                let mut fewer = tasks.clone();
                fewer.remove(at);
                Op::Gather(fewer, *all)
            };
            (0..tasks.len()).map(without).collect()
        }
        Op::Gather(tasks, _) if tasks.len() == 1 => vec![Op::Await(tasks[0])],
        Op::WaitFor(_, task, _) => vec![Op::Await(*task)],
        Op::Child(task) => vec![Op::Spawn(*task)],
        Op::Later(ms, target, request) => {
            let mut all = vec![Op::Cancel(*target, *request)];
            all.extend(ms.checked_sub(1).map(|ms| Op::Later(ms, *target, *request)));
            all
        }
        Op::Timeout { no, ms, body } if *ms > 0 => {
            vec![Op::Timeout { no: *no, ms: ms - 1, body: body.clone() }]
        }
        Op::Race { no, ms, body } if *ms > 0 => {
            vec![Op::Race { no: *no, ms: ms - 1, body: body.clone() }]
        }
        _ => Vec::new(),
    }
}
