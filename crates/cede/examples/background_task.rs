//! Runs a task in the background: it starts when its creator gives way, and goes on whenever main
//! waits for something else.
//!
//! The same in Python: `python/background_task.py`.

use std::time::Duration;

use cede::prelude::*;

async fn work() {
    println!("background: started");
    cede::sleep(Duration::from_millis(100)).await;
    println!("background: done");
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let task = create_task(work());
        println!("main: created it, and it has not started");
        cede::yield_now().await;
        println!("main: gave way, and does other things");
        cede::sleep(Duration::from_millis(10)).await;
        println!("main: awaits it");
        task.await?;
        println!("main: done");
        Ok(())
    })?
}
