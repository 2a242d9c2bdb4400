//! From JSON to a scenario.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::scenario::args::Args;
use crate::scenario::{
    Action, Awaitable, Block, Body, Clauses, Combinator, Control, Scenario, Statement, Sync, Task,
    When,
};

/// What a scenario declares.
pub(super) struct Names {
    pub(super) coros: Vec<String>,
    pub(super) sems: Vec<String>,
    pub(super) queues: Vec<String>,
}

pub(super) fn scenario(json: &Json) -> Result<Scenario, String> {
    let fields = object(json, "a scenario")?;
    let id = text(fields, "id")?;
    content(fields, id.clone()).map_err(|error| format!("scenario {id:?}: {error}"))
}

fn content(fields: &Map<String, Json>, id: String) -> Result<Scenario, String> {
    let empty = Json::Object(Map::new());
    let part = |key| object(fields.get(key).unwrap_or(&empty), key);
    let (coros, sems, queues) = (part("coros")?, part("sems")?, part("queues")?);
    let names = Names {
        coros: coros.keys().cloned().collect(),
        sems: sems.keys().cloned().collect(),
        queues: queues.keys().cloned().collect(),
    };
    let coro = |(name, coro): (&String, &Json)| {
        let statements = body(coro.get("body").unwrap_or(&Json::Null), &names)
            .map_err(|error| format!("coro {name:?}: {error}"))?;
        Ok((name.clone(), statements))
    };
    Ok(Scenario {
        id,
        about: text(fields, "about")?,
        coros: coros.iter().map(coro).collect::<Result<_, String>>()?,
        main: body(fields.get("main").unwrap_or(&Json::Null), &names)
            .map_err(|error| format!("main: {error}"))?,
        sems: numbers(sems)?,
        queues: numbers(queues)?,
    })
}

fn numbers(fields: &Map<String, Json>) -> Result<HashMap<String, usize>, String> {
    let number = |(name, json): (&String, &Json)| {
        let number = json.as_u64().and_then(|number| usize::try_from(number).ok());
        let number = number.ok_or_else(|| format!("{name:?} has no number, 0 or more"))?;
        Ok((name.clone(), number))
    };
    fields.iter().map(number).collect()
}

fn body(json: &Json, names: &Names) -> Result<Body, String> {
    let statements = json.as_array().ok_or("a body is a list of statements")?;
    statements.iter().map(|json| statement(json, names)).collect()
}

fn statement(json: &Json, names: &Names) -> Result<Statement, String> {
    let (op, rest) = json
        .as_array()
        .and_then(|items| items.split_first())
        .and_then(|(op, rest)| Some((op.as_str()?, rest)))
        .ok_or("a statement is a list that begins with its name")?;
    let mut args = Args::new(rest, names);
    let action = action(op, &mut args)
        .and_then(|action| args.finish().map(|()| action))
        .map_err(|error| format!("{op}: {error}"))?;
    let op = op.to_string();
    Ok(Statement { op, action })
}

fn action(op: &str, args: &mut Args<'_>) -> Result<Action, String> {
    Ok(match op {
        "log" => Action::Control(Control::Log(args.text()?)),
        "sleep" => Action::Control(Control::Sleep(args.count()?)),
        "busy" => Action::Control(Control::Busy(args.count()?)),
        "return" => Action::Control(Control::Return(args.value()?)),
        "raise" => Action::Control(Control::Raise(args.text()?)),
        "reraise" => Action::Control(Control::Reraise),
        "try" => Action::Control(Control::Try(nested(args)?, clauses(args)?)),
        "call" => Action::Control(Control::Call(args.coro()?)),
        "repeat" => Action::Control(Control::Repeat(args.count()?, nested(args)?)),
        "ctx_set" => Action::Control(Control::CtxSet(args.text()?, args.value()?)),
        "ctx_get" => Action::Control(Control::CtxGet(args.text()?)),
        "spawn" => Action::Task(Task::Spawn(args.text()?, args.coro()?)),
        "cancel" => Action::Task(Task::Cancel(args.text()?, args.maybe_text()?)),
        "cancel_self" => Action::Task(Task::CancelSelf(args.maybe_text()?)),
        "status" => Action::Task(Task::Status(args.text()?)),
        "result" => Action::Task(Task::Result(args.text()?)),
        "cancelling" => Action::Task(Task::Cancelling(args.text()?)),
        "uncancel" => Action::Task(Task::Uncancel(args.text()?)),
        "all_tasks" => Action::Task(Task::AllTasks),
        "current" => Action::Task(Task::Current),
        "done_callback" => Action::Task(Task::DoneCallback(args.text()?, args.text()?)),
        "await" => Action::Combinator(Combinator::Await(awaitable(args)?)),
        "wait" => {
            Action::Combinator(Combinator::Wait(args.texts()?, args.maybe_ms()?, when(args)?))
        }
        "gather" => Action::Combinator(Combinator::Gather(awaitables(args)?, args.flag()?)),
        "shield" => Action::Combinator(Combinator::Shield(awaitable(args)?)),
        "wait_for" => Action::Combinator(Combinator::WaitFor(awaitable(args)?, args.maybe_ms()?)),
        "as_completed" => {
            Action::Combinator(Combinator::AsCompleted(args.texts()?, args.maybe_ms()?))
        }
        "timeout" => {
            let (ms, body) = (args.maybe_ms()?, nested(args)?);
            Action::Block(Block::Timeout(ms, body, args.maybe_text()?))
        }
        "reschedule" => Action::Block(Block::Reschedule(args.text()?, args.maybe_ms()?)),
        "expired" => Action::Block(Block::Expired(args.text()?)),
        "group" => Action::Block(Block::Group(nested(args)?, args.maybe_text()?)),
        "gspawn" => {
            let (var, coro) = (args.text()?, args.coro()?);
            Action::Block(Block::Gspawn(var, coro, args.maybe_text()?))
        }
        "event_wait" => Action::Sync(Sync::EventWait(args.text()?)),
        "event_set" => Action::Sync(Sync::EventSet(args.text()?)),
        "event_clear" => Action::Sync(Sync::EventClear(args.text()?)),
        "sem_acquire" => Action::Sync(Sync::SemAcquire(args.sem()?)),
        "sem_release" => Action::Sync(Sync::SemRelease(args.sem()?)),
        "queue_put" => Action::Sync(Sync::QueuePut(args.queue()?, args.value()?)),
        "queue_get" => Action::Sync(Sync::QueueGet(args.queue()?)),
        _ => return Err("there is no such statement".into()),
    })
}

/// The body of a block.
fn nested(args: &mut Args<'_>) -> Result<Body, String> {
    body(args.json(), args.names())
}

fn clauses(args: &mut Args<'_>) -> Result<Clauses, String> {
    let json = args.json();
    let fields = json.as_object().ok_or_else(|| args.wrong("an object of clauses"))?;
    let known = ["cancelled", "error", "finally"];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("there is no clause {name:?}"));
    }
    let clause = |name| {
        let clause = fields.get(name).map(|json| body(json, args.names()));
        clause.transpose()
    };
    Ok(Clauses {
        cancelled: clause("cancelled")?,
        error: clause("error")?,
        finally: clause("finally")?.unwrap_or_default(),
    })
}

fn awaitable(args: &mut Args<'_>) -> Result<Awaitable, String> {
    let json = args.json();
    as_awaitable(json).ok_or_else(|| args.wrong("a task, a shield or a gather"))
}

fn awaitables(args: &mut Args<'_>) -> Result<Vec<Awaitable>, String> {
    let json = args.json();
    as_awaitables(json).ok_or_else(|| args.wrong("a list of tasks, shields and gathers"))
}

fn as_awaitable(json: &Json) -> Option<Awaitable> {
    if let Some(task) = json.as_str() {
        return Some(Awaitable::Task(task.to_string()));
    }
    match json.as_array()?.as_slice() {
        [op, inner] if op == "shield" => Some(Awaitable::Shield(Box::new(as_awaitable(inner)?))),
        [op, children, flag] if op == "gather" => {
            Some(Awaitable::Gather(as_awaitables(children)?, flag.as_bool()?))
        }
        _ => None,
    }
}

fn as_awaitables(json: &Json) -> Option<Vec<Awaitable>> {
    json.as_array()?.iter().map(as_awaitable).collect()
}

fn when(args: &mut Args<'_>) -> Result<When, String> {
    match args.text()?.as_str() {
        "ALL" => Ok(When::All),
        "FIRST_COMPLETED" => Ok(When::FirstCompleted),
        "FIRST_EXCEPTION" => Ok(When::FirstException),
        _ => Err(args.wrong("ALL, FIRST_COMPLETED or FIRST_EXCEPTION")),
    }
}

fn object<'a>(json: &'a Json, what: &str) -> Result<&'a Map<String, Json>, String> {
    json.as_object().ok_or_else(|| format!("{what} is not an object"))
}

fn text(fields: &Map<String, Json>, key: &str) -> Result<String, String> {
    let text = fields.get(key).and_then(Json::as_str);
    text.map(String::from).ok_or_else(|| format!("it has no {key:?}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A scenario with `main` for its main body, in which everything declared is called `c`.
    fn parse(main: &Json) -> Result<Scenario, String> {
        scenario(&json!({
            "id": "s", "about": "", "coros": {"c": {"body": []}}, "main": main,
            "sems": {"c": 1}, "queues": {"c": 2},
        }))
    }

    fn error(main: &Json) -> String {
        parse(main).expect_err("it is wrong")
    }

    #[test]
    fn every_part_is_read() {
        let scenario = parse(&json!([["spawn", "a", "c"], ["sleep", 10]])).unwrap();
        assert_eq!(scenario.id(), "s");
        assert!(scenario.coros["c"].is_empty());
        assert_eq!((scenario.sems["c"], scenario.queues["c"]), (1, 2));
        let [spawn, sleep] = scenario.main.as_slice() else { panic!("two statements") };
        assert_eq!(spawn.op, "spawn");
        assert!(
            matches!(&spawn.action, Action::Task(Task::Spawn(var, coro)) if var == "a" && coro == "c")
        );
        assert!(matches!(sleep.action, Action::Control(Control::Sleep(10))));
    }

    #[test]
    fn arguments_at_the_end_may_be_missing() {
        let scenario = parse(&json!([["return"], ["cancel", "a"], ["timeout", null, []]])).unwrap();
        let actions: Vec<_> = scenario.main.iter().map(|statement| &statement.action).collect();
        assert!(matches!(
            actions.as_slice(),
            [
                Action::Control(Control::Return(crate::value::Value::None)),
                Action::Task(Task::Cancel(_, None)),
                Action::Block(Block::Timeout(None, _, None)),
            ]
        ));
    }

    #[test]
    fn bodies_nest() {
        let main = json!([["try", [["repeat", 2, [["reraise"]]]], {"cancelled": [], "finally": [["log", "x"]]}]]);
        let scenario = parse(&main).unwrap();
        let Action::Control(Control::Try(body, clauses)) = &scenario.main[0].action else {
            panic!("a try")
        };
        assert!(
            matches!(&body[0].action, Action::Control(Control::Repeat(2, body)) if body.len() == 1)
        );
        assert!(clauses.cancelled.as_ref().is_some_and(Vec::is_empty));
        assert!(clauses.error.is_none());
        assert_eq!(clauses.finally.len(), 1);
    }

    #[test]
    fn awaitables_nest() {
        let scenario =
            parse(&json!([["await", ["shield", ["gather", ["a", "b"], true]]]])).unwrap();
        let Action::Combinator(Combinator::Await(Awaitable::Shield(inner))) =
            &scenario.main[0].action
        else {
            panic!("a shield")
        };
        assert!(matches!(&**inner, Awaitable::Gather(children, true) if children.len() == 2));
    }

    #[test]
    fn errors_say_what_is_wrong_and_where() {
        assert_eq!(
            error(&json!([["sing"]])),
            "scenario \"s\": main: sing: there is no such statement"
        );
        assert!(
            error(&json!([["spawn", "a", "nobody"]]))
                .ends_with("argument 2: \"nobody\" is not declared")
        );
        assert!(error(&json!([["log", 1]])).ends_with("argument 1 is not a string"));
        assert!(error(&json!([["log"]])).ends_with("argument 1 is not a string"));
        assert!(error(&json!([["log", "a", "b"]])).ends_with("at most 1 arguments are taken"));
        assert!(
            error(&json!([["sleep", -1]])).ends_with("argument 1 is not a whole number, 0 or more")
        );
        assert!(
            error(&json!([["try", [], {"else": []}]])).ends_with("there is no clause \"else\"")
        );
        assert!(
            error(&json!([["await", ["all", "a"]]]))
                .ends_with("is not a task, a shield or a gather")
        );
        assert!(error(&json!([["repeat", 2, [["sing"]]]])).contains("repeat: sing:"));
        assert!(error(&json!({})).ends_with("a body is a list of statements"));
    }
}
