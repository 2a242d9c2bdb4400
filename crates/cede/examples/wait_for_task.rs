//! Waits for a task: awaits its handle, later or in the line that creates it.
//!
//! The same in Python: `python/wait_for_task.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work(name: &str) {
    println!("{name}: started");
    cede::sleep(Duration::from_millis(100)).await;
    println!("{name}: done");
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let task = create_task(work("first"));
        println!("main waits");
        task.await?;
        println!("main waits again");
        create_task(work("second")).await?;
        println!("main is done");
        Ok(())
    })?
}
