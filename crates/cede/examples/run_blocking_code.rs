//! Runs code that blocks on a thread of its own, while other tasks go on. When nobody waits for it
//! any more, it can notice.
//!
//! The same in Python: `python/run_blocking_code.py`.

use std::error::Error;
use std::thread;
use std::time::Duration;

use async_channel::Sender;
use cede::prelude::*;
use cede::{CancelToken, to_thread};

fn work() -> &'static str {
    thread::sleep(Duration::from_millis(100));
    "the value"
}

fn long_work(token: &CancelToken, say: &Sender<&str>) {
    let _ = say.send_blocking("at work");
    while !token.is_cancelled() {
        thread::sleep(Duration::from_millis(1));
    }
    let _ = say.send_blocking("nobody waits any more");
}

fn main() -> Result<(), Box<dyn Error>> {
    cede::run(async {
        let task = create_task(to_thread(|_| work()));
        cede::yield_now().await;
        println!("main: goes on");
        println!("main: got {}", task.await?);

        let (say, hear) = async_channel::unbounded();
        let task = create_task(to_thread(move |token| long_work(&token, &say)));
        println!("thread: {}", hear.recv().await?);
        task.cancel();
        println!("thread: {}", hear.recv().await?);
        println!("cancelled: {}", task.cancelled());
        Ok(())
    })?
}
