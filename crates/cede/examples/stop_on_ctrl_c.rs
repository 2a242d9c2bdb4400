//! Stops a hundred thousand background tasks when Ctrl-C is pressed, each with its clean-up. If it is not, they are stopped after a second, or after
//! as many as the argument says.
//!
//! The same in Python: `python/stop_on_ctrl_c.py`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cede::GroupClosed;
use cede::prelude::*;

const TASKS: usize = 100_000;

static CLEANED_UP: AtomicUsize = AtomicUsize::new(0);

async fn work() -> Result<(), GroupClosed> {
    if let Err(cancelled) = catch_cancel(cede::sleep(Duration::from_secs(3600))).await {
        cede::yield_now().await; // clean-up may await
        CLEANED_UP.fetch_add(1, Ordering::Relaxed);
        cancelled.resume().await;
    }
    Ok(())
}

async fn work_in_the_background(patience: Duration) {
    let stopped = task_group(async |group: TaskGroup<GroupClosed>| {
        for _ in 0..TASKS {
            group.create_task(work())?.detach();
        }
        cede::yield_now().await; // each runs until it sleeps
        println!("tasks at work: {TASKS}; press Ctrl-C");
        cede::sleep(patience).await;
        group.cancel();
        Ok(())
    });
    let _ = stopped.await;
}

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|argument| argument.parse().ok());
    let patience = Duration::from_secs(seconds.unwrap_or(1));
    let outcome = cede::run(work_in_the_background(patience));
    println!("cleaned up: {}", CLEANED_UP.load(Ordering::Relaxed));
    cede::exit_code(outcome)
}
