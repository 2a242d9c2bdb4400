//! Gets the value of a future and of a task: by awaiting it, once or twice, and by `result`, which
//! never waits.
//!
//! The same in Python: `python/return_value.py`.

use std::time::Duration;

use cede::ResultError;
use cede::prelude::*;

async fn work() -> i32 {
    cede::sleep(Duration::from_millis(100)).await;
    42
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        println!("future: {}", work().await);

        let task = create_task(work());
        report(&task);
        println!("task: {}", (&task).await?);
        println!("again: {}", (&task).await?);
        report(&task);

        let task = create_task(work());
        task.cancel();
        cede::yield_now().await;
        report(&task);
        Ok(())
    })?
}

fn report(task: &JoinHandle<i32>) {
    match task.result() {
        Ok(value) => println!("result: {value}"),
        Err(ResultError::InvalidState(_)) => println!("result: too early"),
        Err(ResultError::Cancelled(_)) => println!("result: cancelled"),
        Err(error) => println!("result: {error}"),
    }
}
