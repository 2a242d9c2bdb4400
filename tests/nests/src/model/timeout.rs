//! Timeouts: the rule by which a request becomes `Elapsed` (R12).

use crate::model::delivery::{Request, RequestId};
use crate::model::step::{Frame, Signal};
use crate::model::{Model, Timer, TimerKey};
use crate::program::{BlockNo, TaskNo};
use crate::record::{Fault, What};

/// A timeout whose code is under way.
pub(super) struct Timeout {
    pub(super) no: BlockNo,
    /// Can it be asked whether it has struck?
    tells: bool,
    timer: Option<TimerKey>,
    /// Its own request, once it has struck.
    pub(super) own: Option<RequestId>,
    /// The count at its beginning.
    count: usize,
    /// What was to be delivered at its beginning, by others than the task.
    inherited: Vec<RequestId>,
}

impl Model<'_> {
    /// Begins a timeout; without a time it strikes only when it is told to.
    pub(super) fn enter_timeout(&mut self, task: TaskNo, no: BlockNo, ms: Option<u8>, tells: bool) {
        let timer = ms.map(|ms| self.set_timer(ms, Timer::Strike(task, no)));
        let count = self.count_here(task);
        let owner = self.task(task);
        let pending = owner.pending.iter().map(|pending| &pending.delivery);
        let due = pending.chain(&owner.held).flat_map(|due| due.answers.iter().copied());
        let due: Vec<RequestId> = due.collect();
        let inherited = due.into_iter().filter(|id| !self.is_own(*id, task)).collect();
        let timeout = Timeout { no, tells, timer, own: None, count, inherited };
        self.task(task).stack.push(Frame::Timeout(timeout));
    }

    /// Did the task make this request itself, and to itself?
    fn is_own(&self, request: RequestId, task: TaskNo) -> bool {
        match self.request(request) {
            Request::Program { by, to, .. } => by == Some(task) && to == task,
            Request::Repeated => true,
            Request::Timeout(by) => by == Some(task),
            Request::Group | Request::Shutdown => false,
        }
    }

    /// The deadline has come, unless the timeout is over.
    pub(super) fn strike(&mut self, task: TaskNo, no: BlockNo) {
        let Some(at) = self
            .task(task)
            .stack
            .iter()
            .position(|frame| matches!(frame, Frame::Timeout(it) if it.no == no))
        else {
            return;
        };
        let own = self.make(Request::Timeout(self.running));
        if let Frame::Timeout(it) = &mut self.task(task).stack[at] {
            it.own = Some(own.shown);
            if it.tells {
                self.expired.push(no);
            }
        }
        self.ask(task, &own);
    }

    /// The code is dropped.
    pub(super) fn abandon_timeout(&mut self, task: TaskNo, it: &Timeout) {
        if let Some(timer) = it.timer {
            self.timers.remove(&timer);
        }
        if let Some(own) = it.own {
            self.take_back(task, own);
        }
    }

    /// The code is over, by `signal`: what comes out?
    pub(super) fn leave_timeout(&mut self, task: TaskNo, it: &Timeout, signal: Signal) -> Signal {
        if let Some(timer) = it.timer {
            self.timers.remove(&timer);
        }
        let signal = match it.own {
            Some(own) => self.leave_struck(task, it, own, signal),
            None => signal,
        };
        if let Some(result) = signal.result() {
            self.log(Some(task), What::Left(it.no, result));
        }
        signal
    }

    fn leave_struck(&mut self, task: TaskNo, it: &Timeout, own: RequestId, by: Signal) -> Signal {
        self.take_back(task, own);
        let left = self.count_here(task);
        match by {
            // By the count, no request has come since. One that was there before may have been delivered together with ours.
            Signal::Cancelled(delivery) if left <= it.count => match delivery.without(own) {
                Some(others) if others.answers.iter().any(|id| it.inherited.contains(id)) => {
                    Signal::Cancelled(others)
                }
                _ => Signal::Fault(Fault::Elapsed(it.no)),
            },
            signal => signal,
        }
    }
}
