//! Shows how far a number of tasks have come: a progress bar moves on with each task that ends.
//!
//! The same in Python: `python/show_progress.py`.

use std::time::Duration;

use cede::prelude::*;
use futures_lite::StreamExt;
use indicatif::ProgressBar;

async fn work(number: u64) -> u64 {
    cede::sleep(Duration::from_millis(100 * number)).await;
    number
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        let tasks = [5, 3, 1, 4, 2].map(|number| create_task(work(number)));
        let bar = ProgressBar::new(5); // on standard error, if that is a terminal
        let mut ended = as_completed(tasks);
        while let Some(task) = ended.next().await {
            let number = task.await?; // it is done, so this does not wait
            bar.suspend(|| println!("task {number}: done"));
            bar.inc(1);
        }
        bar.finish();
        println!("all done");
        Ok(())
    })?
}
