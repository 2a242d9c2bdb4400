//! `Resuming`: passing a request on, in a future that is written by hand.

use std::task::Poll;

use crate::cancel::Cancelled;
use crate::cancel::throw::Throw;

/// A task that unwinds from here: what [`Cancelled::resume`] awaits, for futures that are written by hand.
///
/// # Dropping
///
/// Dropped before its first [`poll`](Resuming::poll), it refuses the request. Dropped between its poll and the moment when the scope around it has
/// noticed, it hands the request back: the task meets it at its next await that suspends.
///
/// # asyncio
///
/// A bare [`raise`](https://docs.python.org/3/reference/simple_stmts.html#raise) in `except CancelledError`.
///
/// # Examples
///
/// ```
/// use std::future::{pending, poll_fn};
///
/// use cede::{Cancel, catch_cancel};
///
/// cede::run(async {
///     let task = cede::create_task(async {
///         let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
///         let mut resuming = cancelled.resuming();
///         poll_fn(|_| resuming.poll::<()>()).await
///     });
///     cede::yield_now().await;
///     task.cancel();
///     assert!(task.await.is_err());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[must_use = "a `Resuming` that is dropped refuses the request"]
#[derive(Debug)]
pub struct Resuming {
    cancelled: Cancelled,
    throw: Option<Throw>,
}

impl Resuming {
    pub(super) fn new(cancelled: Cancelled) -> Self {
        Resuming { cancelled, throw: None }
    }

    /// Unwinds the code that polls. To be called at each poll of a future, from when it has the request; it is pending for ever.
    ///
    /// # Panics
    ///
    /// Outside any task, where there is nothing to unwind.
    pub fn poll<T>(&mut self) -> Poll<T> {
        if !self.throw.as_ref().is_some_and(Throw::is_here) {
            self.throw = Throw::here(self.cancelled.clone());
            assert!(
                self.throw.is_some(),
                "a request was resumed outside any cede task, so there is nothing to unwind; await \
                 `Cancelled::resume`, or poll `Resuming`, in the task that caught the request"
            );
        }
        Poll::Pending
    }
}
