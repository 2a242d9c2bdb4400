//! The rules, as an interpreter of nests: one loop, one queue, one clock, and a stack of blocks for each task.
//!
//! It knows nothing of futures. A request unwinds the stack from its top, as an exception does; which blocks stop it, and what
//! they do then, is all that there is to the structured layer.

mod delivery;
mod end;
mod group;
mod race;
mod request;
mod step;
mod timeout;
mod wait;

use std::collections::{BTreeMap, VecDeque};

use crate::model::delivery::{Delivery, Pending, Request, RequestId};
use crate::model::group::{Group, GroupId};
use crate::model::step::{Frame, Signal};
use crate::model::wait::Wait;
use crate::program::{BlockNo, Nest, RequestNo, TaskNo};
use crate::record::{Fact, Fault, Record, What};

/// What has to come of `nest`.
///
/// # Panics
///
/// If the model contradicts itself.
pub fn predict(nest: &Nest) -> Record {
    let mut model = Model {
        nest,
        now: 0,
        ready: VecDeque::new(),
        timers: BTreeMap::new(),
        timers_made: 0,
        tasks: nest.tasks.iter().map(|_| None).collect(),
        born: Vec::new(),
        running: None,
        groups: Vec::new(),
        requests: Vec::new(),
        facts: Vec::new(),
        expired: Vec::new(),
    };
    model.run();
    model.into_record()
}

struct Model<'n> {
    nest: &'n Nest,
    now: u64,
    ready: VecDeque<Job>,
    timers: BTreeMap<TimerKey, Timer>,
    timers_made: u64,
    tasks: Vec<Option<Task<'n>>>,
    /// In the order of creation.
    born: Vec<TaskNo>,
    running: Option<TaskNo>,
    groups: Vec<Group>,
    requests: Vec<Request>,
    facts: Vec<Fact>,
    expired: Vec<BlockNo>,
}

/// The deadline; then the order in which timers were set.
type TimerKey = (u64, u64);

/// An element of the queue.
#[derive(Clone, Copy)]
enum Job {
    Step(TaskNo),
    Fire(Timer),
    /// The end of a child reaches its group one hop later.
    Hop(GroupId, TaskNo),
}

#[derive(Clone, Copy)]
enum Timer {
    Wake(TaskNo),
    Strike(TaskNo, BlockNo),
    Ask(TaskNo, RequestNo),
}

struct Task<'n> {
    /// The group that it is a child of.
    group: Option<GroupId>,
    /// What it is in the middle of; the innermost last.
    stack: Vec<Frame<'n>>,
    /// What it is suspended at. While it is `None`, the task runs.
    wait: Option<Wait>,
    queued: bool,
    /// `cancelling`.
    count: usize,
    /// What was counted.
    counted: Vec<Delivery>,
    /// What is to be delivered.
    pending: Option<Pending>,
    /// What a critical holds back.
    held: Option<Delivery>,
    /// The last step was one in which nothing happens, to see that.
    looked_again: bool,
    /// Who waits for its end, in the order in which they began.
    waiters: Vec<TaskNo>,
    end: Option<End>,
}

/// How a task ended.
#[derive(Clone)]
enum End {
    Value,
    Fault(Fault),
    Cancelled(Delivery),
}

impl<'n> Model<'n> {
    /// Runs main, then asks what is left to stop, until nothing is.
    fn run(&mut self) {
        self.create(0, None);
        // The loop runs the round after the one in which main ends, too.
        let mut main_ended = false;
        while !std::mem::replace(&mut main_ended, self.is_done(0)) {
            if main_ended && self.ready.is_empty() {
                break;
            }
            self.round();
        }
        loop {
            let left: Vec<TaskNo> =
                self.born.iter().copied().filter(|task| !self.is_done(*task)).collect();
            if left.is_empty() {
                return;
            }
            for task in &left {
                let shutdown = self.make(Request::Shutdown);
                self.ask(*task, &shutdown);
            }
            while !left.iter().all(|task| self.is_done(*task)) {
                self.round();
            }
        }
    }

    /// Runs what is ready now. If nothing is, the clock jumps, and the timers of the next deadline fire.
    fn round(&mut self) {
        if self.ready.is_empty() {
            let (deadline, _) = *self.timers.keys().next().expect("something is to happen");
            self.now = deadline;
            while let Some(timer) = self.timers.first_entry().filter(|t| t.key().0 == deadline) {
                self.ready.push_back(Job::Fire(timer.remove()));
            }
        }
        for _ in 0..self.ready.len() {
            match self.ready.pop_front().expect("the round is as long as that") {
                Job::Step(task) => self.step(task),
                Job::Fire(Timer::Wake(task)) => self.wake(task),
                Job::Fire(Timer::Strike(task, timeout)) => self.strike(task, timeout),
                Job::Fire(Timer::Ask(task, request)) => self.ask_by_program(task, request),
                Job::Hop(group, child) => self.child_ended(group, child),
            }
        }
    }

    fn create(&mut self, task: TaskNo, group: Option<GroupId>) {
        self.born.push(task);
        self.tasks[usize::from(task)] = Some(Task {
            group,
            stack: Vec::new(),
            wait: Some(Wait::Turn),
            queued: false,
            count: 0,
            counted: Vec::new(),
            pending: None,
            held: None,
            looked_again: false,
            waiters: Vec::new(),
            end: None,
        });
        self.wake(task);
    }

    /// Puts the task at the end of the queue, if it is not in it. If it runs, that is when it suspends.
    fn wake(&mut self, task: TaskNo) {
        let queued = std::mem::replace(&mut self.task(task).queued, true);
        if !queued && self.running != Some(task) {
            self.ready.push_back(Job::Step(task));
        }
    }

    fn set_timer(&mut self, ms: u8, timer: Timer) -> TimerKey {
        self.timers_made += 1;
        let key = (self.now + u64::from(ms), self.timers_made);
        if ms == 0 {
            // It takes effect when what is ready now has run.
            self.ready.push_back(Job::Fire(timer));
        } else {
            self.timers.insert(key, timer);
        }
        key
    }

    fn task(&mut self, task: TaskNo) -> &mut Task<'n> {
        self.tasks[usize::from(task)].as_mut().expect("the task was created")
    }

    fn look(&self, task: TaskNo) -> Option<&Task<'n>> {
        self.tasks.get(usize::from(task))?.as_ref()
    }

    fn end_of(&self, task: TaskNo) -> Option<&End> {
        self.look(task)?.end.as_ref()
    }

    fn is_done(&self, task: TaskNo) -> bool {
        self.end_of(task).is_some()
    }

    fn make(&mut self, request: Request) -> Delivery {
        self.requests.push(request);
        Delivery::of(RequestId::last(&self.requests))
    }

    fn log(&mut self, task: Option<TaskNo>, what: What) {
        self.facts.push(Fact { time: self.now, task, what });
    }
}

impl Signal {
    /// How a block or a body ended that was not cancelled.
    fn result(&self) -> Option<Result<(), Fault>> {
        match self {
            Signal::Next | Signal::Return => Some(Ok(())),
            Signal::Fault(fault) => Some(Err(fault.clone())),
            Signal::Cancelled(_) => None,
        }
    }
}
