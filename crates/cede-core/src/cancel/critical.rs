//! `critical`: the place where a request has to wait.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::cancel::{Kind, Place};
use crate::current;

/// Runs `future` with requests held back: the task meets them at its next await after it.
///
/// It is the opposite of [`catch_cancel`](crate::catch_cancel), whose scopes inside `future` get nothing, either, and it does not
/// forward to tasks that `future` awaits. [`abort`](crate::Task::abort) goes through it. What comes from inside it is not held back: a
/// timeout or a group in `future` stops its own code. If another await of the same task is alive
/// outside (in a `join!`), that one gets the request, and nothing is held back.
///
/// # Dropping
///
/// Drops `future`, and sets free a request that it held back.
///
/// # Cancel safety
///
/// A request does not touch `future`.
///
/// # Panics
///
/// When polled again after it was ready.
///
/// # asyncio
///
/// There is nothing like it; `shield` around a task of its own comes near.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, critical};
///
/// cede::run(async {
///     let task = cede::create_task(async {
///         critical(async {
///             cede::yield_now().await; // half a transfer …
///             println!("never torn apart");
///         })
///         .await;
///         std::future::pending::<()>().await; // … and here the request strikes
///     });
///     cede::yield_now().await;
///     task.cancel();
///     assert!(task.await.is_err());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "shield")]
#[doc(alias = "uncancellable")]
pub fn critical<F: IntoFuture>(future: F) -> Critical<F::IntoFuture> {
    Critical { future: Some(future.into_future()), place: None }
}

pin_project! {
    /// The future of [`critical`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct Critical<F> {
        // Declared first, so dropped first, with requests still held back.
        #[pin]
        future: Option<F>,
        place: Option<Place>,
    }
}

impl<F: Future> Future for Critical<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let future = this
            .future
            .as_mut()
            .as_pin_mut()
            .expect("`critical` was polled again after it was ready");
        let value = match Place::poll(this.place, cx.waker(), || Kind::Critical) {
            Some(place) => ready!(current::in_scope(place.key(), || future.poll(cx))),
            None => ready!(future.poll(cx)),
        };
        this.future.set(None);
        *this.place = None;
        Poll::Ready(value)
    }
}
