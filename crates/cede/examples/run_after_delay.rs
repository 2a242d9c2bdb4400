//! Runs a task after a delay: it sleeps first. Until then it can be called off.
//!
//! The same in Python: `python/run_after_delay.py`.

use std::future::Future;
use std::time::Duration;

use cede::prelude::*;

async fn work() {
    println!("work: started");
    cede::sleep(Duration::from_millis(10)).await;
    println!("work: done");
}

async fn after<F: Future>(delay: Duration, future: F) -> F::Output {
    cede::sleep(delay).await;
    future.await
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let soon = create_task(after(Duration::from_millis(100), work()));
        let later = create_task(after(Duration::from_secs(3600), work()));
        println!("main: goes on");
        soon.await?;
        println!("called off: {}", later.cancel());
        println!("main: done");
        Ok(())
    })?
}
