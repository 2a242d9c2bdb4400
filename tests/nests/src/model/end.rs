//! The end of a task, and what is left when the run is over.

use crate::model::{End, Model, Signal, Task};
use crate::program::TaskNo;
use crate::record::{Final, Outcome, Record, What};

impl Model<'_> {
    /// The body has ended.
    pub(super) fn end(&mut self, no: TaskNo, signal: Signal) {
        if let Some(result) = signal.result() {
            self.log(Some(no), What::Returned(result));
        }
        let asyncio = self.nest.asyncio;
        // All that was on its way is met here.
        let due = self.take_due(no);
        let task = self.task(no);
        let end = match (signal, due) {
            (Signal::Cancelled(delivery), Some(due)) => End::Cancelled(delivery.and(&due)),
            (Signal::Cancelled(delivery), None) => End::Cancelled(delivery),
            // The failure of a child goes first.
            (Signal::Fault(fault), _) if asyncio || task.group.is_some() => End::Fault(fault),
            (_, Some(due)) => End::Cancelled(due),
            (Signal::Fault(fault), None) => End::Fault(fault),
            (Signal::Next | Signal::Return, None) => End::Value,
        };
        task.end = Some(end);
        let group = task.group;
        let waiters = std::mem::take(&mut task.waiters);
        self.running = None;
        if let Some(group) = group {
            self.child_ends(group, no);
        }
        for waiter in waiters {
            self.hear(waiter, no);
        }
    }

    pub(super) fn into_record(mut self) -> Record {
        self.expired.sort_unstable();
        let finals = self.tasks.iter().map(|task| Some(self.final_of(task.as_ref()?))).collect();
        Record { finals, facts: self.facts, expired: self.expired }
    }

    fn final_of(&self, task: &Task<'_>) -> Final {
        let outcome = match task.end.as_ref().expect("every task has ended") {
            End::Value => Outcome::Value,
            End::Fault(fault) => Outcome::Fault(fault.clone()),
            End::Cancelled(delivery) => Outcome::Cancelled(self.delivered(delivery)),
        };
        Final { outcome, cancelling: task.count }
    }
}
