//! One step of a task: its blocks, from the inside out.

use crate::model::delivery::Delivery;
use crate::model::group::GroupId;
use crate::model::race::Race;
use crate::model::timeout::Timeout;
use crate::model::wait::{How, Wait};
use crate::model::{Job, Model, Timer};
use crate::program::{BlockNo, Op, TaskNo, Then};
use crate::record::{Fault, What};

/// Something that a task is in the middle of.
pub(super) enum Frame<'n> {
    /// The operations that are still to come.
    Ops(&'n [Op]),
    Attempt,
    /// A scope, with its clean-up.
    Catch(BlockNo, &'n [Op], Then),
    /// Its clean-up.
    Handler(BlockNo, Then, Delivery),
    Timeout(Timeout),
    Critical(BlockNo),
    Race(Race),
    /// The body of a group.
    Group(GroupId),
    /// Its exit, with what its body ended by.
    GroupExit(GroupId, Signal),
}

/// How an operation or a block ends.
pub(super) enum Signal {
    Next,
    Return,
    Fault(Fault),
    /// Unwinding, by this.
    Cancelled(Delivery),
}

impl<'n> Model<'n> {
    /// Runs a task until it suspends or ends. What is pending comes first.
    pub(super) fn step(&mut self, no: TaskNo) {
        if self.is_done(no) {
            return;
        }
        self.task(no).queued = false;
        let wait = self.task(no).wait.take().expect("a task that runs is not queued");
        self.running = Some(no);
        let started = !self.task(no).stack.is_empty();
        self.meet(no, &wait);
        let signal = match self.race_lost(no) {
            Some(race) => Some(self.abandon(no, race, &wait)),
            None => self.arrive(no, wait),
        };
        if let Some(signal) = signal {
            if !started && matches!(signal, Signal::Next) {
                self.log(Some(no), What::Started);
                let body: &'n [Op] = &self.nest.tasks[usize::from(no)];
                self.task(no).stack.push(Frame::Ops(body));
            }
            self.go_on(no, signal);
        }
        if !self.is_done(no) {
            self.suspended(no);
            if self.task(no).queued {
                self.ready.push_back(Job::Step(no));
            }
        }
        self.running = None;
    }

    fn go_on(&mut self, no: TaskNo, mut signal: Signal) {
        while let Some(frame) = self.task(no).stack.pop() {
            match self.end_frame(no, frame, signal) {
                Some(next) => signal = next,
                None => return,
            }
        }
        self.end(no, signal);
    }

    /// What is inside the innermost frame has ended by `signal`: what does the frame make of it? `None`: the task suspends.
    fn end_frame(&mut self, no: TaskNo, frame: Frame<'n>, signal: Signal) -> Option<Signal> {
        match (frame, signal) {
            (Frame::Ops([op, rest @ ..]), Signal::Next) => {
                self.task(no).stack.push(Frame::Ops(rest));
                self.execute(no, op)
            }
            (Frame::Attempt, Signal::Fault(fault)) => {
                self.log(Some(no), What::Swallowed(fault));
                Some(Signal::Next)
            }
            (Frame::Catch(scope, handler, then), Signal::Cancelled(delivery)) => {
                let delivered = self.delivered(&delivery);
                self.log(Some(no), What::Caught(scope, delivered));
                self.task(no).stack.push(Frame::Handler(scope, then, delivery));
                self.task(no).stack.push(Frame::Ops(handler));
                Some(Signal::Next)
            }
            (Frame::Handler(_, Then::Resume, delivery), Signal::Next) => {
                Some(Signal::Cancelled(delivery))
            }
            (Frame::Handler(scope, Then::Refuse, _), Signal::Next) => {
                self.log(Some(no), What::Refused(scope));
                Some(Signal::Next)
            }
            (Frame::Timeout(timeout), signal) => Some(self.leave_timeout(no, &timeout, signal)),
            (Frame::Critical(block), signal) => {
                self.set_free(no);
                if let Some(result) = signal.result() {
                    self.log(Some(no), What::Left(block, result));
                }
                Some(signal)
            }
            (Frame::Race(race), signal) => Some(self.leave_race(no, &race, signal)),
            (Frame::Group(group), signal) => self.end_group_body(no, group, signal),
            (Frame::GroupExit(group, body), woken) => self.leave_group(no, group, body, woken),
            (_, signal) => Some(signal),
        }
    }

    /// `None`: the task suspends.
    fn execute(&mut self, no: TaskNo, op: &'n Op) -> Option<Signal> {
        match op {
            Op::Sleep(ms) => {
                self.sleep(no, *ms);
                return None;
            }
            Op::Await(target) => return self.begin(no, &[*target], How::Await),
            Op::Shield(target) => return self.begin(no, &[*target], How::Shield),
            Op::Gather(targets, false) => return self.begin(no, targets, How::Gather),
            Op::Gather(targets, true) => return self.begin(no, targets, How::GatherResults),
            Op::WaitFor(timeout, target, ms) => return self.wait_for(no, *timeout, *target, *ms),
            Op::Checkpoint => return Some(self.checkpoint(no)),
            Op::Fail(with) => return Some(Signal::Fault(Fault::App(*with))),
            Op::Return => return Some(Signal::Return),
            Op::Spawn(task) if self.look(*task).is_none() => self.create(*task, None),
            Op::Child(task) if self.look(*task).is_none() => {
                return Some(self.create_child(no, *task));
            }
            Op::Cancel(target, request) => self.ask_by_program(*target, *request),
            Op::Later(ms, target, request) => {
                self.set_timer(*ms, Timer::Ask(*target, *request));
            }
            Op::Uncancel(target) if self.look(*target).is_some() => {
                let left = self.uncancel(*target);
                self.log(Some(no), What::Uncancelled(*target, left));
            }
            Op::Probe(target) if self.look(*target).is_some() => {
                let count = self.task(*target).count;
                self.log(Some(no), What::Counted(*target, count));
            }
            Op::Spawn(_) | Op::Child(_) | Op::Uncancel(_) | Op::Probe(_) => {}
            Op::Attempt(body) => self.enter(no, Frame::Attempt, body),
            Op::Catch { no: scope, body, handler, then } => {
                self.enter(no, Frame::Catch(*scope, handler, *then), body);
            }
            Op::Race { no: race, ms, body } => {
                self.enter_race(no, *race, *ms);
                self.task(no).stack.push(Frame::Ops(body));
            }
            Op::Critical { no: block, body } => self.enter(no, Frame::Critical(*block), body),
            Op::Timeout { no: timeout, ms, body } => {
                self.enter_timeout(no, *timeout, Some(*ms), true);
                self.task(no).stack.push(Frame::Ops(body));
            }
            Op::Group { no: group, body } => {
                self.enter_group(no, *group);
                self.task(no).stack.push(Frame::Ops(body));
            }
        }
        Some(Signal::Next)
    }

    fn enter(&mut self, no: TaskNo, frame: Frame<'n>, body: &'n [Op]) {
        self.task(no).stack.push(frame);
        self.task(no).stack.push(Frame::Ops(body));
    }

    fn sleep(&mut self, no: TaskNo, ms: u8) {
        if ms == 0 {
            self.task(no).wait = Some(Wait::Turn);
            self.wake(no);
        } else {
            let timer = self.set_timer(ms, Timer::Wake(no));
            self.task(no).wait = Some(Wait::Sleep(timer));
        }
    }

    fn checkpoint(&mut self, no: TaskNo) -> Signal {
        let Some(pending) = &self.task(no).pending else {
            return Signal::Next;
        };
        let pending = pending.delivery.clone();
        let (Some(open), masked) = self.split(no, &pending) else {
            return Signal::Next;
        };
        self.task(no).pending = None;
        if let Some(masked) = masked {
            self.hold(no, &masked);
        }
        Signal::Cancelled(open)
    }

    /// A timeout around an await; if it is to strike at once, it does so unless the task is done.
    fn wait_for(&mut self, no: TaskNo, timeout: BlockNo, on: TaskNo, ms: u8) -> Option<Signal> {
        if self.look(on).is_none() {
            return Some(Signal::Next);
        }
        self.enter_timeout(no, timeout, (ms > 0).then_some(ms), false);
        let signal = self.begin(no, &[on], How::Await);
        if ms == 0 && signal.is_none() {
            self.strike(no, timeout);
        }
        signal
    }
}
