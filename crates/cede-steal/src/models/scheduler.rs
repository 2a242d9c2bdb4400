//! Jobs are found: however the push falls into the falling asleep, and whoever is busy.

use std::sync::atomic::{AtomicUsize, Ordering};

use loom::sync::Arc;
use loom::sync::Notify;
use loom::thread;

use super::{explore, work};
use crate::scheduler::{Lane, Looks, Scheduler};

/// So many jobs, of which the first ends only after the second. Their counts are no part of the race: std's.
struct Jobs<const COUNT: usize> {
    ran_by: [AtomicUsize; COUNT],
    left: AtomicUsize,
    second_has_run: Notify,
}

const NOBODY: usize = 9;

impl<const COUNT: usize> Jobs<COUNT> {
    fn new() -> Self {
        Jobs {
            ran_by: [(); COUNT].map(|()| AtomicUsize::new(NOBODY)),
            left: AtomicUsize::new(COUNT),
            second_has_run: Notify::new(),
        }
    }

    /// Works as the worker that has `lane`, until all have ended.
    fn work(&self, scheduler: &Scheduler<usize>, lane: &Lane<usize>) {
        work(scheduler, lane, |job| {
            let before = self.ran_by[job].swap(lane.index, Ordering::Relaxed);
            assert_eq!(before, NOBODY, "job {job} runs twice");
            match job {
                0 => {
                    while self.ran_by[1].load(Ordering::Relaxed) == NOBODY {
                        self.second_has_run.wait(); // which may return too early
                    }
                }
                1 => self.second_has_run.notify(),
                _ => {}
            }
            if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
                scheduler.close();
            }
        });
    }

    fn ran_by(&self) -> [usize; COUNT] {
        std::array::from_fn(|job| self.ran_by[job].load(Ordering::Relaxed))
    }
}

/// Events P1 to P3 against F1 to F3. The one worker runs the job whether it was asleep by then, about to be, or still looking.
#[test]
fn sleep_against_push() {
    explore(3, [0, 1], || {
        let (scheduler, mut lanes) = Scheduler::new(1);
        let (scheduler, lane) = (Arc::new(scheduler), lanes.remove(0));
        let shared = Arc::clone(&scheduler);
        let worker = thread::spawn(move || work(&shared, &lane, |()| shared.close()));
        assert!(scheduler.inject(()));
        worker.join().unwrap()
    });
}

/// Two jobs of which the first ends only after the second: the worker that has taken the first is not the one that can run the other, so a second worker must come,
/// also if nobody was woken for the second since somebody was searching (S3 to S5).
#[test]
fn the_last_searcher_against_push() {
    explore(2, [[0, 1], [1, 0]], || {
        let (scheduler, lanes) = Scheduler::new(2);
        let (scheduler, jobs) = (Arc::new(scheduler), Arc::new(Jobs::new()));
        let workers: Vec<_> = lanes
            .into_iter()
            .map(|lane| {
                let (scheduler, jobs) = (Arc::clone(&scheduler), Arc::clone(&jobs));
                thread::spawn(move || jobs.work(&scheduler, &lane))
            })
            .collect();
        assert!(scheduler.inject(0));
        assert!(scheduler.inject(1));
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        jobs.ran_by()
    });
}

/// Three jobs in the queue of one worker, the first of which ends only after the second. Each is run once; and who has taken the first, be it the owner or
/// a thief that has taken the second along with it, leaves that to the other.
#[test]
fn steal_against_pop() {
    explore(2, [[0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1]], || {
        let (scheduler, mut lanes) = Scheduler::new(2);
        let (scheduler, jobs) = (Arc::new(scheduler), Arc::new(Jobs::new()));
        let (other, own) = (lanes.remove(1), lanes.remove(0));
        let (shared, shared_jobs) = (Arc::clone(&scheduler), Arc::clone(&jobs));
        let thief = thread::spawn(move || shared_jobs.work(&shared, &other));
        for job in 0..3 {
            scheduler.push(&own, job, Looks::Next);
        }
        jobs.work(&scheduler, &own);
        thief.join().unwrap();
        jobs.ran_by()
    });
}

/// What a worker pushes in the midst of a job is run by another while that job goes on, whether that one was asleep or about to be.
#[test]
fn sleep_against_push_in_the_midst_of_a_job() {
    explore(3, [0, 1], || {
        let (scheduler, mut lanes) = Scheduler::new(2);
        let scheduler = Arc::new(scheduler);
        let (other, own) = (lanes.remove(1), lanes.remove(0));
        let shared = Arc::clone(&scheduler);
        let worker = thread::spawn(move || work(&shared, &other, |()| shared.close()));
        // The other ends only after the job, and this one never looks for it.
        scheduler.push(&own, (), Looks::Later);
        worker.join().unwrap()
    });
}
