//! What the workers of a pool share with each other, with its tasks and with other threads.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use cede_core::Task;
use cede_core::backend::{self, Executor, Runnable, TaskSet, TimerKey};

use crate::here;
use crate::scheduler::{Lane, Looks, Scheduler};
use crate::sync::{AtomicUsize, Mutex, Ordering, now, thread};
use crate::timekeeper::Timekeeper;
use crate::timers::Timers;

#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) tasks: TaskSet,
    pub(crate) scheduler: Scheduler<Job>,
    pub(crate) timers: Timers,
    pub(crate) timekeeper: Timekeeper,
    /// Timers that were due when they were set. There are as many jobs for them, or will be.
    due: Mutex<VecDeque<Waker>>,
    /// How many workers have not left.
    at_work: AtomicUsize,
}

/// What a worker does between two looks at the queues: a step of a task or, where there is `None`, a timer that was due when it was set, the next of
/// [`Pool::due`]. So it is one pointer, which goes from hand to hand in a register.
pub(crate) type Job = Option<Runnable>;

impl Pool {
    /// For so many workers; each gets its lane.
    pub(crate) fn new(workers: usize) -> (Arc<Self>, Vec<Lane<Job>>) {
        let (scheduler, lanes) = Scheduler::new(workers);
        let pool = Pool {
            // Another thread may create tasks besides the workers.
            tasks: TaskSet::for_threads(workers + 1),
            scheduler,
            // The last is for all threads that are no workers.
            timers: Timers::new(workers + 1),
            timekeeper: Timekeeper::new(),
            due: Mutex::default(),
            at_work: AtomicUsize::new(workers),
        };
        (Arc::new(pool), lanes)
    }

    fn push(&self, job: Job) {
        let taken = here::worker_of(self, |here| {
            let Some(here) = here else { return self.scheduler.inject(job) };
            let looks = if backend::in_task() { Looks::Later } else { Looks::Next };
            self.scheduler.push(&here.lane, job, looks);
            if here.resting.get() {
                // Something that it rests in, like the reactor, called us.
                self.scheduler.rouse(here.lane.index);
            }
            true
        });
        if !taken {
            // Only a timer can come this late. If it is for a callback, that is called by this.
            self.discard();
        }
    }

    /// The first of those timers.
    pub(crate) fn next_due(&self) -> Option<Waker> {
        self.due.lock().pop_front()
    }

    /// Drops what other threads have pushed, and those timers.
    fn discard(&self) {
        self.scheduler.discard();
        self.discard_due();
    }

    fn discard_due(&self) {
        while let Some(waker) = self.next_due() {
            backend::discard(waker);
        }
    }

    /// Somebody is to know of a timer that is due before all others.
    fn keep_time(&self) {
        match self.timekeeper.who() {
            Some(keeper) => self.scheduler.rouse(keeper),
            None => here::worker_of(self, |here| match here {
                Some(here) => here.unkept.set(true),
                None => self.scheduler.wake_one(),
            }),
        }
    }

    /// Wakes what is due. True: something was.
    pub(crate) fn fire_due(&self) -> bool {
        let due = self.timers.take_due();
        let fired = !due.is_empty();
        due.into_iter().for_each(backend::wake);
        fired
    }

    /// The workers are to stop, each after its present job; no task can be created any more.
    pub(crate) fn close(&self) {
        self.tasks.close();
        self.scheduler.close();
    }

    /// This many workers have left, or will never come. The last ends what is left.
    pub(crate) fn leave(&self, workers: usize) {
        if self.at_work.fetch_sub(workers, Ordering::AcqRel) == workers {
            self.end();
        }
    }

    /// Nobody runs any task now: drops all that there is.
    fn end(&self) {
        loop {
            for task in self.tasks.all() {
                task.abort(); // so that each has a `Runnable` in the injector
            }
            // While the injector still takes what comes: a callback that is called by this may have another one called.
            self.discard();
            if self.tasks.is_empty() {
                break;
            }
            // A task that another thread was creating when this began is still on its way.
            thread::yield_now();
        }
        self.scheduler.set_closed();
        self.discard_due();
        // What is left are wakers, which own tasks, which own this: break the circle.
        self.timers.clear().into_iter().for_each(backend::discard);
    }
}

impl Executor for Pool {
    fn schedule(&self, task: Runnable) {
        self.push(Some(task));
        #[cfg(cede_jitter)]
        crate::jitter::pause();
    }

    fn tasks(&self) -> &TaskSet {
        &self.tasks
    }

    fn now(&self) -> Instant {
        let now = now();
        here::worker_of(self, |here| {
            if let Some(here) = here {
                here.told.set(Some(now));
            }
        });
        now
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let (shard, told) = here::worker_of(self, |here| match here {
            Some(here) => (here.lane.index, here.told.get()),
            None => (self.scheduler.workers(), None),
        });
        let key = self.timers.key(shard, deadline);
        // Whoever sets a deadline has mostly just asked for the time, and to ask the system is a good part of what a timer costs.
        if deadline <= told.unwrap_or_else(now) {
            // Due at once: its turn comes when what is ready now has run.
            self.due.lock().push_back(waker);
            self.push(None);
            return key;
        }
        if self.timers.insert(key, waker) {
            self.keep_time();
        }
        if self.scheduler.is_closed() {
            // Nobody will ever look.
            backend::discard(self.timers.remove(key));
        }
        key
    }

    fn forget_timer(&self, key: TimerKey) -> Option<Waker> {
        self.timers.remove(key)
    }

    fn name(&self) -> &'static str {
        "steal"
    }
}
