//! Cancels a task that is done: `cancel` says so with `false`, and changes nothing.
//!
//! The same in Python: `python/cancel_done_task.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work() -> i32 {
    cede::sleep(Duration::from_millis(100)).await;
    42
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let task = create_task(work());
        (&task).await?;
        println!("done: {}", task.done());
        println!("cancel: {}", task.cancel());
        println!("cancelled: {}", task.cancelled());
        println!("value: {}", task.await?);
        Ok(())
    })?
}
