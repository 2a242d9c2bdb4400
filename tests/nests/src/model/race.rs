//! Races: bodies that are dropped where they stand, which no request does (R15).

use crate::model::step::{Frame, Signal};
use crate::model::wait::Wait;
use crate::model::{Model, Timer, TimerKey};
use crate::program::{BlockNo, TaskNo};
use crate::record::What;

/// A race with a body that is under way.
pub(super) struct Race {
    no: BlockNo,
    timer: TimerKey,
}

impl Model<'_> {
    pub(super) fn enter_race(&mut self, task: TaskNo, no: BlockNo, ms: u8) {
        let timer = if ms == 0 {
            // It only gives way, whatever the body does.
            self.wake(task);
            (self.now, 0)
        } else {
            self.set_timer(ms, Timer::Wake(task))
        };
        self.task(task).stack.push(Frame::Race(Race { no, timer }));
    }

    /// The body has ended first.
    pub(super) fn leave_race(&mut self, task: TaskNo, race: &Race, signal: Signal) -> Signal {
        self.timers.remove(&race.timer);
        if let Some(result) = signal.result() {
            self.log(Some(task), What::Left(race.no, result));
        }
        signal
    }

    /// The outermost race whose time is over, by its place in the stack; unless a request ends all of it.
    pub(super) fn race_lost(&self, task: TaskNo) -> Option<usize> {
        let task = self.look(task)?;
        let lost = |frame: &Frame<'_>| matches!(frame, Frame::Race(it) if it.timer.0 <= self.now);
        let at = task.stack.iter().position(lost)?;
        // Thrown at a scope in there, a request is handed back. Is there none, it goes to one outside.
        let scope = |frame: &Frame<'_>| {
            matches!(
                frame,
                Frame::Catch(..) | Frame::Timeout(_) | Frame::Group(_) | Frame::GroupExit(..)
            )
        };
        let met = task.pending.is_some() && !task.stack[at..].iter().any(scope);
        (!met).then_some(at)
    }

    /// Drops what is inside that race, the innermost first.
    pub(super) fn abandon(&mut self, task: TaskNo, race: usize, wait: &Wait) -> Signal {
        self.leave(task, wait);
        // A request that had ended the wait is on its way again.
        if let Some(pending) = &mut self.task(task).pending {
            pending.hit = false;
        }
        while self.task(task).stack.len() > race {
            match self.task(task).stack.pop() {
                Some(Frame::Critical(_)) => self.set_free(task),
                Some(Frame::Timeout(it)) => self.abandon_timeout(task, &it),
                Some(Frame::Group(group) | Frame::GroupExit(group, _)) => self.abandon_group(group),
                Some(Frame::Race(it)) => {
                    self.timers.remove(&it.timer);
                    if self.task(task).stack.len() == race {
                        self.log(Some(task), What::Dropped(it.no));
                    }
                }
                _ => {}
            }
        }
        Signal::Next
    }
}
