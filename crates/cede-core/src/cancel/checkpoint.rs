//! `checkpoint`: an await that exists only to be a place for a request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::current;

/// Delivers a request that is pending, and else goes on at once.
///
/// A task that computes for long without suspending can't be cancelled; this makes it so. It does not give
/// way: other tasks do not run. Await [`yield_now`](crate::yield_now) for that.
///
/// # Dropping
///
/// Nothing is lost.
///
/// # Cancel safety
///
/// If there is a request, this never returns: the scope around it gets the request, or the task ends.
///
/// # asyncio
///
/// There is nothing like it: `sleep(0)` gives way as well. [trio](https://trio.readthedocs.io) has the name.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, catch_cancel, checkpoint, current_task};
///
/// cede::run(async {
///     let done = catch_cancel(async {
///         for n in 0.. {
///             if n == 1000 {
///                 current_task().unwrap().cancel();
///             }
///             checkpoint().await;
///         }
///     });
///     assert!(done.await.is_err());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn checkpoint() -> Checkpoint {
    Checkpoint { passed: true }
}

/// The future of [`checkpoint`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Checkpoint {
    passed: bool,
}

impl Future for Checkpoint {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.passed &= !current::deliver_here();
        if self.passed { Poll::Ready(()) } else { Poll::Pending }
    }
}
