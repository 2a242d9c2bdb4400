//! Jobs are found: however the push falls into the falling asleep, and whoever is busy.

use loom::sync::Arc;
use loom::sync::Notify;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::{explore, work};
use crate::scheduler::{Looks, Scheduler};

const NOBODY: usize = 9;

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
    explore(2, [(0, 1), (1, 0)], || {
        let (scheduler, lanes) = Scheduler::new(2);
        let scheduler = Arc::new(scheduler);
        let second_has_run = Arc::new(Notify::new());
        let ran_by = Arc::new([0, 0].map(|_| AtomicUsize::new(NOBODY)));
        let workers: Vec<_> = lanes
            .into_iter()
            .map(|lane| {
                let (scheduler, ran_by) = (Arc::clone(&scheduler), Arc::clone(&ran_by));
                let second_has_run = Arc::clone(&second_has_run);
                thread::spawn(move || {
                    work(&scheduler, &lane, |job: usize| {
                        ran_by[job].store(lane.index, Ordering::Relaxed);
                        if job == 1 {
                            second_has_run.notify();
                        } else {
                            while ran_by[1].load(Ordering::Relaxed) == NOBODY {
                                second_has_run.wait(); // which may return too early
                            }
                            scheduler.close();
                        }
                    });
                })
            })
            .collect();
        assert!(scheduler.inject(0));
        assert!(scheduler.inject(1));
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        let [first, second] = [0, 1].map(|job| ran_by[job].load(Ordering::Relaxed));
        (first, second)
    });
}

/// What a worker has in its queue is run once, by it or by another, also while it blocks in its first job.
#[test]
fn steal_against_pop() {
    explore(2, [0, 1, 2], || {
        let (scheduler, mut lanes) = Scheduler::new(2);
        let scheduler = Arc::new(scheduler);
        let (other, own) = (lanes.remove(1), lanes.remove(0));
        let left = Arc::new(AtomicUsize::new(2));
        let (shared, shared_left) = (Arc::clone(&scheduler), Arc::clone(&left));
        let thief = thread::spawn(move || {
            let mut stolen = 0;
            work(&shared, &other, |()| {
                stolen += 1;
                if shared_left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    shared.close();
                }
            });
            stolen
        });
        scheduler.push(&own, (), Looks::Later);
        scheduler.push(&own, (), Looks::Next);
        work(&scheduler, &own, |()| {
            if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                scheduler.close();
            }
        });
        let stolen = thief.join().unwrap();
        assert_eq!(left.load(Ordering::Relaxed), 0);
        stolen
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
