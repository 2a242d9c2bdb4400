//! The ends of several tasks, to which requests are forwarded meanwhile.

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use cede_core::{Cancelled, Ended, ResultError, Task, TaskError};

use crate::tally::{Tally, WakeAt};

/// When a request that was passed on to the tasks goes on unwinding the one that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwind {
    /// As soon as one of them ends cancelled.
    AtOnce,
    /// When all have ended.
    AtTheEnd,
}

/// Waits until all have ended, or one of which `decides` says so: its index.
///
/// It has the tasks to itself, so the wait is `Send` where they are, whether or not they can be shared.
pub(super) async fn settle<H: Task>(
    tasks: &mut [H],
    unwind: Unwind,
    decides: impl Fn(&H, &Result<(), TaskError>) -> bool,
) -> Option<usize> {
    let mut ends = Ends::new(tasks, unwind);
    let decides = |tasks: &&mut [H], index: usize, outcome: &_| decides(&tasks[index], outcome);
    let index = poll_fn(|cx| ends.poll_decided(cx, decides)).await;
    if let (None, Some(cancelled)) = (index, ends.unwinding()) {
        cancelled.resume().await;
    }
    index
}

/// The end of one of several tasks.
struct End {
    index: usize,
    outcome: Result<(), TaskError>,
    /// The request that had been passed on to it.
    forwarded: Option<Cancelled>,
}

/// The ends of several tasks, one after the other. Only those that have ended are looked at.
pub(super) struct Ends<S: AsRef<[H]>, H: Task> {
    tasks: S,
    /// What forwards to the tasks that have not ended.
    waits: Vec<Option<Ended>>,
    tally: Option<Tally>,
    left: usize,
    /// The task whose end is being looked at; it stays so where that unwinds.
    at: Option<usize>,
    /// What was passed on to those that have ended.
    passed_on: Option<Cancelled>,
    _tasks: PhantomData<fn() -> H>,
}

impl<S: AsRef<[H]>, H: Task> Ends<S, H> {
    pub(super) fn new(tasks: S, unwind: Unwind) -> Self {
        let wait = |task: &H| {
            let end = task.task_ref().into_future().without_waking(); // the tally does
            Some(if unwind == Unwind::AtOnce { end } else { end.without_unwinding() })
        };
        let waits: Vec<_> = tasks.as_ref().iter().map(wait).collect();
        let left = waits.len();
        Ends { tasks, waits, tally: None, left, at: None, passed_on: None, _tasks: PhantomData }
    }

    /// Ready when all have ended, or one of which `decides` says so: its index.
    pub(super) fn poll_decided(
        &mut self,
        cx: &mut Context<'_>,
        decides: impl Fn(&S, usize, &Result<(), TaskError>) -> bool,
    ) -> Poll<Option<usize>> {
        self.look(cx);
        while let Some(End { index, outcome, forwarded }) = ready!(self.next()) {
            if decides(&self.tasks, index, &outcome) {
                return Poll::Ready(Some(index));
            }
            self.passed_on = Cancelled::both(self.passed_on.take(), forwarded);
        }
        Poll::Ready(None)
    }

    /// What the task that waits unwinds by when all have ended, if a request was passed on. asyncio shows what the last task was
    /// cancelled by, and else no message.
    pub(super) fn unwinding(&mut self) -> Option<Cancelled> {
        let request = self.passed_on.take()?;
        Some(match self.tasks.as_ref().last().map(Task::result) {
            Some(Err(ResultError::Cancelled(last))) => last.for_requests(&request),
            _ => request.without_message(),
        })
    }

    /// Has the waker woken at each end. The first time, it enlists the tasks that have not ended.
    fn look(&mut self, cx: &mut Context<'_>) {
        let first = self.tally.is_none();
        let tally = self.tally.get_or_insert_with(|| Tally::new(self.tasks.as_ref(), WakeAt::Each));
        tally.ended(cx.waker());
        if first {
            for (task, wait) in self.tasks.as_ref().iter().zip(&mut self.waits) {
                if let (Some(wait), false) = (wait, task.done()) {
                    let _ = poll_end(wait);
                }
            }
        }
    }

    /// The next end. Pending: it is still to come, or unwinds the task that waits.
    fn next(&mut self) -> Poll<Option<End>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.at = self.at.or_else(|| self.tally.as_mut()?.next());
        let Some(index) = self.at else { return Poll::Pending };
        let Some(wait) = &mut self.waits[index] else { return Poll::Pending };
        let outcome = ready!(poll_end(wait));
        let forwarded = wait.forwarded();
        if !wait.is_quiet() {
            self.waits[index] = None;
        }
        self.at = None;
        self.left -= 1;
        Poll::Ready(Some(End { index, outcome, forwarded }))
    }
}

/// Of the ends it is the tally that wakes.
fn poll_end(wait: &mut Ended) -> Poll<Result<(), TaskError>> {
    Pin::new(wait).poll(&mut Context::from_waker(Waker::noop()))
}

impl<S: AsRef<[H]>, H: Task> Drop for Ends<S, H> {
    fn drop(&mut self) {
        if let Some(tally) = &mut self.tally {
            tally.end(self.tasks.as_ref().iter().map(Some));
        }
    }
}
