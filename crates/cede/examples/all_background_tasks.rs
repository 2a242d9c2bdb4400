//! Waits for all background tasks, whoever created them: `all_tasks`, without the task that asks.
//!
//! The same in Python: `python/all_background_tasks.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work(number: u64) {
    cede::sleep(Duration::from_millis(100 * number)).await;
    println!("task {number}: done");
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        for number in 1..=3 {
            drop(create_task(work(number))); // detached, and not lost
        }
        let mut tasks = all_tasks();
        tasks.retain(|task| Some(task) != current_task().as_ref());
        println!("main: waits for {} tasks", tasks.len());
        wait(tasks).await;
        println!("main: done");
    })
}
