//! A task that handles the request and goes on is not cancelled: `cancel` gave `true`, and the task
//! refused.
//!
//! The same in Python: `python/cancel_refused.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work() -> &'static str {
    if let Err(cancelled) = catch_cancel(cede::sleep(Duration::from_secs(1))).await {
        println!("asked to stop, and goes on");
        drop(cancelled); // refuse
    }
    "finished all the same"
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let task = create_task(work());
        cede::sleep(Duration::from_millis(100)).await;
        println!("cancel: {}", task.cancel());
        println!("value: {}", (&task).await?);
        println!("cancelled: {}", task.cancelled());
        Ok(())
    })?
}
