//! Requests, and what is delivered of them.

use crate::model::Model;
use crate::program::{RequestNo, TaskNo};
use crate::record::{Answers, Delivered};

/// A request, by who made it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// The program: this one of its requests.
    Program {
        no: RequestNo,
        /// The task that made it, if one did.
        by: Option<TaskNo>,
        /// The task that it was made to; others may have got it from that one.
        to: TaskNo,
    },
    /// A timeout, of its own task: from outside, but where it had to strike at once.
    Timeout(Option<TaskNo>),
    /// A group, of its owner or of a child.
    Group,
    /// A group that has failures to tell while the count of requests is not zero, though none is under way.
    Repeated,
    /// The end of the run.
    Shutdown,
}

/// The address of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RequestId(usize);

/// What unwinds a task: asyncio's `CancelledError`, and all the requests that it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Delivery {
    /// The request whose message it carries.
    pub(super) shown: RequestId,
    /// It has lost that message.
    silent: bool,
    pub(super) answers: Vec<RequestId>,
    /// Those of them that have lost theirs.
    muted: Vec<RequestId>,
}

/// A delivery that is due.
pub(super) struct Pending {
    pub(super) delivery: Delivery,
    /// It has ended what the task waited for, and can't be withdrawn. Else it is asyncio's *must-cancel*.
    pub(super) hit: bool,
}

impl RequestId {
    pub(super) fn last(requests: &[Request]) -> Self {
        RequestId(requests.len() - 1)
    }
}

impl Delivery {
    pub(super) fn of(request: RequestId) -> Self {
        Delivery { shown: request, silent: false, answers: vec![request], muted: Vec::new() }
    }

    /// This one, which answers what `other` does as well.
    pub(super) fn and(mut self, other: &Delivery) -> Self {
        for request in &other.answers {
            if !self.answers.contains(request) {
                self.answers.push(*request);
                if other.muted.contains(request) {
                    self.muted.push(*request);
                }
            }
        }
        self
    }

    /// The same without any message.
    pub(super) fn mute(mut self) -> Self {
        self.silent = true;
        self.muted.clone_from(&self.answers);
        self
    }

    /// The same with the message of `other`.
    pub(super) fn showing(mut self, other: &Delivery) -> Self {
        self.answers.sort_by_key(|request| *request != other.shown);
        Delivery { shown: other.shown, silent: other.silent, ..self }
    }

    /// The same for these of its requests.
    pub(super) fn only(&self, requests: &[RequestId]) -> Option<Self> {
        let others = self.answers.iter().filter(|answered| !requests.contains(answered));
        others.copied().try_fold(self.clone(), Delivery::without)
    }

    /// What is left when one request is taken back. If it was the one that is shown, the one before it is.
    pub(super) fn without(mut self, request: RequestId) -> Option<Self> {
        self.answers.retain(|answered| *answered != request);
        let first = *self.answers.first()?;
        if self.shown == request {
            self.shown = first;
            self.silent = self.muted.contains(&first);
        }
        Some(self)
    }
}

impl Pending {
    /// `old`, and now `new`: the message of the last counts, unless the first has hit already.
    pub(super) fn merged(old: Option<Self>, new: Delivery, hits: bool) -> Self {
        match old {
            None => Pending { delivery: new, hit: hits },
            Some(old) if old.hit => {
                Pending { delivery: new.and(&old.delivery).showing(&old.delivery), hit: true }
            }
            Some(old) => Pending { delivery: new.and(&old.delivery), hit: hits },
        }
    }
}

impl Model<'_> {
    pub(super) fn request(&self, id: RequestId) -> Request {
        self.requests[id.0]
    }

    /// What code sees of `delivery`.
    pub(super) fn delivered(&self, delivery: &Delivery) -> Delivered {
        let message = match self.request(delivery.shown) {
            Request::Program { no, .. } if !delivery.silent => Some(no),
            _ => None,
        };
        let kind = |id: &RequestId| match self.request(*id) {
            Request::Program { no, .. } => Answers::one(no),
            Request::Timeout(_) => Answers::TIMEOUT,
            Request::Group => Answers::GROUP,
            Request::Repeated => Answers::OTHER,
            Request::Shutdown => Answers::SHUTDOWN,
        };
        Delivered { message, answers: delivery.answers.iter().map(kind).collect() }
    }
}
