//! `#[cede::main]` and `#[cede::test]`. What does not compile is in the documentation of both, as doctests.
#![cfg(feature = "macros")]

use std::time::{Duration, Instant};

use cede::prelude::*;

#[cede::test]
async fn a_test_is_a_task() {
    assert_eq!(current_task().unwrap().name(), "main");
}

#[cede::test(backend = "local")]
async fn the_backend_can_be_named() {
    assert_eq!(cede::backend::ambient().unwrap().name(), "local");
}

#[cfg(feature = "steal")]
#[cede::test(backend = "steal")]
async fn it_may_have_all_cores() {
    assert_eq!(cede::backend::ambient().unwrap().name(), "steal");
    assert_eq!(create_task(async { 42 }).await.unwrap(), 42);
}

#[cede::test(backend = "local", virtual_clock = true)]
async fn time_can_be_virtual() {
    let (really, start) = (Instant::now(), cede::backend::ambient().unwrap().now());
    cede::sleep(Duration::from_secs(3600)).await;
    let passed = cede::backend::ambient().unwrap().now() - start;
    assert_eq!(passed, Duration::from_secs(3600));
    assert!(really.elapsed() < passed);
}

#[cede::test(virtual_clock = false)]
async fn or_real() {
    cede::sleep(Duration::ZERO).await;
}

#[cede::test]
async fn a_test_may_return_a_result() -> Result<(), TaskError> {
    assert_eq!(create_task(async { 42 }).await?, 42);
    Ok(())
}

/// Other attributes stay.
#[cede::test]
#[should_panic(expected = "as it should")]
async fn a_test_may_panic() {
    cede::yield_now().await;
    panic!("as it should");
}

#[cede::test]
#[should_panic(expected = "cancelled: no more")]
async fn a_test_that_is_cancelled_fails() {
    current_task().unwrap().cancel_with("no more");
    std::future::pending::<()>().await;
}

#[should_panic(expected = "no luck")]
#[cede::test]
async fn the_order_of_attributes_does_not_matter() {
    create_task(async {}).detach();
    panic!("no luck");
}

mod inside {
    #[cede::test]
    pub(super) async fn a_test_may_have_a_visibility() {}
}

macro_rules! tests {
    ($($visibility:vis $name:ident $body:block)*) => {
        $(#[cede::test] $visibility async fn $name() $body)*
    };
}

tests! {
    made_by_a_macro { assert!(current_task().is_some()) }
    pub(crate) made_by_a_macro_for_all {}
}

mod program {
    use std::process::{ExitCode, Termination};

    /// This is `crate::program::main`, for which the attribute works as well.
    #[cede::main]
    async fn main() -> Result<(), String> {
        cede::yield_now().await;
        Err("as expected".to_string())
    }

    #[test]
    fn the_exit_code_is_that_of_what_main_returned() {
        let code: ExitCode = main();
        assert_eq!(format!("{:?}", code.report()), format!("{:?}", ExitCode::FAILURE));
    }
}
