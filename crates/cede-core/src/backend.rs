//! The seam: what a backend has to do, and what it can rely on.
//!
//! A backend implements [`Executor`], calls [`enter`] on the threads on which it runs tasks, and
//! [`Runnable::run`] for what it is given, again and again while that gives it back. That is all; every rule of cancellation, awaiting and ending is this crate's,
//! so it is the same everywhere.
//!
//! # The laws
//!
//! A backend keeps these:
//!
//! 1. **Later.** [`schedule`](Executor::schedule) never runs the `Runnable` in place, never blocks and never waits: it may be called
//!    anywhere, by any thread, from a waker, under locks of somebody else's.
//! 2. **Once.** Each `Runnable`, from `schedule` or back from a step, is run, turned into a [`Running`] and polled to its end, or dropped. It is never forgotten. A dropped
//!    one ends its task, which is the right thing to do when the backend is gone.
//! 3. **Home.** If [`is_local`](Executor::is_local) says so, every `Runnable` is run on the thread that answered.
//! 4. **Fairness.** A scheduled `Runnable` is run after finitely many others.
//! 5. **Time.** [`now`](Executor::now) never goes back. A waker given to [`wake_at`](Executor::wake_at) is woken once, not before its
//!    deadline, and never inside that call; of equal deadlines the one set first is first.
//! 6. **Silence.** It calls wakers and drops `Runnable`s outside its locks, and survives their panics.
//!
//! In return:
//!
//! 1. There is at most one `Runnable` for a task at a time, and no poll without it.
//! 2. `Runnable::run` never unwinds (except for a breach of law 3).
//! 3. Once a task is done, it is not in the [`TaskSet`], and never scheduled again.
//!
//! # Examples
//!
//! A whole backend: one queue, and time that jumps.
//!
//! ```
//! use std::collections::{BTreeMap, VecDeque};
//! use std::sync::{Arc, Mutex};
//! use std::task::Waker;
//! use std::time::Instant;
//!
//! use cede_core::backend::{Executor, TaskSet, TimerKey, enter};
//! use cede_core::{Runnable, Task, TaskBuilder};
//!
//! struct Page {
//!     tasks: TaskSet,
//!     ready: Mutex<VecDeque<Runnable>>,
//!     timers: Mutex<(Instant, u64, BTreeMap<TimerKey, Waker>)>,
//! }
//!
//! impl Executor for Page {
//!     fn schedule(&self, task: Runnable) {
//!         self.ready.lock().unwrap().push_back(task);
//!     }
//!     fn tasks(&self) -> &TaskSet {
//!         &self.tasks
//!     }
//!     fn now(&self) -> Instant {
//!         self.timers.lock().unwrap().0
//!     }
//!     fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
//!         let (_, count, timers) = &mut *self.timers.lock().unwrap();
//!         *count += 1;
//!         let key = TimerKey { deadline, sequence: *count };
//!         timers.insert(key, waker);
//!         key
//!     }
//!     fn forget_timer(&self, key: TimerKey) -> Option<Waker> {
//!         self.timers.lock().unwrap().2.remove(&key)
//!     }
//!     fn name(&self) -> &str {
//!         "page"
//!     }
//! }
//!
//! impl Page {
//!     fn turn(&self) -> bool {
//!         let task = self.ready.lock().unwrap().pop_front();
//!         if let Some(task) = task {
//!             let again = task.run();
//!             self.ready.lock().unwrap().extend(again);
//!             return true;
//!         }
//!         let (now, _, timers) = &mut *self.timers.lock().unwrap();
//!         let Some((key, waker)) = timers.pop_first() else { return false };
//!         *now = key.deadline.max(*now);
//!         waker.wake();
//!         true
//!     }
//! }
//!
//! let page = Arc::new(Page {
//!     tasks: TaskSet::new(),
//!     ready: Mutex::default(),
//!     timers: Mutex::new((Instant::now(), 0, BTreeMap::new())),
//! });
//! let backend: Arc<dyn Executor> = page.clone();
//! let _entered = enter(backend.clone());
//! let task = TaskBuilder::new().create_on(&backend, async {
//!     cede::sleep(std::time::Duration::from_secs(3600)).await;
//!     "an hour later"
//! });
//! while page.turn() {}
//! assert_eq!(task.result().unwrap(), &"an hour later");
//! ```

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

pub use crate::cancel::together;
pub use crate::current::{Entered, ambient, enter, in_task};
pub use crate::drive::{Drive, Host, cut_short};
pub use crate::guard::{discard, wake};
pub use crate::registry::TaskSet;
pub use crate::soon::call_soon;
pub use crate::task::{Runnable, Running, outcome_of};
pub use crate::timers::TimerQueue;
pub use crate::unobserved::report_lost;

use crate::registry::{self, Registry};
use crate::task::TaskRef;

/// What drives tasks, tells the time and keeps the register: the one thing that a backend implements.
///
/// It is shared by its tasks, as an `Arc<dyn Executor>`. [The module](self) has the laws, and an example.
pub trait Executor: Send + Sync {
    /// Takes a task that has something to do; see laws 1 to 4.
    fn schedule(&self, task: Runnable);

    /// The tasks of this backend, for the core to keep.
    fn tasks(&self) -> &TaskSet;

    /// The time, by this backend's clock. It may be virtual.
    fn now(&self) -> Instant;

    /// Wakes `waker` once, when [`now`](Executor::now) has reached `deadline`; see law 5.
    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey;

    /// Takes that back, and gives back the waker. `None`: it has been woken, or was taken back before.
    fn forget_timer(&self, key: TimerKey) -> Option<Waker>;

    /// The backend's name, for people: `local`, say.
    fn name(&self) -> &str;

    /// Is the calling thread the only one on which this backend runs tasks? Then futures that are not `Send` can be its tasks.
    fn is_local(&self) -> bool {
        false
    }
}

/// Names a timer of one backend; they sort in the order in which they are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// When it is due.
    pub deadline: Instant,
    /// The order among equal deadlines: that in which they were set.
    pub sequence: u64,
}

impl<E: Executor + ?Sized> Registry for E {
    fn all_tasks(&self) -> Vec<TaskRef> {
        self.tasks().all()
    }

    fn current_task(&self) -> Option<TaskRef> {
        registry::current_of(self.tasks())
    }
}

impl std::fmt::Debug for dyn Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// The ambient backend, or a panic that says how to get one.
#[track_caller]
#[inline]
pub(crate) fn expect_ambient(what: &str) -> Arc<dyn Executor> {
    ambient().unwrap_or_else(|| {
        panic!("`{what}` needs a cede backend, and there is none here: call it inside `cede::run`, or in a task")
    })
}
