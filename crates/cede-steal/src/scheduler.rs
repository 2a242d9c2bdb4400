//! Which worker runs which job: where jobs are pushed, and where they are looked for.

use std::cell::Cell;
use std::time::Duration;

use crate::queue::{Deque, Injector, Stealer};
use crate::rest::Rouser;
use crate::sleepers::Sleepers;
use crate::sync::{cores, now, thread};

/// What the workers of a pool share of their jobs.
#[derive(Debug)]
pub(crate) struct Scheduler<J> {
    injector: Injector<J>,
    lanes: Box<[Stealer<J>]>,
    sleepers: Sleepers,
    rousers: Box<[Rouser]>,
    /// Does one that has found nothing look on?
    lingers: bool,
}

/// What a worker has for itself.
#[derive(Debug)]
pub(crate) struct Lane<J> {
    pub(crate) index: usize,
    deque: Deque<J>,
    /// After so many jobs it looks into the injector first.
    until_injector: Cell<u32>,
    /// Where its last search began.
    random: Cell<usize>,
    /// It is counted among those who search.
    searching: Cell<bool>,
    /// It has stopped since this was last asked, for it has found a job.
    has_searched: Cell<bool>,
    /// There may be a job in its queue of which nobody else has been told.
    quiet: Cell<bool>,
}

/// When a worker that pushes a job onto its own queue will look there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// At once: it is between two jobs.
    Next,
    /// When its present job is over, whenever that is.
    Later,
}

/// How long one that has found nothing looks on: about as long as it takes the system to wake a thread.
const LINGER: Duration = Duration::from_micros(20);

/// A worker looks into the injector before its own queue once in so many times at least.
pub(crate) const INJECTOR_INTERVAL: u32 = 61;

/// And once in so many at most. A look is cheap if nothing is there.
const INJECTOR_PAUSE: u32 = 8;

impl<J> Scheduler<J> {
    /// For so many workers; each gets its lane.
    pub(crate) fn new(workers: usize) -> (Self, Vec<Lane<J>>) {
        let lanes: Vec<Lane<J>> = (0..workers).map(Lane::new).collect();
        let scheduler = Scheduler {
            injector: Injector::new(),
            lanes: lanes.iter().map(|lane| lane.deque.stealer()).collect(),
            sleepers: Sleepers::new(workers),
            rousers: (0..workers).map(|_| Rouser::default()).collect(),
            // Where there are not cores for all of them, one that looks on keeps another from its work.
            lingers: workers <= cores(),
        };
        (scheduler, lanes)
    }

    /// Takes a job from anywhere. False: the pool is gone, and the caller must [`discard`](Scheduler::discard) what is here.
    #[must_use]
    pub(crate) fn inject(&self, job: J) -> bool {
        self.injector.push(job);
        self.wake_one();
        !self.sleepers.is_closed()
    }

    /// Takes a job from the worker that has `lane`.
    pub(crate) fn push(&self, lane: &Lane<J>, job: J, looks: Looks) {
        let alone = lane.deque.is_empty();
        lane.deque.push(job);
        if looks == Looks::Next && (alone || !lane.quiet.get()) {
            // It runs one of them next. Of the others, if there are any, somebody has been told: nobody has fallen asleep since without seeing them.
            lane.quiet.set(alone);
        } else {
            lane.quiet.set(false);
            self.wake_one();
        }
    }

    /// Something is to be done: if nobody looks for it, and somebody sleeps, that one is woken.
    pub(crate) fn wake_one(&self) {
        if let Some(index) = self.sleepers.wake_one() {
            self.rouse(index);
        }
    }

    /// Wakes this worker, if it rests, or makes its next rest a short one.
    pub(crate) fn rouse(&self, index: usize) {
        self.rousers[index].rouse();
    }

    /// The next job for the worker that has `lane`. `None`: it may [`fall_asleep`](Scheduler::fall_asleep).
    pub(crate) fn next(&self, lane: &Lane<J>) -> Option<J> {
        let job = self.find(lane)?;
        if lane.searching.replace(false) {
            lane.has_searched.set(true);
            if self.sleepers.stop_search() && self.has_jobs() {
                self.wake_one();
            }
        }
        Some(job)
    }

    fn find(&self, lane: &Lane<J>) -> Option<J> {
        if lane.is_turn_of_injector() {
            // More than one, lest what comes from outside waits for all that is here each time; but it comes after that.
            let job = self.injector.take_batch(&lane.deque);
            lane.plan_injector();
            if let Some(job) = job {
                if !lane.deque.is_empty() {
                    lane.quiet.set(false);
                    self.wake_one(); // for the job that was to be next
                }
                return Some(job);
            }
        }
        lane.deque.pop().or_else(|| self.search(lane))
    }

    fn search(&self, lane: &Lane<J>) -> Option<J> {
        if !lane.searching.get() {
            if !self.sleepers.start_search() {
                return None;
            }
            lane.searching.set(true);
        }
        self.injector.take_batch(&lane.deque).or_else(|| {
            let (before, after) = self.lanes.split_at(lane.random_below(self.lanes.len()));
            // Its own queue may be among them, and is empty.
            after.iter().chain(before).find_map(|other| other.take_batch(&lane.deque))
        })
    }

    /// The worker that has `lane` has found nothing, and looks on for a moment: to fall asleep and be woken costs more, and while it searches nobody is
    /// woken for what is pushed. True: there is something.
    pub(crate) fn linger(&self, lane: &Lane<J>) -> bool {
        if !self.lingers || !lane.searching.get() {
            return false;
        }
        let began = now();
        loop {
            // Others may wait for this core: a spin would keep them from it.
            thread::yield_now();
            if self.is_closing() || self.has_jobs() {
                return true;
            }
            if now().duration_since(began) >= LINGER {
                return false;
            }
        }
    }

    /// The worker that has `lane` has found nothing. True: it may rest, and is to [`wake_up`](Scheduler::wake_up) then. False: it is to look again.
    pub(crate) fn fall_asleep(&self, lane: &Lane<J>) -> bool {
        self.sleepers.fall_asleep(lane.index, lane.searching.replace(false));
        if self.has_jobs() {
            self.wake_up(lane);
            return false;
        }
        true
    }

    /// The worker that has `lane` is awake again, and searches.
    pub(crate) fn wake_up(&self, lane: &Lane<J>) {
        self.sleepers.wake_up(lane.index);
        lane.searching.set(true);
    }

    /// The workers are to stop.
    pub(crate) fn close(&self) {
        self.sleepers.set_closing();
        self.rousers.iter().for_each(Rouser::rouse);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.sleepers.is_closing()
    }

    /// Is nothing taken any more? To be asked with a fence before it.
    pub(crate) fn is_closed(&self) -> bool {
        self.sleepers.is_closed()
    }

    /// The worker that has `lane` goes; what it has left is for whoever comes.
    pub(crate) fn leave(&self, lane: &Lane<J>) {
        if lane.searching.replace(false) {
            let _ = self.sleepers.stop_search(); // the others leave, too
        }
        while let Some(job) = lane.deque.pop() {
            self.injector.push(job);
        }
    }

    /// All workers have gone; from now on nothing is taken.
    pub(crate) fn set_closed(&self) {
        self.sleepers.set_closed();
        self.discard();
    }

    /// Drops the jobs that nobody will run.
    pub(crate) fn discard(&self) {
        while let Some(job) = self.injector.pop() {
            drop(job);
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.lanes.len()
    }

    pub(crate) fn sleeping(&self) -> usize {
        self.sleepers.sleeping()
    }

    pub(crate) fn rouser(&self, index: usize) -> &Rouser {
        &self.rousers[index]
    }

    fn has_jobs(&self) -> bool {
        !self.injector.is_empty() || self.lanes.iter().any(|lane| !lane.is_empty())
    }
}

impl<J> Lane<J> {
    fn new(index: usize) -> Self {
        Lane {
            index,
            deque: Deque::new(),
            until_injector: Cell::new(INJECTOR_INTERVAL - 1),
            random: Cell::new(index),
            searching: Cell::new(false),
            has_searched: Cell::new(false),
            quiet: Cell::new(false),
        }
    }

    /// Has it found a job by searching, since this was last asked?
    pub(crate) fn take_has_searched(&self) -> bool {
        self.has_searched.replace(false)
    }

    fn is_turn_of_injector(&self) -> bool {
        let until = self.until_injector.get().checked_sub(1);
        self.until_injector.set(until.unwrap_or(0));
        until.is_none()
    }

    /// The next look is when what is in the own queue now has run, within bounds.
    fn plan_injector(&self) {
        let round = u32::try_from(self.deque.len()).unwrap_or(u32::MAX);
        self.until_injector.set(round.clamp(INJECTOR_PAUSE, INJECTOR_INTERVAL) - 1);
    }

    /// A Weyl sequence: where a search begins need not be any better than different.
    fn random_below(&self, limit: usize) -> usize {
        let next = self.random.get().wrapping_add(0x9E37_79B9);
        self.random.set(next);
        (next >> 8) % limit
    }
}
