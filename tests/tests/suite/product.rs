//! Each way in which a handle can go, a request come, a panic strike and a scope answer, with each other, and with awaiters: one small rule says
//! how the task ends.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use cede::{
    Cancel, JoinHandle, ResultError, Task, TaskError, TaskRef, catch_cancel, create_task,
    current_task, shield, yield_now,
};
use cede_tests::{
    Backend, Booby, Counted, Counter, Fifo, Signal, every_backend, fifo_backends, run_quietly,
};
use futures::FutureExt as _;

every_backend!(each_combination_ends_as_the_rule_says);
fifo_backends!(before_the_first_poll_nothing_runs);

/// Four ways to drop the handle, five to ask, four to panic, three scopes, three numbers of awaiters.
const COMBINATIONS: usize = 4 * 5 * 4 * 3 * 3;

/// When the handle is dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dropped {
    BeforeTheFirstPoll,
    Suspended,
    AfterTheEnd,
    Never,
}

/// When the task is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Never,
    BeforeTheFirstPoll,
    Suspended,
    ByItself,
    AfterTheEnd,
}

/// Where there is a panic.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Panics {
    Nowhere,
    InThePoll,
    AtTheDropOfTheFuture,
    AtTheDropOfTheValue,
}

/// What is around the awaits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scope {
    None,
    Refuses,
    CleansUpAndResumes,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    dropped: Dropped,
    asked: Asked,
    panics: Panics,
    scope: Scope,
    awaiters: usize,
}

#[derive(Debug, PartialEq)]
enum End {
    Value,
    Cancelled,
    Panicked(String),
}

/// How a task of this plan ends, if it `ran` at all.
fn rule(plan: Plan, ran: bool) -> End {
    let refuses = ran && plan.scope == Scope::Refuses;
    match plan.panics {
        Panics::AtTheDropOfTheFuture => End::Panicked("future".into()),
        _ if is_asked(plan) && !refuses => End::Cancelled,
        Panics::InThePoll => End::Panicked("poll".into()),
        Panics::Nowhere | Panics::AtTheDropOfTheValue => End::Value,
    }
}

/// Does the code come to the place where it makes its value?
fn makes_a_value(plan: Plan, ran: bool) -> bool {
    let before = Plan { panics: Panics::Nowhere, ..plan };
    plan.panics != Panics::InThePoll && rule(before, ran) == End::Value
}

/// Does a request come in time?
fn is_asked(plan: Plan) -> bool {
    !matches!(plan.asked, Asked::Never | Asked::AfterTheEnd)
}

fn plans() -> impl Iterator<Item = Plan> {
    let dropped =
        [Dropped::BeforeTheFirstPoll, Dropped::Suspended, Dropped::AfterTheEnd, Dropped::Never];
    let asked = [
        Asked::Never,
        Asked::BeforeTheFirstPoll,
        Asked::Suspended,
        Asked::ByItself,
        Asked::AfterTheEnd,
    ];
    let panics = [
        Panics::Nowhere,
        Panics::InThePoll,
        Panics::AtTheDropOfTheFuture,
        Panics::AtTheDropOfTheValue,
    ];
    let scopes = [Scope::None, Scope::Refuses, Scope::CleansUpAndResumes];
    dropped.into_iter().flat_map(move |dropped| {
        asked.into_iter().flat_map(move |asked| {
            panics.into_iter().flat_map(move |panics| {
                scopes.into_iter().flat_map(move |scope| {
                    (0..3).map(move |awaiters| Plan { dropped, asked, panics, scope, awaiters })
                })
            })
        })
    })
}

/// What the task gives.
struct Parcel {
    _counted: Counted,
    _booby: Option<Booby>,
}

/// A future that may panic when it is dropped.
struct Trapped<F> {
    future: Pin<Box<F>>,
    _booby: Option<Booby>,
}

impl<F: Future> Future for Trapped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.future.as_mut().poll(cx)
    }
}

/// What is counted of one task.
#[derive(Clone, Default)]
struct Probes {
    outer: Counter,
    inner: Counter,
    value: Counter,
    ran: Signal,
    here: Signal,
    go: Signal,
}

fn task_of(plan: Plan, probes: &Probes) -> impl Future<Output = Parcel> + Send + 'static {
    let (probes, outer, inner) = (probes.clone(), probes.outer.one(), probes.inner.one());
    let future = async move {
        let _outer = outer;
        probes.ran.set();
        let work = async move {
            let _inner = inner;
            probes.here.set();
            probes.go.wait().await;
            if plan.asked == Asked::ByItself {
                assert!(current_task().unwrap().cancel());
            }
            yield_now().await;
        };
        match plan.scope {
            Scope::None => work.await,
            Scope::Refuses => drop(catch_cancel(work).await),
            Scope::CleansUpAndResumes => {
                if let Err(cancelled) = catch_cancel(work).await {
                    yield_now().await;
                    cancelled.resume().await;
                }
            }
        }
        assert!(plan.panics != Panics::InThePoll, "poll");
        let booby = plan.panics == Panics::AtTheDropOfTheValue;
        Parcel { _counted: probes.value.one(), _booby: booby.then(|| Booby("value")) }
    };
    let booby = plan.panics == Panics::AtTheDropOfTheFuture;
    Trapped { future: Box::pin(future), _booby: booby.then(|| Booby("future")) }
}

/// Awaits, in one of two ways, and tells how that ended.
fn awaiter(number: usize, task: TaskRef) -> JoinHandle<End> {
    create_task(async move {
        let outcome = if number == 0 { (&task).await } else { shield(&task).await };
        match outcome {
            Ok(()) => End::Value,
            Err(TaskError::Cancelled(_)) => End::Cancelled,
            Err(TaskError::Panicked(panicked)) => End::Panicked(panicked.text().to_owned()),
            Err(other) => panic!("{other}"),
        }
    })
}

fn end_of<T: ?Sized>(result: Result<&T, ResultError>) -> End {
    match result {
        Ok(_) => End::Value,
        Err(ResultError::Cancelled(_)) => End::Cancelled,
        Err(ResultError::Panicked(panicked)) => End::Panicked(panicked.text().to_owned()),
        Err(other) => panic!("{other}"),
    }
}

/// Plays one plan, and gives the handle if that is never dropped.
async fn play(plan: Plan, probes: Probes) -> Option<JoinHandle<Parcel>> {
    let handle = create_task(task_of(plan, &probes));
    let task = handle.task_ref();
    let mut handle = Some(handle);
    let awaiters: Vec<_> = (0..plan.awaiters).map(|n| awaiter(n, task.clone())).collect();
    if plan.dropped == Dropped::BeforeTheFirstPoll {
        handle = None;
    }
    if plan.asked == Asked::BeforeTheFirstPoll {
        assert!(task.cancel(), "{plan:?}");
    }
    while !probes.here.is_set() && !task.done() {
        yield_now().await;
    }
    if plan.dropped == Dropped::Suspended {
        handle = None;
    }
    if plan.asked == Asked::Suspended {
        assert!(task.cancel(), "{plan:?}");
    }
    probes.go.set();
    while !task.done() {
        yield_now().await;
    }
    if plan.dropped == Dropped::AfterTheEnd {
        handle = None;
    }
    if plan.asked == Asked::AfterTheEnd {
        assert!(!task.cancel(), "{plan:?}");
    }
    let expected = rule(plan, probes.ran.is_set());
    for awaiter in awaiters {
        assert_eq!(awaiter.await.unwrap(), expected, "{plan:?}");
    }
    assert_eq!(end_of(task.result()), expected, "{plan:?}");
    assert_eq!(task.cancelled(), expected == End::Cancelled, "{plan:?}");
    assert_eq!(task.cancelling(), usize::from(is_asked(plan)), "{plan:?}");
    handle
}

fn check<B: Backend>(plan: Plan) -> Probes {
    let probes = Probes::default();
    let handle = B::run(play(plan, probes.clone())).unwrap_or_else(|e| panic!("{plan:?}: {e}"));
    let ran = probes.ran.is_set();
    assert_eq!(handle.is_some(), plan.dropped == Dropped::Never, "{plan:?}");
    if let Some(handle) = handle {
        let expected = rule(plan, ran);
        assert_eq!(end_of(handle.result()), expected, "{plan:?}");
        let value = handle.into_future().now_or_never().expect("it is done").ok();
        assert_eq!(value.is_some(), expected == End::Value, "{plan:?}");
        let booby = value.is_some() && plan.panics == Panics::AtTheDropOfTheValue;
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(value)));
        assert_eq!(dropped.is_err(), booby, "{plan:?}: the value is the caller's own");
    }
    let made = |counter: &Counter| (counter.made(), counter.alive());
    assert_eq!(made(&probes.outer), (1, 0), "{plan:?}");
    assert_eq!(made(&probes.inner), (1, 0), "{plan:?}");
    let value = usize::from(makes_a_value(plan, ran));
    assert_eq!(made(&probes.value), (value, 0), "{plan:?}");
    probes
}

fn each_combination_ends_as_the_rule_says<B: Backend>() {
    run_quietly(|| {
        let played = plans().map(check::<B>).count();
        assert_eq!(played, COMBINATIONS);
    });
}

fn before_the_first_poll_nothing_runs<B: Fifo>() {
    run_quietly(|| {
        for plan in plans() {
            let ran = check::<B>(plan).ran.is_set();
            assert_eq!(ran, plan.asked != Asked::BeforeTheFirstPoll, "{plan:?}");
        }
    });
}
