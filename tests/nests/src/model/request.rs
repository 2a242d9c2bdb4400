//! Asking a task to stop (R2, R4, R6), and taking that back.

use crate::model::Model;
use crate::model::delivery::{Delivery, Pending, Request, RequestId};
use crate::model::step::Frame;
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
        self.task(task).counted.push(delivery.clone());
        if asked.contains(&task) {
            return true;
        }
        asked.push(task);
        if self.running == Some(task) {
            self.lay_down(task, delivery.clone(), false);
            return true;
        }
        let (open, masked) = self.split(task, delivery);
        if let Some(masked) = masked {
            // It takes a step in which nothing happens to see that it has to wait.
            self.hold(task, &masked);
            self.wake(task);
        }
        let Some(open) = open else {
            return true;
        };
        if !self.forward(task, &open, asked) {
            // A task that waits for its turn meets it as it is; one that is suspended is suspended no longer.
            let hits = !self.task(task).queued;
            self.lay_down(task, open, hits);
            self.wake(task);
        }
        true
    }

    /// What of `delivery` gets in, and what a critical keeps out. A timeout or a group asks from where it stands: what is around it is not in
    /// the way.
    pub(super) fn split(
        &self,
        task: TaskNo,
        delivery: &Delivery,
    ) -> (Option<Delivery>, Option<Delivery>) {
        let masked = |request: &RequestId| {
            let stack = &self.look(task).expect("it was created").stack;
            let from = stack.iter().position(|frame| self.is_of(frame, *request));
            stack[from.unwrap_or(0)..].iter().any(|frame| matches!(frame, Frame::Critical(_)))
        };
        let (masked, open) =
            delivery.answers.iter().partition::<Vec<RequestId>, _>(|id| masked(id));
        (delivery.only(&open), delivery.only(&masked))
    }

    /// Is that the request of this timeout or group?
    fn is_of(&self, frame: &Frame<'_>, request: RequestId) -> bool {
        let own = match frame {
            Frame::Timeout(timeout) => timeout.own,
            Frame::Group(group) | Frame::GroupExit(group, _) => self.groups[*group].own,
            _ => None,
        };
        own == Some(request)
    }

    /// How many requests concern the code that runs: not those that a critical around it keeps out.
    pub(super) fn count_here(&self, task: TaskNo) -> usize {
        let it = self.look(task).expect("it was created");
        let due = it.pending.iter().map(|pending| &pending.delivery).chain(&it.held);
        let kept_out = due.filter_map(|due| self.split(task, due).1);
        let kept_out: Vec<RequestId> = kept_out.flat_map(|masked| masked.answers).collect();
        let is_out = |counted: &&Delivery| counted.answers.iter().all(|id| kept_out.contains(id));
        it.count.saturating_sub(it.counted.iter().filter(is_out).count())
    }

    /// Passes a request on to the tasks that this one waits for. False: there are none.
    fn forward(&mut self, task: TaskNo, delivery: &Delivery, asked: &mut Vec<TaskNo>) -> bool {
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

    pub(super) fn hold(&mut self, task: TaskNo, delivery: &Delivery) {
        let task = self.task(task);
        let old = task.held.take().map(|delivery| Pending { delivery, hit: false });
        task.held = Some(Pending::merged(old, delivery.clone(), false).delivery);
        task.looked_again = false;
    }

    /// A critical is over: what it held back is due, but for what another one does.
    pub(super) fn set_free(&mut self, task: TaskNo) {
        if let Some(held) = self.task(task).held.take() {
            let (free, masked) = self.split(task, &held);
            self.task(task).held = masked;
            if let Some(free) = free {
                self.lay_down(task, free, false);
            }
        }
    }

    /// A running task suspends: what came while it ran hits now, unless it only gives way.
    pub(super) fn suspended(&mut self, task: TaskNo) {
        if let Some(pending) = self.task(task).pending.take() {
            let (open, masked) = self.split(task, &pending.delivery);
            if let Some(masked) = masked {
                self.hold(task, &masked);
            }
            if let Some(delivery) = open {
                if !self.forward(task, &delivery, &mut vec![task]) {
                    let hit = !self.task(task).queued;
                    self.task(task).pending = Some(Pending { delivery, hit });
                    self.wake(task);
                }
            }
        }
        let it = self.task(task);
        if !it.queued {
            // It takes a step in which nothing happens to see that the critical is not set aside.
            it.looked_again = it.held.is_some() && !it.looked_again;
            if it.looked_again {
                self.wake(task);
            }
        }
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
    pub(super) fn take_back(&mut self, task: TaskNo, own: RequestId) {
        self.uncancel(task);
        let task = self.task(task);
        task.held = task.held.take().and_then(|held| held.without(own));
        task.pending = task.pending.take().and_then(|Pending { delivery, hit }| {
            delivery.without(own).map(|delivery| Pending { delivery, hit })
        });
    }
}
