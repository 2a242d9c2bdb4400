//! `TimeoutScope`: a timeout that can be moved.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use cede_core::backend::{self, TimerKey};
use cede_core::{Cancelled, Reason, ScopeId, TaskRef, current_task};
use cede_sync::{Mutex, MutexGuard};

use crate::timeout::limited::Limited;
use crate::timeout::{Elapsed, TimeoutInactive};

/// A timeout that can be moved, and asked whether it has struck. Clones are the same timeout.
///
/// # Dropping
///
/// Does nothing; the timeout is that of [`run`](TimeoutScope::run).
///
/// # asyncio
///
/// [`asyncio.Timeout`](https://docs.python.org/3/library/asyncio-task.html#asyncio.Timeout).
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// use cede::TimeoutScope;
///
/// cede::run(async {
///     let scope = TimeoutScope::never();
///     let inner = scope.clone();
///     let outcome = scope.run(async move {
///         inner.reschedule(Some(Instant::now() + Duration::from_millis(1))).unwrap();
///         std::future::pending::<()>().await
///     });
///     assert!(outcome.await.is_err());
///     assert!(scope.expired());
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimeoutScope(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Where the timeout was made; its request names that.
    made: &'static Location<'static>,
    /// The scope of its code.
    scope: ScopeId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    when: When,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum When {
    Never,
    After(Duration),
    At(Instant),
}

#[derive(Debug)]
enum Phase {
    Created,
    Entered(Entered),
    /// It has struck, by this request, and the code is still under way. `None`: the task was done.
    Expiring(Option<Cancelled>),
    Over {
        expired: bool,
    },
}

#[derive(Debug)]
struct Entered {
    task: TaskRef,
    timer: Option<TimerKey>,
    /// Which timer counts: one that is due can't be taken back any more.
    shot: u64,
}

/// Strikes when it is woken. The first shot of a timeout, which mostly stays the only one, is the timeout itself.
struct Shot {
    scope: TimeoutScope,
    number: u64,
}

/// What a timeout that has struck leaves behind.
pub(super) struct Struck {
    /// Its request, which is taken back.
    pub(super) request: Cancelled,
    /// How many others there are.
    pub(super) left: usize,
}

/// The number of the timer that is set when the code is entered.
const FIRST_SHOT: u64 = 1;

impl TimeoutScope {
    /// A timeout of `duration`, from when its code begins.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     let scope = TimeoutScope::after(Duration::from_millis(1));
    ///     assert!(scope.run(std::future::pending::<()>()).await.is_err());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    pub fn after(duration: Duration) -> Self {
        Self::new(When::After(duration))
    }

    /// A timeout at `deadline`, by the backend's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     let scope = TimeoutScope::at(Instant::now() + Duration::from_millis(1));
    ///     assert!(scope.run(std::future::pending::<()>()).await.is_err());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    pub fn at(deadline: Instant) -> Self {
        Self::new(When::At(deadline))
    }

    /// A timeout without a deadline, until it is given one.
    ///
    /// # Examples
    ///
    /// ```
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     assert_eq!(TimeoutScope::never().run(async { 42 }).await, Ok(42));
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    #[track_caller]
    pub fn never() -> Self {
        Self::new(When::Never)
    }

    #[track_caller]
    fn new(when: When) -> Self {
        let state = Mutex::new(State { when, phase: Phase::Created });
        TimeoutScope(Arc::new(Shared { made: Location::caller(), scope: ScopeId::new(), state }))
    }

    /// Runs `future` under this timeout; see [`timeout`](crate::timeout()).
    ///
    /// # Errors
    ///
    /// [`Elapsed`].
    ///
    /// # Panics
    ///
    /// If it is polled outside any task, or a second time: a timeout serves once.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     let scope = TimeoutScope::after(Duration::from_secs(60));
    ///     assert_eq!(scope.run(async { 42 }).await, Ok(42));
    ///     assert!(!scope.expired());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn run<F: IntoFuture>(
        &self,
        future: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed>> {
        Limited::new(self.clone(), future)
    }

    /// Gives the timeout another deadline, or none. One that has passed strikes when what is ready now has run.
    ///
    /// # Errors
    ///
    /// [`TimeoutInactive`], if its code has not begun, or is over, or the timeout has struck.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     let scope = TimeoutScope::after(Duration::from_millis(1));
    ///     let mine = scope.clone();
    ///     let outcome = scope.run(async move {
    ///         mine.reschedule(None).unwrap(); // no deadline any more
    ///         cede::sleep(Duration::from_millis(2)).await;
    ///     });
    ///     assert!(outcome.await.is_ok());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn reschedule(&self, deadline: Option<Instant>) -> Result<(), TimeoutInactive> {
        let mut state = self.state();
        let Phase::Entered(entered) = &mut state.phase else {
            return Err(TimeoutInactive(()));
        };
        let task = entered.task.clone();
        let executor = task.executor();
        let old = entered.timer.take();
        entered.shot += 1;
        let number = entered.shot;
        state.when = deadline.map_or(When::Never, When::At);
        drop(state);
        drop(old.and_then(|timer| executor.forget_timer(timer)));
        if let Some(deadline) = deadline {
            let waker = if number == FIRST_SHOT {
                Waker::from(Arc::clone(&self.0))
            } else {
                Waker::from(Arc::new(Shot { scope: self.clone(), number }))
            };
            let timer = executor.wake_at(deadline, waker);
            if let Phase::Entered(entered) = &mut self.state().phase {
                entered.timer = Some(timer);
            }
        }
        Ok(())
    }

    /// When it strikes, or struck; `None` if it has no deadline, or its code has not begun.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     let scope = TimeoutScope::after(Duration::from_secs(60));
    ///     assert!(scope.when().is_none()); // its code has not begun
    ///     scope.run(async { assert!(scope.when().is_some()) }).await.unwrap();
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn when(&self) -> Option<Instant> {
        match self.state().when {
            When::At(deadline) => Some(deadline),
            When::Never | When::After(_) => None,
        }
    }

    /// Has it struck while its code was running?
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cede::TimeoutScope;
    ///
    /// cede::run(async {
    ///     let scope = TimeoutScope::after(Duration::from_millis(1));
    ///     assert!(scope.run(std::future::pending::<()>()).await.is_err());
    ///     assert!(scope.expired());
    /// })?;
    /// # Ok::<(), cede::TaskError>(())
    /// ```
    pub fn expired(&self) -> bool {
        matches!(self.state().phase, Phase::Expiring(_) | Phase::Over { expired: true })
    }

    /// Strikes, whatever the deadline.
    pub(crate) fn strike_now(&self) {
        let shot = match &self.state().phase {
            Phase::Entered(entered) => entered.shot,
            _ => return,
        };
        self.strike(shot);
    }

    /// The name of the scope of its code.
    pub(super) fn id(&self) -> ScopeId {
        self.0.scope
    }

    /// The code begins, in the task that comes back.
    pub(super) fn enter(&self) -> TaskRef {
        let task = current_task().expect("`timeout` works only inside a task: await it in one");
        let executor = task.executor();
        let deadline = {
            let mut state = self.state();
            assert!(matches!(state.phase, Phase::Created), "a timeout serves once: make another");
            let deadline = match state.when {
                When::Never => None,
                When::At(deadline) => Some(deadline),
                When::After(duration) => executor.now().checked_add(duration),
            };
            let entered = Entered { task: task.clone(), timer: None, shot: 0 };
            state.phase = Phase::Entered(entered);
            deadline
        };
        self.reschedule(deadline).expect("it has just been entered");
        task
    }

    /// The code is over. If the timeout had struck, its request to `task` is taken back.
    pub(super) fn leave(&self, task: &TaskRef) -> Option<Struck> {
        let mut state = self.state();
        let expired = matches!(state.phase, Phase::Expiring(_));
        let phase = std::mem::replace(&mut state.phase, Phase::Over { expired });
        drop(state);
        match phase {
            Phase::Entered(Entered { task, timer: Some(timer), .. }) => {
                drop(task.executor().forget_timer(timer));
                None
            }
            Phase::Expiring(Some(request)) => {
                task.take_back(&request);
                let left = task.cancelling_here();
                Some(Struck { request, left })
            }
            _ => None,
        }
    }

    /// The deadline has come.
    fn strike(&self, number: u64) {
        // The lock is held until the request is noted: the code may end on another thread, and asks then whether it was the timeout's. Under it no code of
        // anybody's runs, for whoever is woken is woken after it.
        let before = backend::together(|| {
            let mut state = self.state();
            let Phase::Entered(entered) = &state.phase else { return None };
            if entered.shot != number {
                return None;
            }
            let request = entered.task.interrupt(self.0.scope, Reason::Timeout, self.0.made);
            Some(std::mem::replace(&mut state.phase, Phase::Expiring(request)))
        });
        drop(before);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        TimeoutScope(self).strike(FIRST_SHOT);
    }
}

impl Wake for Shot {
    fn wake(self: Arc<Self>) {
        self.scope.strike(self.number);
    }
}
