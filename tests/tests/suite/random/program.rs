//! Random programs.

use proptest::collection::vec;
use proptest::prelude::*;

/// What a task does, one thing after the other.
pub(super) type Block = Vec<Step>;

/// Picks a task among those that there are by then.
pub(super) type Pick = u8;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Yield,
    Sleep(u64),
    Checkpoint,
    Panic,
    /// Creates a task; its handle is dropped at once, or at the end.
    Create {
        detached: bool,
        block: Block,
    },
    /// Drops the handle of a task, if that is still there.
    Detach(Pick),
    Cancel(Pick),
    Uncancel(Pick),
    Abort(Pick),
    /// Awaits a task that was created after this one, so that no circle comes about.
    Await(Pick),
    Shield(Pick),
    Scope {
        block: Block,
        answer: Answer,
    },
    Critical(Block),
    Join(Block, Block),
    /// The one that is over first drops the other.
    Select(Block, Block),
    /// The first is polled once and set aside until the second is over.
    Aside(Block, Block),
    Timeout(u64, Block),
}

/// What a scope does about a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Refuse,
    Resume,
    CleanUpAndResume(Block),
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) tasks: Vec<Block>,
    /// Does main wait for all, or leave them to the shutdown?
    pub(super) waits: bool,
}

/// What may stand in a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grammar {
    /// Everything.
    Free,
    /// Nothing by which a request may lawfully come to naught, but for a refusal or a panic of somebody who was asked: no `uncancel`, and
    /// no await of a task is dropped by other means than a request.
    Strict,
    /// The same, for the arms of a `select!`, which drops one: no awaits of tasks.
    WithoutAwaits,
}

/// A program.
pub(super) fn programs(grammar: Grammar) -> impl Strategy<Value = Program> {
    let tasks = vec(blocks(steps(grammar)), 1..6);
    (tasks, any::<bool>()).prop_map(|(tasks, waits)| Program { tasks, waits })
}

fn blocks(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Block> {
    vec(step, 0..6)
}

fn steps(grammar: Grammar) -> BoxedStrategy<Step> {
    let leaf = prop_oneof![
        6 => Just(Step::Yield),
        4 => (0..4_u64).prop_map(Step::Sleep),
        1 => Just(Step::Checkpoint),
        5 => any::<Pick>().prop_map(Step::Cancel),
        2 => any::<Pick>().prop_map(Step::Shield),
        2 => any::<Pick>().prop_map(Step::Detach),
        1 => any::<Pick>().prop_map(Step::Abort),
    ];
    let leaf = match grammar {
        Grammar::Free => prop_oneof![
            20 => leaf,
            5 => any::<Pick>().prop_map(Step::Await),
            1 => Just(Step::Panic),
            1 => any::<Pick>().prop_map(Step::Uncancel),
        ]
        .boxed(),
        Grammar::Strict => prop_oneof![
            32 => leaf,
            8 => any::<Pick>().prop_map(Step::Await),
            1 => Just(Step::Panic),
        ]
        .boxed(),
        Grammar::WithoutAwaits => leaf.boxed(),
    };
    let depth = if grammar == Grammar::WithoutAwaits { 2 } else { 4 };
    leaf.prop_recursive(depth, 32, 4, move |step| compound(grammar, step)).boxed()
}

fn compound(grammar: Grammar, step: BoxedStrategy<Step>) -> BoxedStrategy<Step> {
    let block = move || vec(step.clone(), 0..5);
    let two = (block(), block());
    let arm = if grammar == Grammar::Strict {
        vec(steps(Grammar::WithoutAwaits), 0..5).boxed()
    } else {
        block().boxed()
    };
    prop_oneof![
        6 => (any::<bool>(), block()).prop_map(|(detached, block)| Step::Create { detached, block }),
        10 => (block(), answers(block())).prop_map(|(block, answer)| Step::Scope { block, answer }),
        4 => block().prop_map(Step::Critical),
        4 => two.clone().prop_map(|(one, other)| Step::Join(one, other)),
        2 => two.prop_map(|(one, other)| Step::Aside(one, other)),
        3 => (arm.clone(), arm).prop_map(|(one, other)| Step::Select(one, other)),
        3 => (0..5_u64, block()).prop_map(|(limit, block)| Step::Timeout(limit, block)),
    ]
    .boxed()
}

fn answers(block: impl Strategy<Value = Block>) -> impl Strategy<Value = Answer> {
    prop_oneof![
        1 => Just(Answer::Refuse),
        2 => Just(Answer::Resume),
        2 => block.prop_map(Answer::CleanUpAndResume),
    ]
}
