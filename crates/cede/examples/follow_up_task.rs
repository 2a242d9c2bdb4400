//! Runs a task when another one has ended, with its value: the second awaits the first.
//!
//! The same in Python: `python/follow_up_task.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work() -> i32 {
    cede::sleep(Duration::from_millis(100)).await;
    println!("work: done");
    42
}

async fn follow_up(task: JoinHandle<i32>) -> Result<i32, TaskError> {
    let value = task.await?; // no value, no follow-up
    println!("follow-up: got {value}");
    Ok(value + 1)
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let first = create_task(work());
        let second = create_task(follow_up(first));
        println!("main: goes on");
        println!("main: got {}", second.await??);
        Ok(())
    })?
}
