//! The workloads by name, and in which size they are run.

use super::{Row, cancel, spawn, yields};

/// All of them, in the order of the tables.
pub(crate) fn list() -> Vec<Row> {
    vec![
        Row::new("spawn_join", 10_000).times(5).on_all::<spawn::SpawnJoin>(),
        Row::new("spawn_detached", 100_000).on_all::<spawn::SpawnDetached>(),
        Row::new("chained_spawn", 10_000).times(5).on_all::<spawn::ChainedSpawn>(),
        Row::new("yield_many", 1_000).each(yields::TIMES).on_all::<yields::YieldMany>(),
        Row::new("yield_one", 100_000).on_all::<yields::YieldOne>(),
        Row::new("ping_pong", 10_000).times(2).on_all::<yields::PingPong>(),
        Row::new("spawn_sleeping", 100_000).on_all::<cancel::SpawnSleeping>(),
        Row::new("cancel_sleeping", 100_000).on_all::<cancel::CancelSleeping>(),
        Row::new("cancel_unstarted", 10_000).times(5).on_all::<cancel::CancelUnstarted>(),
    ]
}
