//! What holds for every program there is: R2, R8, R9, R13, and that time goes forwards.

mod program;
mod world;

use std::collections::HashSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::backend::TimerKey;
use cede::{Cancel, Registry, ResultError, Task, TaskRef, backend, create_task, sleep, yield_now};
use cede_sync::Mutex;
use cede_tests::{
    Backend, Counter, Fifo, Noticed, Signal, every_backend, fifo_backends, run_quietly,
};
use futures::future::join_all;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use program::{Grammar, Program, programs};
use world::{Member, World};

every_backend!(
    every_program_ends_and_drops_everything_once,
    what_was_asked_and_not_refused_ends_cancelled,
    tasks_that_await_each_other_in_circles_can_be_cancelled,
);
fifo_backends!(
    the_same_program_runs_the_same_way_twice,
    timers_fire_by_deadline_and_then_by_creation,
);

const CASES: u32 = 256;

/// Checks `property` with values that are the same in every run.
fn check<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    Noticed::install();
    run_quietly(|| {
        let outcome = runner.run(strategy, |value| {
            property(value);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    });
}

/// Runs a program to its end, and checks what always holds. Gives its tasks and its transcript.
fn play<B: Backend>(program: Program, tally: &Counter) -> (Vec<Arc<Member>>, String) {
    let inside = tally.clone();
    let world = B::run(async move {
        let world = World::new(&inside);
        world.play(program).await;
        world
    });
    let world = world.unwrap();
    assert_eq!(world.executor.all_tasks(), []);
    let members = world.members();
    for member in &members {
        assert!(member.task.done() && !member.task.cancel() && !member.task.abort());
        assert_eq!(member.task.cancelled(), ended_cancelled(&member.task));
    }
    // It holds handles, which hold tasks.
    world.clear();
    (members, world.log.text())
}

fn ended_cancelled(task: &TaskRef) -> bool {
    matches!(task.result(), Err(ResultError::Cancelled(_)))
}

fn panicked(task: &TaskRef) -> bool {
    matches!(task.result(), Err(ResultError::Panicked(_)))
}

fn every_program_ends_and_drops_everything_once<B: Backend>() {
    check(CASES, &programs(Grammar::Free), |program| {
        let tally = Counter::new();
        drop(play::<B>(program, &tally));
        assert_eq!(tally.alive(), 0);
    });
}

/// Whom a request to the task `number` may have been forwarded to, itself included.
fn asked_with(members: &[Arc<Member>], number: usize) -> HashSet<usize> {
    let (mut seen, mut left) = (HashSet::from([number]), vec![number]);
    while let Some(number) = left.pop() {
        let awaited = members[number].traces.awaited.lock().clone();
        left.extend(awaited.into_iter().filter(|number| seen.insert(*number)));
    }
    seen
}

/// Must this task end cancelled, since somebody else was told that it will, and nobody refused?
fn must_be_cancelled(members: &[Arc<Member>], number: usize) -> bool {
    let asked = asked_with(members, number);
    let unwilling = |number: &usize| {
        let Member { task, traces, .. } = &*members[*number];
        traces.refused.load(Ordering::SeqCst) || panicked(task)
    };
    // Of a task's own requests a timeout of its may swallow one, as in asyncio.
    let askers = members[number].traces.askers.lock();
    askers.iter().any(|asker| !asked.contains(asker)) && !asked.iter().any(unwilling)
}

fn what_was_asked_and_not_refused_ends_cancelled<B: Backend>() {
    let checked = AtomicUsize::new(0);
    check(CASES, &programs(Grammar::Strict), |program| {
        let (members, _) = play::<B>(program, &Counter::new());
        for (number, member) in members.iter().enumerate() {
            let over = ended_cancelled(&member.task) || panicked(&member.task);
            assert!(over || !member.traces.aborted.load(Ordering::SeqCst), "{number}: aborted");
            if must_be_cancelled(&members, number) {
                assert!(ended_cancelled(&member.task), "{number}: asked, and nobody refused");
                checked.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let checked = checked.into_inner();
    assert!(checked > 100, "only {checked} tasks were asked");
}

fn the_same_program_runs_the_same_way_twice<B: Fifo>() {
    check(CASES / 4, &programs(Grammar::Free), |program| {
        let (_, once) = play::<B>(program.clone(), &Counter::new());
        let (_, twice) = play::<B>(program, &Counter::new());
        assert_eq!(once, twice);
    });
}

/// Who awaits whom, and who is asked in which order.
fn circles() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<usize>)> {
    (2..7_usize).prop_flat_map(|tasks| {
        let awaits = vec(vec(0..tasks, 0..4), tasks);
        (awaits, vec(0..tasks, 0..5))
    })
}

fn tasks_that_await_each_other_in_circles_can_be_cancelled<B: Backend>() {
    check(CASES, &circles(), |(awaits, asked)| {
        let tally = Counter::new();
        let inside = tally.clone();
        let (tasks, answers) = B::run(async move {
            let tasks: Arc<Mutex<Vec<TaskRef>>> = Arc::default();
            let all_there = Signal::new();
            for targets in awaits {
                let (all, counted) = (Arc::clone(&tasks), inside.one());
                let all_there = all_there.wait();
                let task = create_task(async move {
                    let _counted = counted;
                    all_there.await;
                    let targets: Vec<_> = targets.iter().map(|n| all.lock()[*n].clone()).collect();
                    // Its own await is an error at once; the others are for ever.
                    join_all(targets.into_iter().map(IntoFuture::into_future)).await;
                    pending::<()>().await;
                });
                tasks.lock().push(task.task_ref());
            }
            all_there.set();
            for _ in 0..4 {
                yield_now().await;
            }
            let tasks = tasks.lock().clone();
            // One that was asked by way of another may have ended by that.
            let ask = |task: &TaskRef| task.cancel() || task.cancelled();
            let answers: Vec<_> = asked.iter().map(|n| ask(&tasks[*n])).collect();
            for n in asked {
                let _ = (&tasks[n]).await;
            }
            (tasks, answers)
        })
        .unwrap();
        assert!(answers.into_iter().all(|answer| answer), "none ended otherwise");
        assert!(tasks.iter().all(Cancel::cancelled));
        assert_eq!(tally.alive(), 0);
    });
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Set(u64),
    Forget(usize),
    Sleep(u64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![
        4 => (1..20_u64).prop_map(Move::Set),
        1 => (0..30_usize).prop_map(Move::Forget),
        2 => (1..12_u64).prop_map(Move::Sleep),
    ];
    vec(step, 0..40)
}

/// A timer that tells when it fires.
struct Bell {
    number: usize,
    rung: Arc<Mutex<Vec<usize>>>,
    gone: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        assert!(!self.gone.swap(true, Ordering::SeqCst), "a timer fired twice");
        self.rung.lock().push(self.number);
    }
}

fn timers_fire_by_deadline_and_then_by_creation<B: Fifo>() {
    check(CASES, &moves(), |moves| {
        B::run(async move {
            let executor = backend::ambient().unwrap();
            let rung: Arc<Mutex<Vec<usize>>> = Arc::default();
            let (mut keys, mut forgotten): (Vec<TimerKey>, HashSet<usize>) = Default::default();
            for step in moves {
                match step {
                    Move::Set(ms) => {
                        let (number, gone) = (keys.len(), AtomicBool::new(false));
                        let bell = Bell { number, rung: Arc::clone(&rung), gone };
                        let deadline = executor.now() + Duration::from_millis(ms);
                        keys.push(executor.wake_at(deadline, Waker::from(Arc::new(bell))));
                    }
                    Move::Forget(number) => {
                        let Some(key) = keys.get(number) else { continue };
                        let fired = rung.lock().contains(&number);
                        let expected = !fired && forgotten.insert(number);
                        assert_eq!(executor.forget_timer(*key).is_some(), expected);
                    }
                    Move::Sleep(ms) => {
                        sleep(Duration::from_millis(ms)).await;
                        let due = |key: &&TimerKey| key.deadline < executor.now();
                        let due = keys.iter().filter(due).count();
                        assert!(rung.lock().len() + forgotten.len() >= due, "one is late");
                    }
                }
            }
            sleep(Duration::from_millis(20)).await;
            let mut expected: Vec<_> =
                (0..keys.len()).filter(|number| !forgotten.contains(number)).collect();
            expected.sort_by_key(|number| (keys[*number].deadline, *number));
            assert_eq!(*rung.lock(), expected);
            assert!(keys.is_sorted_by_key(|key| key.sequence));
        })
        .unwrap();
    });
}
