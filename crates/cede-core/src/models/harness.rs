//! The harness notices what it is there to notice: each of these models does it on purpose.

use super::{Signal, World, explore};

#[test]
#[should_panic(expected = "was dropped 0 times")]
fn a_value_that_is_lost() {
    explore([()], |world| std::mem::forget(world.token()));
}

#[test]
#[should_panic(expected = "the memory of a task is left")]
fn a_task_that_is_leaked() {
    explore([()], |world| {
        let task = world.start(async {});
        std::mem::forget(crate::Task::task_ref(&task));
    });
}

#[test]
#[should_panic(expected = "a task waits for ever")]
fn a_wake_up_that_is_lost() {
    explore([()], |world| {
        let signal = Signal::new();
        let _task = world.create(async move { signal.wait().await });
    });
}

#[test]
#[should_panic(expected = "the core contained it")]
fn a_panic_that_is_contained() {
    explore([()], |world| {
        let _task = world.create(async { panic!("on purpose") });
    });
}

#[test]
#[should_panic(expected = "the outcomes reached")]
fn a_model_that_does_not_race() {
    explore([false, true], |world| {
        let other = world.spawn(World::run_ready);
        other.join().is_err()
    });
}
