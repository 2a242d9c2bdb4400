//! Cancels a task, and asks whether that was possible and whether it came to pass.
//!
//! The same in Python: `python/cancel_task.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work() {
    println!("executing the task");
    cede::sleep(Duration::from_secs(1)).await;
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        println!("main coroutine started");
        let task = create_task(work());
        cede::sleep(Duration::from_millis(100)).await;
        println!("was canceled: {}", task.cancel());
        cede::sleep(Duration::from_millis(100)).await;
        println!("canceled: {}", task.cancelled());
        println!("main coroutine done");
    })
}
