//! The workloads by name, and in which size they are run.

use super::{Row, cancel, outside, registry, spawn, structured, time, work, yields};

/// All of them, in the order of the tables.
pub(crate) fn list() -> Vec<Row> {
    let mut rows = vec![
        Row::new("spawn_join", 10_000).times(5).on_all::<spawn::SpawnJoin>(),
        Row::new("spawn_detached", 100_000).on_all::<spawn::SpawnDetached>(),
        Row::new("spawn_outside", 10_000).times(5).on_pools::<outside::SpawnOutside>(),
        Row::new("chained_spawn", 10_000).times(5).on_all::<spawn::ChainedSpawn>(),
        Row::new("fan_out", 1_000).on_all::<work::FanOut>(),
        Row::new("yield_many", 1_000).each(yields::TIMES).on_all::<yields::YieldMany>(),
        Row::new("yield_one", 100_000).on_all::<yields::YieldOne>(),
        Row::new("ping_pong", 10_000).times(2).on_all::<yields::PingPong>(),
        Row::new("spawn_sleeping", 100_000).on_all::<cancel::SpawnSleeping>(),
        Row::new("cancel_sleeping", 100_000).on_all::<cancel::CancelSleeping>(),
        Row::new("cancel_unstarted", 10_000).times(5).on_all::<cancel::CancelUnstarted>(),
        Row::new("catch_cancel", 100_000).on_all::<structured::CatchCancel>(),
        Row::new("forward", 1_000).times(5).on_all::<structured::Forward>(),
        Row::new("cancel_in_timeout", 10_000).times(2).on_all::<structured::CancelInTimeout>(),
        Row::new("gather", 1_000).times(20).on_all::<structured::Gather>(),
        Row::new("group", 1_000).times(20).on_all::<structured::Group>(),
        Row::new("sleeps", 100_000).on_all::<time::Sleeps>(),
        Row::new("timers_dropped", 100_000).on_all::<time::TimersDropped>(),
        Row::new("wake_busy", 10_000).on_pools::<outside::WakeBusy>(),
        Row::new("wake_burst", 10_000).on_pools::<outside::WakeBurst>(),
        Row::new("wake_asleep", 500).on_pools::<outside::WakeAsleep>(),
        Row::new("all_tasks", 100_000).on_cede::<registry::AllTasks>(),
    ];
    rows.extend(flat(1_000, ["spawn_1e3", "join_1e3", "cancel_1e3", "group_1e3", "all_tasks_1e3"]));
    rows.extend(flat(
        1_000_000,
        ["spawn_1e6", "join_1e6", "cancel_1e6", "group_1e6", "all_tasks_1e6"],
    ));
    rows
}

/// What must cost the same for each task, however many there are.
fn flat(size: usize, [spawn, join, cancel, group, all_tasks]: [&'static str; 5]) -> [Row; 5] {
    // The few are made often, so that it lasts as long.
    let row = |name| Row::new(name, size).times((200_000 / size).max(1)).few();
    [
        row(spawn).on_some::<cancel::SpawnSleeping>(),
        row(join).on_some::<spawn::JoinEnded>(),
        row(cancel).on_some::<cancel::CancelSleeping>(),
        row(group).on_some::<structured::Group>(),
        row(all_tasks).on_cede::<registry::AllTasks>(),
    ]
}
