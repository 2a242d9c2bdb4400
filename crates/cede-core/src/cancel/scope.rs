//! `catch_cancel`: the place where an unwinding task stops.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::cancel::{Cancelled, Kind, Place, ScopeId};
use crate::current;

/// Runs `future`, and stops a cancel request there: asyncio's `try: … except CancelledError`.
///
/// If the task is asked to stop while it is suspended inside `future`, then `future` is dropped where it stands, and
/// this yields `Err` with the request. What the code does next is its say in the matter: clean up, with awaits, and
/// [`resume`](Cancelled::resume); or go on, which refuses the request. A further request unwinds the task again, also in the
/// middle of its clean-up.
///
/// The `Err` is not a failure to hand to `?`: that would be a return, and so a refusal.
///
/// Of nested scopes the innermost gets the request. With several awaits alive in one task (`join!`, `select!`,
/// `FuturesUnordered`) every innermost one does. While `future` awaits another task, the request goes to that one
/// instead ([`JoinHandle`](crate::JoinHandle)).
///
/// Outside any task it just runs `future`.
///
/// # Dropping
///
/// Drops `future`. **No clean-up that stands behind the scope runs then**, for no request was made: a `select!` that has another
/// winner, or a timeout of another library, drops without asking. Use this project's `timeout` and `wait`, or
/// [`critical`](crate::critical), where that matters. A request that had been delivered here and was not
/// noticed yet goes back to the task, which meets it at its next await that suspends.
///
/// # Cancel safety
///
/// That of `future`: a request drops it.
///
/// # Panics
///
/// When polled again after it was ready.
///
/// # asyncio
///
/// [Task cancellation](https://docs.python.org/3/library/asyncio-task.html#task-cancellation). There the exception passes through
/// the code inside, which may catch it; here what is inside is dropped, innermost part first.
///
/// # Examples
///
/// ```
/// use cede::{Cancel, catch_cancel};
///
/// cede::run(async {
///     let task = cede::create_task(async {
///         match catch_cancel(std::future::pending::<&str>()).await {
///             Ok(done) => done,
///             Err(cancelled) => {
///                 cede::yield_now().await; // clean-up may await
///                 drop(cancelled); // refuse
///                 "carried on"
///             }
///         }
///     });
///     cede::yield_now().await;
///     assert!(task.cancel());
///     assert_eq!((&task).await?, &"carried on");
///     assert!(!task.cancelled());
///     Ok::<(), cede::TaskError>(())
/// })??;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[doc(alias = "except CancelledError")]
#[doc(alias = "catch_unwind")]
pub fn catch_cancel<F: IntoFuture>(future: F) -> CatchCancel<F::IntoFuture> {
    CatchCancel { future: Some(future.into_future()), id: None, place: None }
}

pin_project! {
    /// The future of [`catch_cancel`].
    #[must_use = "futures do nothing unless awaited"]
    #[derive(Debug)]
    pub struct CatchCancel<F> {
        // Declared first, so dropped first: the scopes inside go before the one around them.
        #[pin]
        future: Option<F>,
        id: Option<ScopeId>,
        place: Option<Place>,
    }
}

impl<F> CatchCancel<F> {
    /// Gives the scope a name, by which it alone can be asked to stop: [`TaskRef::interrupt`](crate::TaskRef::interrupt).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::Location;
    ///
    /// use cede::{Reason, ScopeId, catch_cancel, current_task, yield_now};
    /// use futures_lite::future::zip;
    ///
    /// cede::run(async {
    ///     let (task, id) = (current_task().unwrap(), ScopeId::new());
    ///     let asks = async {
    ///         yield_now().await;
    ///         task.interrupt(id, Reason::Request, Location::caller()).unwrap();
    ///         yield_now().await;
    ///         "as if nothing were"
    ///     };
    ///     let scope = catch_cancel(std::future::pending::<()>()).named(id);
    ///     let (asks, asked) = zip(asks, scope).await;
    ///     assert_eq!(asks, "as if nothing were");
    ///     assert!(asked.is_err());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn named(self, id: ScopeId) -> Self {
        CatchCancel { id: Some(id), ..self }
    }
}

impl<F: Future> Future for CatchCancel<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let id = *this.id;
        let scope = || Kind::Scope { id, thrown: None, waker: None };
        let mut thrown = Place::notice(this.place);
        if thrown.is_none() {
            let place = Place::poll(this.place, cx.waker(), scope);
            let future = this.future.as_mut().as_pin_mut().expect(POLLED_AGAIN);
            let Some(place) = place else { return future.poll(cx).map(Ok) };
            if let Poll::Ready(value) = current::in_scope(place.key(), || future.poll(cx)) {
                this.future.set(None);
                *this.place = None;
                return Poll::Ready(Ok(value));
            }
            thrown = Place::notice(this.place);
        }
        match thrown {
            Some(cancelled) => {
                this.future.set(None);
                Poll::Ready(Err(cancelled))
            }
            None => Poll::Pending,
        }
    }
}

const POLLED_AGAIN: &str = "`catch_cancel` was polled again after it was ready";
