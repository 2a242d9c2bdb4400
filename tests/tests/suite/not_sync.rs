//! Values that can be sent and can't be shared: whatever awaits tasks that return them may itself be a task of any backend.

use std::cell::Cell;
use std::time::Duration;

use cede::{
    JoinHandle, TaskGroup, as_completed, create_task, gather, gather_results, gather_tuple,
    gather_tuple_results, shield, task_group, timeout, try_gather, try_gather_tuple, wait,
    wait_for,
};
use cede_tests::{Backend, every_backend};
use futures_lite::StreamExt;

every_backend!(
    a_handle_and_a_shield_give_them,
    each_way_to_gather_gives_them,
    each_way_to_wait_leaves_them,
    a_group_and_a_timeout_give_them,
);

const HOUR: Duration = Duration::from_secs(3600);

/// A task with such a value.
fn number(n: u8) -> JoinHandle<Cell<u8>> {
    create_task(async move { Cell::new(n) })
}

/// A task with such a value, or such a failure.
fn fallible(outcome: Result<u8, u8>) -> JoinHandle<Result<Cell<u8>, Cell<u8>>> {
    create_task(async move { outcome.map(Cell::new).map_err(Cell::new) })
}

fn a_handle_and_a_shield_give_them<B: Backend>() {
    B::run(async {
        assert_eq!(number(1).await.unwrap().get(), 1);
        assert_eq!(shield(number(2)).await.unwrap().get(), 2);
    })
    .unwrap();
}

fn each_way_to_gather_gives_them<B: Backend>() {
    B::run(async {
        let all = gather([number(1), number(2)]).await.unwrap();
        assert_eq!([all[0].get(), all[1].get()], [1, 2]);
        let all = gather_results([number(3)]).await;
        assert_eq!(all[0].as_ref().unwrap().get(), 3);
        let all = try_gather([fallible(Ok(4)), fallible(Ok(5))]).await.unwrap();
        assert_eq!([all[0].get(), all[1].get()], [4, 5]);
        assert!(try_gather([fallible(Ok(6)), fallible(Err(7))]).await.is_err());
        let (eight, nine) = gather_tuple((number(8), fallible(Ok(9)))).await.unwrap();
        assert_eq!((eight.get(), nine.unwrap().get()), (8, 9));
        let (ten,) = gather_tuple_results((number(10),)).await;
        assert_eq!(ten.unwrap().get(), 10);
        assert!(try_gather_tuple((fallible(Ok(11)), fallible(Err(12)))).await.is_err());
    })
    .unwrap();
}

fn each_way_to_wait_leaves_them<B: Backend>() {
    B::run(async {
        assert_eq!(wait_for(number(1), HOUR).await.unwrap().get(), 1);
        let waited = wait([number(2)]).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (1, 0));
        let mut ends = as_completed([number(3)]);
        let first = ends.next().await.expect("there is one");
        assert_eq!(first.await.unwrap().get(), 3);
    })
    .unwrap();
}

fn a_group_and_a_timeout_give_them<B: Backend>() {
    B::run(async {
        let body = async |group: TaskGroup<String>| {
            let child = group.create_task(async { Ok(Cell::new(1)) }).unwrap();
            Ok(child.await.unwrap().unwrap())
        };
        assert_eq!(task_group(body).await.unwrap().get(), 1);
        assert_eq!(timeout(HOUR, async { Cell::new(2) }).await.unwrap().get(), 2);
    })
    .unwrap();
}
