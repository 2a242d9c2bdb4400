//! What a worker does all day.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cede_core::backend::{Executor, Runnable, enter, wake};

use crate::here::{self, Here};
use crate::pool::{Job, Pool};
use crate::rest;
use crate::scheduler::{INJECTOR_INTERVAL, Lane, Looks};
use crate::sync::now;

/// What is to be done after a turn.
#[derive(Debug)]
pub(crate) enum Turn {
    /// No more turns.
    Last,
    /// There is more to do; let others have a short look first.
    Busy,
    /// Nothing is ready: sleep, until the deadline at most.
    Idle(Option<Instant>),
}

/// How long jobs are run before the reactor gets a look, when there is always something ready. A look costs some system calls.
const TURN: Duration = Duration::from_micros(100);

/// Works for `pool` until that closes.
pub(crate) fn work(pool: &Arc<Pool>, lane: Lane<Job>) {
    let entered = enter(Arc::clone(pool) as Arc<dyn Executor>);
    let (here, at_work) = here::become_worker(pool, lane);
    rest::drive(pool.scheduler.rouser(here.lane.index), || here.turn());
    // From here on what this thread pushes goes to the injector.
    drop(at_work);
    pool.scheduler.leave(&here.lane);
    drop(entered);
}

impl Here {
    fn turn(self: &Rc<Self>) -> Turn {
        let scheduler = &self.pool.scheduler;
        if self.resting.replace(false) {
            self.wake_up();
        }
        let began = now();
        for count in 0_u32.. {
            if scheduler.is_closing() {
                return Turn::Last;
            }
            if count % INJECTOR_INTERVAL == 0 {
                self.pool.fire_due();
                if now().duration_since(began) >= TURN {
                    break;
                }
            }
            if let Some(job) = scheduler.next(&self.lane) {
                self.hand_over_time();
                if let Some(again) = self.run(job) {
                    scheduler.push(&self.lane, Some(again), Looks::Next);
                }
            } else if !self.pool.fire_due()
                && !scheduler.linger(&self.lane)
                && scheduler.fall_asleep(&self.lane)
            {
                return self.rest();
            }
        }
        Turn::Busy
    }

    /// Does it, and gives back the task that has something to do again.
    fn run(&self, job: Job) -> Option<Runnable> {
        #[cfg(cede_jitter)]
        let _pauses = crate::jitter::Jitter::new();
        if let Some(task) = job {
            return task.run();
        }
        self.pool.next_due().into_iter().for_each(wake);
        None
    }

    fn rest(&self) -> Turn {
        self.resting.set(true);
        if self.pool.timekeeper.begin(self.lane.index) {
            self.keeping.set(true);
            return Turn::Idle(self.pool.timers.next());
        }
        Turn::Idle(None)
    }

    fn wake_up(&self) {
        self.pool.scheduler.wake_up(&self.lane);
        if self.keeping.replace(false) {
            self.pool.timekeeper.end();
            self.unkept.set(true);
        }
    }

    /// Before a job, which may take long: somebody who sleeps keeps time, if anybody sleeps.
    fn hand_over_time(&self) {
        let searched = self.lane.take_has_searched();
        if (self.unkept.replace(false) || searched)
            && self.pool.timers.is_any_set()
            && self.pool.timekeeper.who().is_none()
        {
            self.pool.scheduler.wake_one();
        }
    }
}
