//! What is put around a future keeps it once: combinators nest, and each copy too many would double with every level.

use std::future::pending;
use std::time::{Duration, Instant};

use cede::{TaskGroup, TimeoutScope};

const SIZE: usize = 1_000;
/// What a combinator may add.
const MOST: usize = 250;

/// A future of that size, which needs all of it to its end.
async fn large() {
    let room = [1_u8; SIZE];
    pending::<()>().await;
    std::hint::black_box(room);
}

#[track_caller]
fn keeps_it_once<F: Future>(around: &F) {
    let size = size_of_val(around);
    assert!((SIZE..=SIZE + MOST).contains(&size), "{size} bytes");
}

#[test]
fn a_timeout_keeps_its_code_once() {
    keeps_it_once(&cede::timeout(Duration::from_secs(1), large()));
    keeps_it_once(&cede::timeout_at(Instant::now(), large()));
    keeps_it_once(&TimeoutScope::never().run(large()));
}

#[test]
fn a_scope_keeps_its_code_once() {
    keeps_it_once(&cede::catch_cancel(large()));
    keeps_it_once(&cede::critical(large()));
}

#[test]
fn a_group_keeps_its_body_once() {
    let body = async |_: TaskGroup<()>| {
        large().await;
        Ok(())
    };
    keeps_it_once(&cede::task_group(body));
    keeps_it_once(&cede::supervise(body));
}
