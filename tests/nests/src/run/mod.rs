//! A nest on cede: the local backend, in virtual time.

mod block;
mod body;
mod request;
mod task;
mod watch;
mod world;

use std::sync::{Arc, Once};
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::local::{LocalExecutor, VirtualClock};
use cede::{Registry, Task};

use crate::invariants;
use crate::program::Nest;
use crate::record::Record;
use crate::run::world::World;

/// What came of a nest on cede.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What happened.
    pub record: Record,
    /// What happened of that which never may.
    pub violations: Vec<String>,
}

/// Runs `nest` on cede.
pub fn run(nest: &Nest) -> Observed {
    // Nests leave failures unobserved all the time.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| cede::set_unobserved_hook(|_| ()));
    let clock = VirtualClock::new();
    let executor = LocalExecutor::builder().virtual_clock(&clock).build();
    let world = Arc::new(World::new(nest, &clock, executor.executor()));
    let waker = Waker::from(Arc::new(Stuck(Arc::clone(&world))));
    executor.executor().wake_at(clock.now() + NEVER, waker);
    // The record tells how main ended.
    drop(executor.block_on(task::main(&world)));
    executor.shutdown();
    if !executor.all_tasks().is_empty() {
        world.violated("there are tasks left".to_string());
    }
    drop(executor);
    world.check_drops();
    let record = world.record();
    let mut violations = world.take_violations();
    violations.extend(invariants::violations(nest, &record));
    Observed { record, violations }
}

/// No nest takes as long as that.
const NEVER: Duration = Duration::from_secs(3600);

/// Ends a run in which nothing is left to happen though tasks wait.
struct Stuck(Arc<World>);

impl Wake for Stuck {
    fn wake(self: Arc<Self>) {
        self.0.violated("nothing is left to happen, and tasks wait".to_string());
        for task in self.0.tasks() {
            task.abort();
        }
    }
}
