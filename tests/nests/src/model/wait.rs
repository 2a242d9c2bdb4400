//! What a task can be suspended at, and how that ends.

use crate::model::delivery::{Delivery, Pending};
use crate::model::group::GroupId;
use crate::model::{End, Model, Signal, TimerKey};
use crate::program::TaskNo;
use crate::record::{Fault, What};

/// What a task is suspended at.
#[derive(Clone)]
pub(super) enum Wait {
    /// Its turn: it has not begun, or gives way.
    Turn,
    Sleep(TimerKey),
    /// The ends of tasks.
    Tasks(Tasks),
    /// That a group has no children left.
    Group(GroupId),
}

#[derive(Clone)]
pub(super) struct Tasks {
    targets: Vec<TaskNo>,
    how: How,
    /// Those that have ended, in the order of their ends.
    ended: Vec<TaskNo>,
    /// The requests that each target was passed.
    passed: Vec<Option<Delivery>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// One task, which gets the requests to this one.
    Await,
    /// One task, which does not.
    Shield,
    /// Several: the first that fails or is cancelled decides.
    Gather,
    /// Several, whatever they end with.
    GatherResults,
}

impl Model<'_> {
    /// Begins to wait for tasks. `None`: it suspends.
    pub(super) fn begin(&mut self, task: TaskNo, targets: &[TaskNo], how: How) -> Option<Signal> {
        if targets.iter().any(|target| self.look(*target).is_none()) {
            return Some(Signal::Next);
        }
        let ended = targets.iter().copied().filter(|target| self.is_done(*target)).collect();
        let passed = vec![None; targets.len()];
        let tasks = Tasks { targets: targets.to_vec(), how, ended, passed };
        if let Some(signal) = self.outcome(&tasks) {
            return Some(self.awaited_all(task, signal));
        }
        for target in targets {
            self.task(*target).waiters.push(task);
        }
        self.task(task).wait = Some(Wait::Tasks(tasks));
        None
    }

    /// A task takes its turn: what is pending meets what has come of the tasks that it waits for.
    pub(super) fn meet(&mut self, task: TaskNo, wait: &Wait) {
        let Wait::Tasks(tasks) = wait else {
            return;
        };
        let Some(Pending { mut delivery, hit }) = self.task(task).pending.take() else {
            return;
        };
        // What has ended cancelled would have been met here anyway: the task meets that one's message.
        if let (Some(met), false) = (self.met(tasks), hit) {
            delivery = delivery.showing(met);
        }
        // Ended by a request of ours, it would have unwound the task: both in one.
        for (target, passed) in tasks.targets.iter().zip(&tasks.passed) {
            let struck = passed.as_ref().and_then(|passed| self.struck(*target, passed));
            delivery = struck.iter().fold(delivery, Delivery::and);
        }
        self.task(task).pending = Some(Pending { delivery, hit });
    }

    /// How the wait ends. `None`: what it waits for has not happened.
    pub(super) fn arrive(&mut self, task: TaskNo, wait: Wait) -> Option<Signal> {
        if let Some(pending) = self.task(task).pending.take() {
            self.leave(task, &wait);
            return Some(Signal::Cancelled(pending.delivery));
        }
        let signal = match &wait {
            Wait::Tasks(tasks) => self.outcome(tasks),
            Wait::Sleep((deadline, _)) => (*deadline <= self.now).then_some(Signal::Next),
            Wait::Turn | Wait::Group(_) => Some(Signal::Next),
        };
        let Some(signal) = signal else {
            self.task(task).wait = Some(wait);
            return None;
        };
        self.leave(task, &wait);
        if let Wait::Tasks(_) = wait {
            return Some(self.awaited_all(task, signal));
        }
        Some(signal)
    }

    fn awaited_all(&mut self, task: TaskNo, signal: Signal) -> Signal {
        if matches!(signal, Signal::Next) {
            self.log(Some(task), What::Awaited);
        }
        signal
    }

    /// The task waits no longer.
    pub(super) fn leave(&mut self, task: TaskNo, wait: &Wait) {
        match wait {
            Wait::Turn | Wait::Group(_) => {}
            Wait::Sleep(timer) => {
                self.timers.remove(timer);
            }
            Wait::Tasks(tasks) => {
                for target in &tasks.targets {
                    self.task(*target).waiters.retain(|waiter| *waiter != task);
                }
            }
        }
    }

    /// A task that this one waits for has ended.
    pub(super) fn hear(&mut self, waiter: TaskNo, target: TaskNo) {
        if let Some(Wait::Tasks(tasks)) = &mut self.task(waiter).wait {
            tasks.ended.push(target);
            self.wake(waiter);
        }
    }

    /// The tasks that get the requests to this one: those that it waits for and that have not ended.
    pub(super) fn awaited(&self, task: TaskNo) -> Vec<TaskNo> {
        let Some(Wait::Tasks(tasks)) = self.look(task).and_then(|task| task.wait.as_ref()) else {
            return Vec::new();
        };
        if tasks.how == How::Shield {
            return Vec::new();
        }
        tasks.targets.iter().copied().filter(|target| !self.is_done(*target)).collect()
    }

    /// Notes that a task passes `delivery` on to one that it waits for. False: it has done so before.
    pub(super) fn passes_on(&mut self, task: TaskNo, target: TaskNo, delivery: &Delivery) -> bool {
        let Some(Wait::Tasks(tasks)) = &mut self.task(task).wait else {
            return false;
        };
        let at = tasks.targets.iter().position(|of| *of == target).expect("it is waited for");
        let passed = &mut tasks.passed[at];
        if let Some(before) = passed {
            if delivery.answers.iter().all(|request| before.answers.contains(request)) {
                return false;
            }
        }
        *passed = Some(passed.iter().fold(delivery.clone(), Delivery::and));
        true
    }

    /// How a wait for tasks ends; `None` if it does not yet.
    fn outcome(&self, tasks: &Tasks) -> Option<Signal> {
        if tasks.how != How::GatherResults {
            let fails = |target: &&TaskNo| !matches!(self.end_of(**target), Some(End::Value));
            if let Some(decides) = tasks.ended.iter().find(fails) {
                return Some(self.failure(tasks, *decides));
            }
        }
        if tasks.ended.len() < tasks.targets.len() {
            return None;
        }
        let mut passed = tasks.passed.iter().flatten().cloned();
        let passed = match (tasks.how, passed.next()) {
            (How::Gather | How::GatherResults, Some(first)) => {
                passed.fold(first, |all, one| all.and(&one))
            }
            _ => return Some(Signal::Next),
        };
        // All have refused, or it did not matter: a gather goes on unwinding all the same.
        let last = tasks.targets.last().and_then(|last| self.end_of(*last));
        Some(Signal::Cancelled(match last {
            Some(End::Cancelled(last)) => passed.showing(last),
            _ => passed.mute(),
        }))
    }

    /// What a task does that waited for one that failed or was cancelled (R6).
    fn failure(&self, tasks: &Tasks, target: TaskNo) -> Signal {
        let cancelled = match self.end_of(target) {
            Some(End::Cancelled(cancelled)) => cancelled,
            Some(End::Fault(fault)) => return Signal::Fault(fault.clone()),
            _ => unreachable!("a value is no failure"),
        };
        let at = tasks.targets.iter().position(|of| *of == target).expect("it is waited for");
        if let Some(passed) = &tasks.passed[at] {
            // Ours to feel: we unwind by the requests of ours that have ended it.
            let ours = self.struck(target, passed).unwrap_or_else(|| passed.clone());
            return Signal::Cancelled(ours.showing(cancelled));
        }
        if self.nest.asyncio {
            return Signal::Cancelled(cancelled.clone());
        }
        Signal::Fault(Fault::Cancelled)
    }

    /// What ended the task that decides this wait, if it was cancelled; of several that meet, the first in their order.
    fn met(&self, tasks: &Tasks) -> Option<&Delivery> {
        if matches!(tasks.how, How::Shield | How::GatherResults) {
            return None;
        }
        tasks.targets.iter().find_map(|target| match self.end_of(*target) {
            Some(End::Cancelled(delivery)) => Some(delivery),
            _ => None,
        })
    }

    /// Those of the requests that were passed on to a task by which it ended.
    fn struck(&self, target: TaskNo, passed: &Delivery) -> Option<Delivery> {
        let Some(End::Cancelled(by)) = self.end_of(target) else {
            return None;
        };
        let mut struck = by.clone();
        struck.answers.retain(|request| passed.answers.contains(request));
        (!struck.answers.is_empty()).then_some(struck)
    }
}
