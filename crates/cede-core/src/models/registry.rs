//! The register of a backend, while tasks come and go (R13).

use std::sync::Arc;

use super::{explore_on, reason};
use crate::backend::{Executor, TaskSet};
use crate::{Registry, Task, TaskBuilder};

/// Who was alive all the time is in the list, and who was done before is not; who came or went meanwhile may be. In one shard all is seen at one
/// moment: where the end of a task is seen, so is the task that was created before.
#[test]
fn insert_and_remove_against_all_tasks() {
    insert_and_remove(TaskSet::new, [(false, true), (true, false), (true, true)]);
}

/// The same where the other thread has a shard of its own. They are looked at one after the other.
#[test]
fn insert_and_remove_in_shards_against_all_tasks() {
    let expected = [(false, false), (false, true), (true, false), (true, true)];
    insert_and_remove(|| TaskSet::for_threads(2), expected);
}

/// The outcomes: is the task in the list that ends meanwhile, and is the one that was created before that?
fn insert_and_remove<const N: usize>(tasks: fn() -> TaskSet, expected: [(bool, bool); N]) {
    explore_on(tasks, usize::MAX, expected, |world| {
        let done = world.start(async {});
        let alive = world.start(std::future::pending::<()>());
        let ending = world.create(async {});
        let other = {
            let backend: Arc<dyn Executor> = Arc::clone(world) as _;
            world.spawn(move |world| {
                let new = TaskBuilder::new().create_on(&backend, std::future::pending::<()>());
                world.run_ready();
                new
            })
        };
        let listed = world.all_tasks();
        let new = other.join().unwrap();
        assert!(listed.contains(&alive.task_ref()) && !listed.contains(&done.task_ref()));
        assert!(listed.is_sorted_by_key(Task::id));
        let outcome = (listed.contains(&ending.task_ref()), listed.contains(&new.task_ref()));
        assert_eq!(world.all_tasks(), [alive.task_ref(), new.task_ref()]);
        alive.abort();
        new.abort();
        outcome
    });
}

/// A task that is created while the backend closes runs, or is told that nobody will run it.
#[test]
fn create_against_close() {
    create_and_close(TaskSet::new);
}

/// The same where each shard closes by itself.
#[test]
fn create_against_close_of_shards() {
    create_and_close(|| TaskSet::for_threads(2));
}

fn create_and_close(tasks: fn() -> TaskSet) {
    explore_on(tasks, usize::MAX, ["value", "backend gone"], |world| {
        let value = world.token();
        let backend: Arc<dyn Executor> = Arc::clone(world) as _;
        let other = world.spawn(move |_| TaskBuilder::new().create_on(&backend, async { value }));
        world.tasks().close();
        let task = other.join().unwrap();
        world.run_ready();
        reason(&task.task_ref())
    });
}
