//! Calls a function when a task has ended, however it ended; this one creates a follow-up task.
//!
//! The same in Python: `python/done_callback.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work(name: &str) {
    println!("{name}: started");
    cede::sleep(Duration::from_millis(100)).await;
    println!("{name}: done");
}

fn ended(task: &TaskRef) {
    println!("callback: cancelled: {}", task.cancelled());
    if !task.cancelled() {
        create_task(work("follow-up")).detach();
    }
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let task = create_task(work("task"));
        task.add_done_callback(ended);
        task.await?;

        let other = create_task(work("other"));
        other.add_done_callback(ended);
        other.cancel(); // before it has started

        let mut left = all_tasks();
        left.retain(|task| !task.is_current());
        wait(left).await;
        println!("main: done");
        Ok(())
    })?
}
