//! The code of a timeout, under way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cede_core::{Cancelled, CatchCancel, Resuming, Task, TaskRef, catch_cancel, current_task};
use pin_project_lite::pin_project;

use crate::timeout::scope::Struck;
use crate::timeout::{Elapsed, TimeoutScope};

pin_project! {
    /// Code with a limit to its time.
    ///
    /// Written by hand, for an `async fn` would keep room for the code two or three times.
    pub(super) struct Limited<F> {
        // Declared first, so dropped first: the code is gone before the timeout is over.
        #[pin]
        code: CatchCancel<F>,
        underway: Underway,
        resuming: Option<Resuming>,
    }
}

/// The timeout of that code: over when this goes.
struct Underway {
    scope: TimeoutScope,
    /// There is one while the code is under way.
    before: Option<Before>,
}

/// If the code panics, its timeout is over, also where somebody keeps what is left of it.
struct OverOnPanic<'a>(&'a mut Underway);

/// What the task was about when the code began.
struct Before {
    task: TaskRef,
    /// How many requests there were already.
    requests: usize,
    /// Those of them that it was still to meet.
    inherited: Option<Cancelled>,
}

impl<F: Future> Limited<F> {
    pub(super) fn new(scope: TimeoutScope, code: impl IntoFuture<IntoFuture = F>) -> Self {
        let code = catch_cancel(code).named(scope.id());
        Limited { code, underway: Underway { scope, before: None }, resuming: None }
    }
}

impl<F: Future> Future for Limited<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(resuming) = this.resuming {
            return resuming.poll();
        }
        this.underway.enter();
        let on_panic = OverOnPanic(&mut *this.underway);
        let outcome = this.code.poll(cx);
        std::mem::forget(on_panic);
        match this.underway.leave(ready!(outcome)) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(cancelled) => this.resuming.insert(cancelled.resuming()).poll(),
        }
    }
}

impl Underway {
    /// The code begins, if it has not yet.
    fn enter(&mut self) {
        if self.before.is_none() {
            let task = self.scope.enter();
            let (requests, inherited) = (task.cancelling_here(), task.undelivered());
            self.before = Some(Before { task, requests, inherited });
        }
    }

    /// The code is over without an outcome.
    fn abandon(&mut self) {
        if let Some(Before { task, .. }) = self.before.take() {
            self.scope.leave(&task);
        }
    }

    /// The code is over. `Err`: the task unwinds on.
    fn leave<T>(&mut self, outcome: Result<T, Cancelled>) -> Result<Result<T, Elapsed>, Cancelled> {
        let before = self.before.take().expect("the code has begun");
        let struck = self.scope.leave(&before.task);
        match (outcome, struck) {
            (Ok(value), _) => Ok(Ok(value)),
            // No request has come since but ours, says the count; but one that was there before may have been delivered with it.
            (Err(cancelled), Some(Struck { request, left })) if left <= before.requests => {
                let others = cancelled.without(&request);
                let inherited = before.inherited.as_ref();
                let others = others.filter(|others| is_from_outside(others, inherited));
                others.map_or(Ok(Err(Elapsed(()))), Err)
            }
            (Err(cancelled), _) => Err(cancelled),
        }
    }
}

impl Drop for Underway {
    /// The code was dropped without a request, if it is not over yet.
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Drop for OverOnPanic<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Was any of `requests` there before, and not made by this task to itself? asyncio goes by the count alone, and so loses those; of
/// its own requests a task may lose one.
fn is_from_outside(requests: &Cancelled, inherited: Option<&Cancelled>) -> bool {
    let me = current_task().map(|task| task.id());
    let outside = |request: &&Cancelled| {
        request.requested_by().is_none_or(|by| Some(by) != me) || request.asked() != me
    };
    let mut inherited = inherited.into_iter().flat_map(Cancelled::requests).filter(outside);
    inherited.any(|old| requests.requests().any(|request| request == old))
}
