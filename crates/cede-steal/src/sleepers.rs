//! Who sleeps, who searches, and whom a new job wakes.
//!
//! # Why no job is left lying
//!
//! One word counts the workers that *search* (look for jobs in queues that are not theirs) and those that *sleep*; the list under the lock
//! names the sleepers, and changes together with their count. A worker that does neither is *busy*: it has a job, and looks at the
//! queues again after it.
//!
//! Whoever pushes a job:
//!
//! - **P1** puts it into a queue;
//! - **P2** fence;
//! - **P3** reads the word. If nobody searches and somebody sleeps, it takes a sleeper off the list, counts it as searching, and rouses it.
//!
//! A worker whose own queue is empty:
//!
//! - **S1** counts itself as searching, unless half of the workers do so already;
//! - **S2** goes through all queues.
//! - **S3** If it finds a job, it counts itself out. If it was the last that searched: **S4** fence, **S5** it goes through the queues once more, and
//!   if anything is left, it does what P3 says. Then it runs its job.
//!
//! If it finds none, or may not search:
//!
//! - **F1** it counts itself out of those who search and into those who sleep, in one step, and stands on the list;
//! - **F2** fence;
//! - **F3** it goes through all queues once more. If anything is there, it counts itself back, and searches. If not, it rests until it is roused.
//!
//! **Claim.** After P3 there is a worker that will find the job, or finds that another has taken it, before it sleeps. By what P3 read:
//!
//! 1. *Nobody sleeps.* Every worker is busy or searching, and each goes through F1 before it sleeps. P3 did not see that F1, so by the two fences
//!    (P2, F2) F3 sees the job.
//! 2. *Nobody searches, somebody sleeps.* P3 wakes that one, as a worker that searches; or finds under the lock that somebody does
//!    search by now, which is case 3.
//! 3. *Somebody searches.* Take the last of these to stop, and let it be the one of whose step the count falls to zero. It stops by F1, and then
//!    F3 sees the job, since P3 came before F1 in the order of the word. Or it stops by S3, and S5 sees the job, for the same reason; then it
//!    does P3, and this argument starts again from there, with one sleeper less.
//!
//! So a push pays for a wake-up only when nobody is looking, and one job wakes one worker. A worker that is roused and finds that others were faster
//! goes back to sleep, which costs nothing but the time.
//!
//! **In the own queue.** What a worker pushes onto its own queue between two jobs, it takes from there next. So for a single job it skips P2 and P3
//! (see `Scheduler::push`); case 1 holds, since it is busy. In the midst of a job it must not: that job may run for long.
//!
//! **Rousing is unconditional.** A worker that was taken off the list is roused, whether it rests already or is still at F3: being roused
//! is a token, and the next rest consumes it. So one that counted itself back at F3, or came back for another reason (a socket, a
//! deadline), at worst rests once in vain.
//!
//! **The end.** CLOSING is in the same word. Whoever sets it rouses every worker, listed or not; and each reads it when it was roused, and before every job.
//! Once every worker has gone, CLOSED says that nobody will ever look into the queues: whoever reads it at P3 empties them.

use crate::sync::{AtomicU64, Mutex, Ordering, fence};

/// The counts, and the list of those who sleep.
#[derive(Debug)]
pub(crate) struct Sleepers {
    word: AtomicU64,
    /// The last to fall asleep is the last, and the first to be woken: its memory is warm, and the first may be the one that keeps time.
    list: Mutex<Vec<usize>>,
    workers: u64,
}

/// What the word was at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Snapshot(u64);

const SEARCHING: u64 = 1;
const SLEEPING: u64 = 1 << 16;
const COUNT: u64 = SLEEPING - 1;
const CLOSING: u64 = 1 << 32;
const CLOSED: u64 = 1 << 33;

/// How many workers the word can count.
pub(crate) const MOST: usize = (1 << 16) - 1;

impl Snapshot {
    fn searching(self) -> u64 {
        self.0 & COUNT
    }

    fn sleeping(self) -> u64 {
        (self.0 / SLEEPING) & COUNT
    }

    fn is_closing(self) -> bool {
        self.0 & CLOSING != 0
    }

    fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

impl Sleepers {
    /// For so many workers, all busy.
    pub(crate) fn new(workers: usize) -> Self {
        let list = Mutex::new(Vec::with_capacity(workers));
        Sleepers { word: AtomicU64::new(0), list, workers: workers as u64 }
    }

    /// P2, P3: something was pushed. `Some`: rouse that worker.
    #[must_use]
    pub(crate) fn wake_one(&self) -> Option<usize> {
        fence(Ordering::SeqCst);
        let now = self.load();
        if now.searching() > 0 || now.sleeping() == 0 {
            return None;
        }
        let mut list = self.list.lock();
        // Another may have done so meanwhile; what it woke will find both jobs.
        if self.load().searching() > 0 {
            return None;
        }
        let index = list.pop()?;
        self.word.fetch_add(SEARCHING.wrapping_sub(SLEEPING), Ordering::AcqRel);
        self.check(&list);
        Some(index)
    }

    /// S1. False: enough others search.
    #[must_use]
    pub(crate) fn start_search(&self) -> bool {
        if 2 * self.load().searching() >= self.workers {
            return false;
        }
        self.word.fetch_add(SEARCHING, Ordering::AcqRel);
        true
    }

    /// S3, S4. True: it was the last that searched, and must look whether anything is left.
    #[must_use]
    pub(crate) fn stop_search(&self) -> bool {
        let before = Snapshot(self.word.fetch_sub(SEARCHING, Ordering::AcqRel));
        fence(Ordering::SeqCst);
        before.searching() == 1
    }

    /// F1, F2.
    pub(crate) fn fall_asleep(&self, index: usize, was_searching: bool) {
        let mut list = self.list.lock();
        list.push(index);
        let searching = if was_searching { SEARCHING } else { 0 };
        self.word.fetch_add(SLEEPING - searching, Ordering::AcqRel);
        self.check(&list);
        drop(list);
        fence(Ordering::SeqCst);
    }

    /// The worker is awake: by its own will, or because it was roused. It searches now.
    pub(crate) fn wake_up(&self, index: usize) {
        let mut list = self.list.lock();
        if let Some(at) = list.iter().position(|listed| *listed == index) {
            list.remove(at);
            self.word.fetch_add(SEARCHING.wrapping_sub(SLEEPING), Ordering::AcqRel);
        }
        self.check(&list);
    }

    /// From now on nobody sleeps; every worker is to be roused.
    pub(crate) fn set_closing(&self) {
        self.word.fetch_or(CLOSING, Ordering::AcqRel);
    }

    /// From now on nobody looks into the queues. To be followed by a last look.
    pub(crate) fn set_closed(&self) {
        self.word.fetch_or(CLOSED, Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.load().is_closing()
    }

    /// To be asked after a push, with a fence between them.
    pub(crate) fn is_closed(&self) -> bool {
        self.load().is_closed()
    }

    pub(crate) fn sleeping(&self) -> usize {
        self.list.lock().len()
    }

    fn load(&self) -> Snapshot {
        Snapshot(self.word.load(Ordering::Acquire))
    }

    /// One truth: who holds the lock sees the list and the count agree.
    fn check(&self, list: &[usize]) {
        debug_assert_eq!(list.len() as u64, self.load().sleeping());
        debug_assert!(self.load().searching() + self.load().sleeping() <= self.workers);
    }
}
