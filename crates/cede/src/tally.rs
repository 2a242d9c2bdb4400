//! Watching many tasks by one waker, at a constant cost for each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use cede_core::{CallbackId, Task};
use cede_sync::Mutex;

/// The callbacks that somebody who waits has left with its tasks, and what they have told.
#[derive(Debug)]
pub(crate) struct Tally {
    shared: Arc<Mutex<Count>>,
    /// Those that have ended, as far as they were taken from there.
    told: VecDeque<usize>,
    callbacks: Vec<Option<CallbackId>>,
}

/// At which ends to wake.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WakeAt {
    /// At the end that makes this many.
    Count(usize),
    /// At each; which one it was can be asked.
    Each,
}

#[derive(Debug)]
struct Count {
    ended: usize,
    wake_at: WakeAt,
    /// Those that ended since they were last taken, where each matters.
    fresh: VecDeque<usize>,
    waker: Option<Waker>,
}

impl Tally {
    /// Begins to watch `tasks`. Those that are done count at once, in their order.
    pub(crate) fn new<H: Task>(tasks: &[H], wake_at: WakeAt) -> Self {
        let count = Count { ended: 0, wake_at, fresh: VecDeque::new(), waker: None };
        let shared = Arc::new(Mutex::new(count));
        let watch = |(index, task): (usize, &H)| {
            if task.done() {
                ended(&shared, index);
                return None;
            }
            let shared = Arc::clone(&shared);
            task.add_done_callback(move |_| ended(&shared, index))
        };
        let callbacks = tasks.iter().enumerate().map(watch).collect();
        Tally { shared, told: VecDeque::new(), callbacks }
    }

    /// How many have ended. `waker` is woken when there is something new.
    pub(crate) fn ended(&self, waker: &Waker) -> usize {
        let waker = waker.clone();
        let mut count = self.shared.lock();
        let old = count.waker.replace(waker);
        let ended = count.ended;
        drop(count);
        drop(old);
        ended
    }

    /// The next one that has ended, in the order of their ends.
    pub(crate) fn next(&mut self) -> Option<usize> {
        if self.told.is_empty() {
            std::mem::swap(&mut self.told, &mut self.shared.lock().fresh);
        }
        self.told.pop_front()
    }

    /// Takes back the callbacks that were not called. `tasks` are those that it was made for, where they are still there.
    pub(crate) fn end<'a, H: Task + 'a>(&mut self, tasks: impl IntoIterator<Item = Option<&'a H>>) {
        for (task, callback) in tasks.into_iter().zip(self.callbacks.drain(..)) {
            // Of one that is done it has been called, or is about to be.
            if let (Some(task), Some(callback)) = (task.filter(|task| !task.done()), callback) {
                task.remove_done_callback(callback);
            }
        }
    }
}

fn ended(shared: &Mutex<Count>, index: usize) {
    let mut count = shared.lock();
    count.ended += 1;
    let enough = match count.wake_at {
        WakeAt::Count(enough) => count.ended == enough,
        WakeAt::Each => {
            count.fresh.push_back(index);
            true
        }
    };
    let waker = if enough { count.waker.take() } else { None };
    drop(count);
    if let Some(waker) = waker {
        waker.wake();
    }
}
