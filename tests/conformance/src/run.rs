//! Runs a scenario.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::Backend;
use crate::interpreter;
use crate::scenario::Scenario;
use crate::world::World;

/// How a run of a scenario came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended, with this trace.
    Traced(Vec<String>),
    /// It came to something that is not supported.
    Unsupported(String),
    /// It did not end in good time, or fell over. The trace so far.
    Stuck(Vec<String>),
}

/// How long a run may take, on any machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How often is looked whether the run has met something unsupported: it may never end then.
const LOOK: Duration = Duration::from_millis(20);

/// Runs `scenario` on a thread of its own.
///
/// # Panics
///
/// If there can't be a thread.
pub fn run(scenario: &Arc<Scenario>, backend: Backend) -> Ending {
    let world = Arc::new(OnceLock::new());
    let (ended, end) = mpsc::channel();
    let (scenario, shared) = (Arc::clone(scenario), Arc::clone(&world));
    thread::spawn(move || {
        let mut stage = backend.stage();
        let world = shared.get_or_init(|| Arc::new(World::new(scenario, stage.time())));
        let main = Box::pin(interpreter::main(Arc::clone(world)));
        stage.run(main, &|| world.log_closing());
        world.log_final();
        // Nobody listens any more if the time is up.
        let _ = ended.send(());
    });
    let traced = listen(&end, &world);
    let Some(world) = world.get() else {
        return Ending::Stuck(Vec::new());
    };
    match world.unsupported() {
        Some(what) => Ending::Unsupported(what.clone()),
        None if traced => Ending::Traced(world.logged()),
        None => Ending::Stuck(world.logged()),
    }
}

/// Waits for the end. Has it come?
fn listen(end: &mpsc::Receiver<()>, world: &OnceLock<Arc<World>>) -> bool {
    let started = Instant::now();
    loop {
        match end.recv_timeout(LOOK) {
            Ok(()) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                let unsupported = world.get().is_some_and(|world| world.unsupported().is_some());
                if unsupported || started.elapsed() > LIMIT {
                    return false;
                }
            }
        }
    }
}
