//! Asking a task to stop (R2, R4, R6), and taking that back.

use crate::model::Model;
use crate::model::delivery::{Delivery, Pending, Request, RequestId};
use crate::program::{RequestNo, TaskNo};
use crate::record::What;

impl Model<'_> {
    /// The program asks.
    pub(super) fn ask_by_program(&mut self, target: TaskNo, request: RequestNo) {
        if self.look(target).is_none() {
            return;
        }
        let by = self.running;
        let delivery = self.make(Request::Program { no: request, by, to: target });
        let accepted = self.ask(target, &delivery);
        self.log(by, What::Asked { target, request, accepted });
    }

    /// Asks a task to stop. False: it is done.
    pub(super) fn ask(&mut self, task: TaskNo, delivery: &Delivery) -> bool {
        self.pass_on(task, delivery, &mut Vec::new())
    }

    /// The same, on the way down a chain of awaits. Who was asked already counts the request, and no more.
    fn pass_on(&mut self, task: TaskNo, delivery: &Delivery, asked: &mut Vec<TaskNo>) -> bool {
        if self.is_done(task) {
            return false;
        }
        self.task(task).count += 1;
        if asked.contains(&task) {
            return true;
        }
        asked.push(task);
        if self.running != Some(task) {
            if self.forward(task, delivery, asked) {
                return true;
            }
            if self.task(task).is_masked() {
                // It takes a step in which nothing happens to see that it has to wait.
                self.hold(task, delivery);
                self.wake(task);
                return true;
            }
        }
        // A task that waits for its turn, or runs, meets it as it is; one that is suspended is suspended no longer.
        let hits = self.running != Some(task) && !self.task(task).queued;
        self.lay_down(task, delivery.clone(), hits);
        if hits {
            self.wake(task);
        }
        true
    }

    /// Passes a request on to the tasks that this one waits for. False: there are none.
    fn forward(&mut self, task: TaskNo, delivery: &Delivery, asked: &mut Vec<TaskNo>) -> bool {
        if self.task(task).is_masked() {
            return false;
        }
        let targets = self.awaited(task);
        let mut again = true;
        for target in &targets {
            // By another way it may have come here before.
            if self.passes_on(task, *target, delivery) {
                self.pass_on(*target, delivery, asked);
                again = false;
            }
        }
        if again && !targets.is_empty() {
            // It takes a step in which nothing happens to see that.
            self.wake(task);
        }
        !targets.is_empty()
    }

    pub(super) fn lay_down(&mut self, task: TaskNo, delivery: Delivery, hits: bool) {
        let task = self.task(task);
        task.pending = Some(Pending::merged(task.pending.take(), delivery, hits));
    }

    fn hold(&mut self, task: TaskNo, delivery: &Delivery) {
        let task = self.task(task);
        let old = task.held.take().map(|delivery| Pending { delivery, hit: false });
        task.held = Some(Pending::merged(old, delivery.clone(), false).delivery);
    }

    /// A critical is over: unless there is another one around it, what it held back is due.
    pub(super) fn set_free(&mut self, task: TaskNo) {
        if !self.task(task).is_masked() {
            if let Some(held) = self.task(task).held.take() {
                self.lay_down(task, held, false);
            }
        }
    }

    /// A running task suspends: what came while it ran hits now, unless it only gives way.
    pub(super) fn suspended(&mut self, task: TaskNo) {
        let Some(pending) = self.task(task).pending.take() else {
            return;
        };
        if self.forward(task, &pending.delivery, &mut vec![task]) {
            return;
        }
        if self.task(task).is_masked() {
            self.hold(task, &pending.delivery);
            return;
        }
        let hit = !self.task(task).queued;
        self.task(task).pending = Some(Pending { hit, ..pending });
        self.wake(task);
    }

    /// Takes all that the task is still to meet.
    pub(super) fn take_due(&mut self, task: TaskNo) -> Option<Delivery> {
        let task = self.task(task);
        let pending = task.pending.take().map(|pending| pending.delivery);
        match (pending, task.held.take()) {
            (Some(pending), Some(held)) => Some(pending.and(&held)),
            (pending, held) => pending.or(held),
        }
    }

    /// `uncancel`: at zero, what has not hit anything is withdrawn.
    pub(super) fn uncancel(&mut self, task: TaskNo) -> usize {
        let task = self.task(task);
        let was = task.count;
        task.count = was.saturating_sub(1);
        if was == 1 {
            task.held = None;
            task.pending = task.pending.take().filter(|pending| pending.hit);
        }
        task.count
    }

    /// A timeout or a group is over, and its own request with it.
    pub(super) fn take_back(&mut self, task: TaskNo, own: RequestId) -> usize {
        let left = self.uncancel(task);
        let task = self.task(task);
        task.held = task.held.take().and_then(|held| held.without(own));
        task.pending = task.pending.take().and_then(|Pending { delivery, hit }| {
            delivery.without(own).map(|delivery| Pending { delivery, hit })
        });
        left
    }
}
