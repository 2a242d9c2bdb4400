//! Waiting for the end of a task: what every await of one has in common.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::cancel::{Cancelled, Kind, Place, Throw};
use crate::current;
use crate::error::{AwaitedItself, TaskError};
use crate::guard;
use crate::slots::Key;
use crate::task::control::{Control, Watcher};
use crate::task::{Task, TaskRef};

/// The outcome of a task that is done, as awaiting `task` would give it: a handle, a reference to one, a [`TaskRef`].
///
/// # Panics
///
/// If the task is not done.
///
/// # Examples
///
/// ```
/// use cede::{Task, backend};
///
/// cede::run(async {
///     let task = cede::create_task(async { 42 });
///     cede::yield_now().await;
///     assert!(task.done());
///     assert_eq!(backend::outcome_of(task).unwrap(), 42);
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn outcome_of<H: IntoFuture>(task: H) -> H::Output {
    match pin!(task.into_future()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("the outcome was asked of a task that is not done; await it"),
    }
}

/// A wait for the end of a task. Polled by the futures of [`JoinHandle`](crate::JoinHandle), [`TaskRef`] and
/// [`shield`](crate::shield).
///
/// # Dropping
///
/// The awaited task forgets the waker, and the awaiting one whom it awaited.
#[derive(Debug)]
pub(crate) struct Awaiting<H: Task> {
    /// `None` once it is over and the handle is taken out.
    handle: Option<H>,
    /// Where the target keeps our waker.
    watch: Option<Key>,
    /// Where our task keeps the target, so that requests can be forwarded.
    place: Option<Place>,
    forwards: bool,
    /// The end wakes whoever waits.
    wakes: bool,
    /// Tells of every end by its value.
    never_unwinds: bool,
    /// The request that has been passed on through this wait, which is over.
    forwarded: Option<Cancelled>,
    /// The target ended cancelled by a request of ours: the scope around this await is to notice.
    throw: Option<Throw>,
}

impl<H: Task> Awaiting<H> {
    /// A wait that takes requests over.
    pub(crate) fn forwarding(handle: H) -> Self {
        Awaiting::new(handle, true)
    }

    /// A wait that does not.
    pub(crate) fn shielded(handle: H) -> Self {
        Awaiting::new(handle, false)
    }

    fn new(handle: H, forwards: bool) -> Self {
        Awaiting {
            handle: Some(handle),
            watch: None,
            place: None,
            forwards,
            wakes: true,
            never_unwinds: false,
            forwarded: None,
            throw: None,
        }
    }

    pub(crate) fn never_unwind(&mut self) {
        self.never_unwinds = true;
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.never_unwinds
    }

    pub(crate) fn never_wake(&mut self) {
        self.wakes = false;
    }

    pub(crate) fn never_forward(&mut self) {
        self.forwards = false;
    }

    /// The request that has been passed on through this wait, if one has.
    pub(crate) fn forwarded(&self) -> Option<Cancelled> {
        let of_place = |place: &Place| place.tree(|tree| tree.forwarded(place.key()));
        self.forwarded.clone().or_else(|| self.place.as_ref().and_then(of_place))
    }

    #[inline]
    pub(crate) fn target(&self) -> &TaskRef {
        self.handle
            .as_ref()
            .expect("the await of a task was polled again after it was ready")
            .as_task()
    }

    /// The handle, after the end.
    #[inline]
    pub(crate) fn take_handle(&mut self) -> H {
        debug_assert!(self.watch.is_none(), "the wait is over");
        self.handle.take().expect("it is taken once")
    }

    /// Ready when the target is done: `None` if it has a value.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<TaskError>> {
        if !self.is_over(cx) {
            if current::is_in(self.target()) {
                self.unwatch();
                let task = Box::new(self.target().header().label());
                return Poll::Ready(Some(TaskError::AwaitedItself(AwaitedItself { task })));
            }
            if self.forwards {
                self.enlist(cx);
            }
            return Poll::Pending;
        }
        if self.target().header().state.load().has_value() {
            self.leave(false);
            return Poll::Ready(None);
        }
        let failure = self.target().failure();
        let unwinds = matches!(failure, Some(TaskError::Cancelled(_))) && !self.never_unwinds;
        if let (Some(request), Some(TaskError::Cancelled(cancelled))) =
            (self.leave(unwinds), &failure)
        {
            // Ours to feel (R6): go on unwinding from here.
            if !self.throw.as_ref().is_some_and(Throw::is_here) {
                self.throw = Throw::here(cancelled.struck(&request));
            }
            if self.throw.is_some() {
                return Poll::Pending;
            }
        }
        Poll::Ready(failure)
    }

    /// Is, or stays, in the list of what its task awaits, for requests to be forwarded.
    fn enlist(&mut self, cx: &Context<'_>) {
        let before = self.place.as_ref().map(|place| (place.task().clone(), place.key()));
        let request = self.forwarded();
        let quiet = self.never_unwinds;
        let target = self.handle.as_ref().expect("the wait is not over").as_task();
        let kind = || Kind::Await { target: target.clone(), forwarded: None, quiet };
        let Some(place) = Place::poll(&mut self.place, cx.waker(), kind) else { return };
        if let (Some((task, key)), Some(request)) = (before, request) {
            // Moved within its task, it has still taken that request over.
            if key != place.key() && task == *place.task() {
                place.tree(|tree| tree.set_forwarded(place.key(), Some(request)));
            }
        }
    }

    /// The wait is over. If it `unwinds` the task: by the request that it has taken over for that.
    fn leave(&mut self, unwinds: bool) -> Option<Cancelled> {
        if let Some(place) = self.place.take() {
            let here = current::is_in(place.task());
            let unwinds = unwinds && here;
            let told = here && self.never_unwinds;
            let key = place.key();
            let look = |control: &mut Control| {
                let request = control.tree.forwarded(key);
                if let (Some(request), true) = (&request, unwinds || told) {
                    // At once with the look at it: whoever is still on the way with the request must not make it again.
                    control.unwound_by = Some(request.clone());
                }
                request
            };
            if told {
                // It stays, with its mark, as long as this does: whoever waits goes on unwinding later.
                self.forwarded = place.task().header().control(look);
                self.place = Some(place);
            } else {
                self.forwarded = place.leave(look);
            }
            return self.forwarded.clone().filter(|_| unwinds);
        }
        if self.throw.as_ref().is_some_and(|throw| !throw.is_in_this_task()) {
            self.throw = None;
            return None;
        }
        self.forwarded.clone().filter(|_| unwinds)
    }

    /// Is the target done? If not, it knows whom to wake.
    #[inline]
    fn is_over(&mut self, cx: &Context<'_>) -> bool {
        let header = self.target().header();
        if header.state.load().is_done() {
            self.watch = None;
            return true;
        }
        if !self.wakes {
            return false;
        }
        if let Some(key) = self.watch {
            header.rewatch(key, cx.waker());
            if !header.state.load().is_done() {
                return false;
            }
            self.watch = None;
        } else {
            self.watch = header.watch(Watcher::Waker(cx.waker().clone())).ok();
        }
        self.watch.is_none()
    }

    fn unwatch(&mut self) {
        if let Some(key) = self.watch.take() {
            guard::discard(self.target().header().unwatch(key));
        }
    }
}

impl<H: Task> Drop for Awaiting<H> {
    fn drop(&mut self) {
        self.unwatch();
    }
}
