//! Barks when nothing ends any more: a wake-up was lost.

use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cede::{Executor, Registry};
use cede_sync::Mutex;

use crate::ledger::Ledger;

/// Looks at the present round, now and then.
#[derive(Default)]
pub(crate) struct Watchdog(Arc<Mutex<Present>>);

type Present = Option<(Ledger, Arc<dyn Executor>)>;

/// No round is that long without the end of a task.
const PATIENCE: Duration = Duration::from_secs(30);

impl Watchdog {
    pub(crate) fn start() -> Self {
        let watchdog = Watchdog::default();
        let present = Arc::clone(&watchdog.0);
        thread::spawn(move || {
            let mut last = None;
            loop {
                thread::park_timeout(PATIENCE);
                let present = present.lock().clone();
                let Some((ledger, executor)) = present else { continue };
                let now = Some((Arc::as_ptr(&executor).cast::<()>() as usize, ledger.ended()));
                if now == last {
                    eprintln!("nothing has ended for {PATIENCE:?}: {:?}", ledger.totals());
                    eprintln!("left: {:#?}", executor.all_tasks());
                    process::exit(1);
                }
                last = now;
            }
        });
        watchdog
    }

    pub(crate) fn look_at(&self, ledger: &Ledger, executor: &Arc<dyn Executor>) {
        let present = Some((ledger.clone(), Arc::clone(executor)));
        *self.0.lock() = present;
    }
}
