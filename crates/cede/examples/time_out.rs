//! Gives up waiting after a time: for a piece of code, and for a task. Both are asked to stop, and
//! may clean up.
//!
//! The same in Python: `python/time_out.py`.

use std::time::Duration;

use cede::prelude::*;
use cede::{WaitForError, wait_for};

async fn work(time: Duration) -> &'static str {
    if let Err(cancelled) = catch_cancel(cede::sleep(time)).await {
        cede::yield_now().await;
        println!("work: cleaned up");
        cancelled.resume().await;
    }
    "the value"
}

fn main() -> Result<(), TaskError> {
    let short = Duration::from_millis(100);
    let long = Duration::from_secs(3600);
    cede::run(async move {
        for (time, limit) in [(short, long), (long, short)] {
            match timeout(limit, work(time)).await {
                Ok(value) => println!("in time: {value}"),
                Err(_) => println!("too late"),
            }
        }

        let task = create_task(work(long));
        match wait_for(&task, short).await {
            Ok(value) => println!("in time: {value}"),
            Err(WaitForError::Elapsed(_)) => println!("too late"),
            Err(WaitForError::Task(_)) => println!("no value"),
        }
        println!("cancelled: {}", task.cancelled());
    })
}
