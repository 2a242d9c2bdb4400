//! Runs tasks as a group: it is over when all of them are, and the first that fails stops the
//! others.
//!
//! The same in Python: `python/task_group.py`.

use std::time::Duration;

use cede::GroupError;
use cede::prelude::*;

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn fetch(page: &str) -> Result<(), Error> {
    let seconds = if page == "large" { 3600.0 } else { 0.1 };
    let answer = cede::sleep(Duration::from_secs_f64(seconds));
    if let Err(cancelled) = catch_cancel(answer).await {
        println!("{page}: asked to stop");
        cancelled.resume().await;
    }
    if page == "missing" {
        return Err("missing: not found".into());
    }
    println!("{page}: fetched");
    Ok(())
}

async fn fetch_all(pages: &[&'static str]) -> Result<(), GroupError<Error>> {
    let fetching = task_group(async |group: TaskGroup<Error>| {
        for page in pages {
            group.create_task(fetch(page))?.detach();
        }
        Ok(())
    });
    fetching.await
}

fn main() -> Result<(), TaskError> {
    cede::run(async {
        for pages in [["small", "other"], ["large", "missing"]] {
            match fetch_all(&pages).await {
                Ok(()) => println!("all fetched"),
                Err(error) => println!("{error}"),
            }
        }
    })
}
