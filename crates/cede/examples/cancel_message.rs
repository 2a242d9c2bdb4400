//! A request carries a message: to the task, which cleans up (with awaits) and passes it on, and to
//! whoever awaits the task.
//!
//! The same in Python: `python/cancel_message.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work() {
    if let Err(cancelled) = catch_cancel(cede::sleep(Duration::from_secs(1))).await {
        println!("asked to stop: {}", cancelled.message().unwrap_or_default());
        cede::sleep(Duration::from_millis(100)).await;
        println!("cleaned up");
        cancelled.resume().await;
    }
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let task = create_task(work());
        cede::sleep(Duration::from_millis(100)).await;
        println!("cancel: {}", task.cancel_with("closing time"));
        if let Err(TaskError::Cancelled(cancelled)) = (&task).await {
            println!("ended: {}", cancelled.message().unwrap_or_default());
        }
        println!("cancelled: {}", task.cancelled());
    })
}
