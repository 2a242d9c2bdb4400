//! `TaskGroup::start`: a child that says when it is ready.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use cede_core::{Cancel, JoinHandle, Task};
use cede_sync::Mutex;

use crate::group::error::StartError;
use crate::group::handle::TaskGroup;

/// With this a child says that it is ready; see [`TaskGroup::start`].
///
/// # Dropping
///
/// If it is dropped unused, the child is not ready before it ends, and `start` fails then.
///
/// # Examples
///
/// ```
/// use cede::{Starting, TaskGroup, task_group};
///
/// cede::run(async {
///     let port = task_group(async |group: TaskGroup<()>| {
///         let server = async |starting: Starting<u16>| {
///             starting.ready(8080);
///             Ok(())
///         };
///         let (_server, port) = group.start(server).await.unwrap();
///         Ok(port)
///     });
///     assert_eq!(port.await.unwrap(), 8080);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Debug)]
pub struct Starting<V>(Arc<Mutex<Signal<V>>>);

#[derive(Debug)]
struct Signal<V> {
    value: Option<V>,
    waker: Option<Waker>,
}

/// Asks a child to stop for which nobody waits any more.
struct Abandoned<'a, H: Cancel>(Option<&'a H>);

impl<V> Starting<V> {
    /// The child is ready. Whoever waits in `start` gets `value`: a port number, say.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Starting, TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let port = task_group(async |group: TaskGroup<()>| {
    ///         let server = async |starting: Starting<u16>| {
    ///             starting.ready(8080);
    ///             Ok(())
    ///         };
    ///         let (_server, port) = group.start(server).await.unwrap();
    ///         Ok(port)
    ///     });
    ///     assert_eq!(port.await.unwrap(), 8080);
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn ready(self, value: V) {
        let waker = {
            let mut signal = self.0.lock();
            signal.value = Some(value);
            signal.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<E: Send + Sync + 'static> TaskGroup<E> {
    /// Creates a child, and waits until it says that it is ready, or ends. Gives its handle, and what it said.
    ///
    /// # Dropping
    ///
    /// Asks the child to stop. So does a request to the task that waits: a child that was not ready yet has nobody who knows of it.
    ///
    /// # Errors
    ///
    /// [`StartError`], if the group takes no more children, or the child ended before it was ready.
    ///
    /// # asyncio
    ///
    /// There is nothing like it. It is [trio's `nursery.start`](https://trio.readthedocs.io/en/stable/reference-core.html#trio.Nursery.start).
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::{Starting, TaskGroup, task_group};
    ///
    /// cede::run(async {
    ///     let port = task_group(async |group: TaskGroup<()>| {
    ///         let server = async |starting: Starting<u16>| {
    ///             starting.ready(8080);
    ///             std::future::pending().await
    ///         };
    ///         let (server, port) = group.start::<(), _, _, _>(server).await.unwrap();
    ///         cede::Cancel::cancel(&server);
    ///         Ok(port)
    ///     });
    ///     assert_eq!(port.await.unwrap(), 8080);
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub async fn start<T, V, F, Fut>(
        &self,
        child: F,
    ) -> Result<(JoinHandle<Result<T, Arc<E>>>, V), StartError>
    where
        T: Send + 'static,
        V: Send + 'static,
        F: FnOnce(Starting<V>) -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let signal = Arc::new(Mutex::new(Signal { value: None, waker: None }));
        let handle = self.create_task(child(Starting(Arc::clone(&signal))))?;
        let mut abandoned = Abandoned(Some(&handle));
        let mut end = pin!(handle.task_ref().into_future().without_forwarding());
        let ready = poll_fn(|cx| {
            let waker = cx.waker().clone();
            {
                let mut signal = signal.lock();
                if let Some(value) = signal.value.take() {
                    return Poll::Ready(Some(value));
                }
                signal.waker = Some(waker);
            }
            end.as_mut().poll(cx).map(|_| signal.lock().value.take())
        })
        .await;
        abandoned.0 = None;
        drop(abandoned);
        match ready {
            Some(value) => Ok((handle, value)),
            None => Err(StartError::EndedEarly),
        }
    }
}

impl<H: Cancel> Drop for Abandoned<'_, H> {
    fn drop(&mut self) {
        if let Some(child) = self.0 {
            child.cancel();
        }
    }
}
