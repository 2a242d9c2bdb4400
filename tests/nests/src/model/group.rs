//! Groups: children that end before the group does, and whose failures interrupt its body (R12).

use crate::model::delivery::{Delivery, Request, RequestId};
use crate::model::step::{Frame, Signal};
use crate::model::wait::Wait;
use crate::model::{End, Job, Model};
use crate::program::{BlockNo, TaskNo};
use crate::record::{Fault, What};

/// Names a group of this run.
pub(super) type GroupId = usize;

pub(super) struct Group {
    no: BlockNo,
    owner: TaskNo,
    open: bool,
    /// Those that have not ended, in the order of their creation.
    children: Vec<TaskNo>,
    failures: Vec<Fault>,
    /// The request by which it interrupted its body.
    pub(super) own: Option<RequestId>,
    /// What unwinds the owner when the group is over.
    unwinding: Option<Delivery>,
}

impl Model<'_> {
    pub(super) fn enter_group(&mut self, task: TaskNo, no: BlockNo) {
        self.groups.push(Group {
            no,
            owner: task,
            open: true,
            children: Vec::new(),
            failures: Vec::new(),
            own: None,
            unwinding: None,
        });
        let group = self.groups.len() - 1;
        self.task(task).stack.push(Frame::Group(group));
    }

    /// Creates a child in the innermost group of the task that runs here.
    pub(super) fn create_child(&mut self, task: TaskNo, child: TaskNo) -> Signal {
        let innermost = self.task(task).stack.iter().rev().find_map(|frame| match frame {
            Frame::Group(group) => Some(*group),
            _ => None,
        });
        if let Some(group) = innermost {
            if !self.groups[group].open {
                return Signal::Fault(Fault::Closed);
            }
            self.groups[group].children.push(child);
        }
        self.create(child, innermost);
        Signal::Next
    }

    /// A child has ended; a failure reaches the group one hop later, and then so does what ends behind it.
    pub(super) fn child_ends(&mut self, id: GroupId, child: TaskNo) {
        if let Some(End::Fault(fault)) = self.end_of(child).cloned() {
            self.groups[id].failures.push(fault);
        }
        if self.groups[id].open && !self.groups[id].failures.is_empty() {
            self.ready.push_back(Job::Hop(id, child));
        } else {
            self.child_ended(id, child);
        }
    }

    /// The end of a child has reached the group.
    pub(super) fn child_ended(&mut self, id: GroupId, child: TaskNo) {
        self.groups[id].children.retain(|other| *other != child);
        let owner = self.groups[id].owner;
        if self.groups[id].open && !self.groups[id].failures.is_empty() {
            self.shut_down(id);
            let own = self.make(Request::Group);
            self.groups[id].own = Some(own.shown);
            self.ask(owner, &own);
        }
        let waits = matches!(self.task(owner).wait, Some(Wait::Group(it)) if it == id);
        if waits && self.groups[id].children.is_empty() {
            self.wake(owner);
        }
    }

    /// The group takes no more children, and asks those that it has to stop.
    fn shut_down(&mut self, id: GroupId) {
        if std::mem::replace(&mut self.groups[id].open, false) {
            for child in self.groups[id].children.clone() {
                let request = self.make(Request::Group);
                self.ask(child, &request);
            }
        }
    }

    /// The group is dropped half way: nobody waits for the children, and it interrupts its owner no more. What it has caught it gives back.
    pub(super) fn abandon_group(&mut self, id: GroupId) {
        self.shut_down(id);
        let owner = self.groups[id].owner;
        let mut unwinding = self.groups[id].unwinding.take();
        if let Some(own) = self.groups[id].own {
            self.take_back(owner, own);
            unwinding = unwinding.and_then(|delivery| delivery.without(own));
        }
        if let Some(delivery) = unwinding {
            self.lay_down(owner, delivery, false);
        }
    }

    /// The body is over.
    pub(super) fn end_group_body(
        &mut self,
        task: TaskNo,
        id: GroupId,
        by: Signal,
    ) -> Option<Signal> {
        if let Signal::Fault(_) | Signal::Cancelled(_) = by {
            self.shut_down(id);
        }
        if let Signal::Cancelled(delivery) = &by {
            self.groups[id].unwinding = Some(delivery.clone());
        }
        self.leave_group(task, id, by, Signal::Next)
    }

    /// Leaves the group, if its children have ended, or goes on waiting. Requests do not shorten that.
    pub(super) fn leave_group(
        &mut self,
        task: TaskNo,
        id: GroupId,
        body: Signal,
        woken: Signal,
    ) -> Option<Signal> {
        if let Signal::Cancelled(delivery) = woken {
            self.shut_down(id);
            let first = self.groups[id].unwinding.take();
            self.groups[id].unwinding = Some(match first {
                Some(first) => first.and(&delivery),
                None => delivery,
            });
        }
        if !self.groups[id].children.is_empty() {
            self.task(task).stack.push(Frame::GroupExit(id, body));
            self.task(task).wait = Some(Wait::Group(id));
            return None;
        }
        self.groups[id].open = false;
        let signal = self.close_group(task, id, body);
        if let Some(result) = signal.result() {
            self.log(Some(task), What::Left(self.groups[id].no, result));
        }
        Some(signal)
    }

    /// What comes out of a group that is over.
    fn close_group(&mut self, task: TaskNo, id: GroupId, body: Signal) -> Signal {
        let mut unwinding = self.groups[id].unwinding.take();
        if let Some(own) = self.groups[id].own {
            unwinding = unwinding.and_then(|delivery| delivery.without(own));
            self.take_back(task, own);
            if self.count_here(task) == 0 {
                unwinding = None;
            }
        }
        let mut failures = std::mem::take(&mut self.groups[id].failures);
        match body {
            Signal::Fault(fault) => failures.push(fault),
            _ if !failures.is_empty() => {}
            body => return unwinding.map_or(body, Signal::Cancelled),
        }
        if self.count_here(task) > 0 {
            self.repeat(task, unwinding);
        }
        Signal::Fault(Fault::Group(failures.into()))
    }

    /// The failures go first. The requests that are under way strike again, at the next await: they are the same, but for their
    /// messages. If the count alone says that there are any, it is one that the task makes itself.
    fn repeat(&mut self, task: TaskNo, unwinding: Option<Delivery>) {
        let delivery = unwinding.or_else(|| self.take_due(task)).unwrap_or_else(|| {
            // It takes the place of one that has been refused: the count stays.
            let repeated = self.make(Request::Repeated);
            self.task(task).counted.push(repeated.clone());
            repeated
        });
        self.lay_down(task, delivery.mute(), false);
    }
}
