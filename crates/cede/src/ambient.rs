//! Free functions on the ambient backend.

use std::future::Future;

use cede_core::{JoinHandle, Registry, TaskBuilder, TaskRef, backend};

/// Makes a task of `future` on the backend at hand. It first runs when the caller next gives way. asyncio's `create_task`.
///
/// # Dropping
///
/// Dropping the handle detaches: the task runs on until it is done, or until `run` ends it.
///
/// # Panics
///
/// Outside any backend: call it inside [`run`](crate::run), or in a task.
///
/// # asyncio
///
/// [`asyncio.create_task`](https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task). There one has to keep a reference,
/// or the task may vanish; here it can't.
///
/// # Examples
///
/// ```
/// cede::run(async {
///     let task = cede::create_task(async { 6 * 7 });
///     assert_eq!(task.await?, 42);
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
#[doc(alias = "spawn")]
#[doc(alias = "ensure_future")]
pub fn create_task<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    TaskBuilder::new().create_task(future)
}

/// Makes a task of a `future` that need not be `Send`, on a backend that runs its tasks on this thread alone. asyncio's `create_task`.
///
/// # Dropping
///
/// Dropping the handle detaches: the task runs on until it is done, or until `run` ends it.
///
/// # Panics
///
/// Outside any backend, and on one that runs its tasks on several threads.
///
/// # asyncio
///
/// [`asyncio.create_task`](https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task).
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
///
/// cede::run(async {
///     let shared = Rc::new(42);
///     let task = cede::create_local_task({
///         let shared = Rc::clone(&shared);
///         async move { *shared }
///     });
///     assert_eq!(task.await?, 42);
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
#[doc(alias = "spawn_local")]
pub fn create_local_task<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    TaskBuilder::new().create_local_task(future)
}

/// The tasks of the backend at hand that are not done, in the order of their creation. asyncio's `all_tasks`.
///
/// Promised: a task that was alive during the whole call is in the list, and one that was done before it is not.
///
/// # Panics
///
/// Outside any backend. With a handle to one, [`Registry::all_tasks`] works anywhere.
///
/// # asyncio
///
/// [`asyncio.all_tasks`](https://docs.python.org/3/library/asyncio-task.html#asyncio.all_tasks), which gives a set.
///
/// # Examples
///
/// ```
/// use cede::prelude::*;
///
/// cede::run(async {
///     for _ in 0..3 {
///         create_task(async {}).detach();
///     }
///     let mut others = all_tasks();
///     others.retain(|task| !task.is_current());
///     assert_eq!(others.len(), 3);
///     wait(others).await;
///     assert_eq!(all_tasks().len(), 1);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[track_caller]
pub fn all_tasks() -> Vec<TaskRef> {
    let Some(backend) = backend::ambient() else {
        panic!(
            "`all_tasks` needs a cede backend, and there is none here: call it inside `cede::run`, or use \
             `Registry::all_tasks` of a backend's handle"
        )
    };
    backend.all_tasks()
}
