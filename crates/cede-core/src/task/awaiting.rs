//! Waiting for the end of a task: what every await of one has in common.

use std::task::{Context, Poll};

use crate::cancel::{Cancelled, Place};
use crate::current;
use crate::error::{AwaitedItself, TaskError};
use crate::slots::Key;
use crate::task::TaskRef;
use crate::task::header::Watcher;

/// A wait for the end of a task. Polled by the futures of [`JoinHandle`](crate::JoinHandle), [`TaskRef`] and
/// [`shield`](crate::shield).
///
/// # Dropping
///
/// The awaited task forgets the waker, and the awaiting one whom it awaited.
#[derive(Debug)]
pub(crate) struct Awaiting {
    target: TaskRef,
    /// Where the target keeps our waker.
    watch: Option<Key>,
    /// Where our task keeps the target, so that requests can be forwarded.
    place: Option<Place>,
    forwards: bool,
    /// Tells of every end by its value.
    never_unwinds: bool,
    /// The request that has been passed on through this wait, which is over.
    forwarded: Option<Cancelled>,
    /// The target ended cancelled by a request of ours: the scope around this await is to notice.
    unwinding: bool,
}

impl Awaiting {
    /// A wait that takes requests over.
    pub(crate) fn forwarding(target: TaskRef) -> Self {
        Awaiting::new(target, true)
    }

    /// A wait that does not.
    pub(crate) fn shielded(target: TaskRef) -> Self {
        Awaiting::new(target, false)
    }

    fn new(target: TaskRef, forwards: bool) -> Self {
        Awaiting {
            target,
            watch: None,
            place: None,
            forwards,
            never_unwinds: false,
            forwarded: None,
            unwinding: false,
        }
    }

    pub(crate) fn never_unwind(&mut self) {
        self.never_unwinds = true;
    }

    pub(crate) fn never_forward(&mut self) {
        self.forwards = false;
    }

    /// The request that has been passed on through this wait, if one has.
    pub(crate) fn forwarded(&self) -> Option<Cancelled> {
        let of_place = |place: &Place| place.tree(|tree| tree.forwarded(place.key()));
        self.forwarded.clone().or_else(|| self.place.as_ref().and_then(of_place))
    }

    pub(crate) fn target(&self) -> &TaskRef {
        &self.target
    }

    /// Ready when the target is done: `None` if it has a value.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<TaskError>> {
        if self.unwinding {
            return Poll::Pending;
        }
        if !self.is_over(cx) {
            if current::with(|context| context.task().same(&self.target)) == Some(true) {
                self.unwatch();
                let task = self.target.header().label();
                return Poll::Ready(Some(TaskError::AwaitedItself(AwaitedItself { task })));
            }
            if self.forwards && !self.place.as_ref().is_some_and(Place::is_here) {
                self.place = None;
                let target = self.target.clone();
                self.place = Place::here(|tree, parent| tree.add_await(parent, target));
            }
            return Poll::Pending;
        }
        let here = self.place.as_ref().is_some_and(Place::is_here);
        self.forwarded = self.forwarded();
        self.place = None;
        let unwinds = here && self.forwarded.is_some() && !self.never_unwinds;
        let failure = self.target.failure();
        if let (true, Some(TaskError::Cancelled(cancelled))) = (unwinds, &failure) {
            // Ours to feel (R6): go on unwinding from here.
            let shown = cancelled.clone();
            let unwinding = match &self.forwarded {
                Some(requests) => shown.for_requests(requests),
                None => shown,
            };
            self.unwinding = current::throw(unwinding);
            if self.unwinding {
                return Poll::Pending;
            }
        }
        Poll::Ready(failure)
    }

    /// Is the target done? If not, it knows whom to wake.
    fn is_over(&mut self, cx: &Context<'_>) -> bool {
        let header = self.target.header();
        if header.state.load().is_done() {
            self.watch = None;
            return true;
        }
        if let Some(key) = self.watch {
            header.rewatch(key, cx.waker());
            return header.state.load().is_done();
        }
        match header.watch(Watcher::Waker(cx.waker().clone())) {
            Ok(key) => {
                self.watch = Some(key);
                false
            }
            Err(_) => true,
        }
    }

    fn unwatch(&mut self) {
        if let Some(key) = self.watch.take() {
            drop(self.target.header().unwatch(key));
        }
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        self.unwatch();
    }
}
