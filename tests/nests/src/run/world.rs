//! What the tasks of a run share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use cede::local::VirtualClock;
use cede::{Cancel, Cancelled, Executor, JoinHandle, ResultError, Task, TaskRef, TimeoutScope};

use crate::program::{BlockNo, Nest, RequestNo, TaskNo};
use crate::record::{Fact, Fault, Final, Outcome, Record, What};

/// What a task of a nest returns.
pub(super) type Joined = Result<(), Arc<Fault>>;

pub(super) struct World {
    pub(super) nest: Nest,
    pub(super) executor: Arc<dyn Executor>,
    clock: VirtualClock,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    entries: Vec<Option<Entry>>,
    facts: Vec<Fact>,
    /// The requests of the program, to know them again.
    pub(super) requests: Vec<(RequestNo, Cancelled)>,
    timeouts: Vec<(BlockNo, TimeoutScope)>,
    violations: Vec<String>,
    /// How often each thing that was made was dropped.
    pub(super) drops: Vec<u8>,
}

#[derive(Clone)]
struct Entry {
    task: TaskRef,
    /// Main has none.
    handle: Option<Arc<JoinHandle<Joined>>>,
    /// Main leaves its own here.
    outcome: Option<Joined>,
}

impl World {
    pub(super) fn new(nest: &Nest, clock: &VirtualClock, executor: &Arc<dyn Executor>) -> Self {
        let state = State { entries: vec![None; nest.tasks.len()], ..State::default() };
        World {
            nest: nest.clone(),
            executor: Arc::clone(executor),
            clock: clock.clone(),
            start: clock.now(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self, task: Option<TaskNo>, what: What) {
        let time = self.clock.now().duration_since(self.start).as_millis();
        let time = u64::try_from(time).expect("a run is short");
        self.state().facts.push(Fact { time, task, what });
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn violated(&self, what: String) {
        self.state().violations.push(what);
    }

    pub(super) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }

    /// A task is there.
    pub(super) fn is_born(&self, no: TaskNo) -> bool {
        self.state().entries.get(usize::from(no)).is_some_and(Option::is_some)
    }

    pub(super) fn main_begins(&self, task: TaskRef) {
        self.state().entries[0] = Some(Entry { task, handle: None, outcome: None });
    }

    pub(super) fn main_returns(&self, outcome: Joined) {
        if let Some(main) = &mut self.state().entries[0] {
            main.outcome = Some(outcome);
        }
    }

    pub(super) fn bear(&self, no: TaskNo, handle: JoinHandle<Joined>) {
        let entry =
            Entry { task: handle.task_ref(), handle: Some(Arc::new(handle)), outcome: None };
        self.state().entries[usize::from(no)] = Some(entry);
    }

    pub(super) fn task(&self, no: TaskNo) -> Option<TaskRef> {
        Some(self.state().entries.get(usize::from(no))?.as_ref()?.task.clone())
    }

    pub(super) fn tasks(&self) -> Vec<TaskRef> {
        self.state().entries.iter().flatten().map(|entry| entry.task.clone()).collect()
    }

    pub(super) fn handle(&self, no: TaskNo) -> Option<Arc<JoinHandle<Joined>>> {
        self.state().entries.get(usize::from(no))?.as_ref()?.handle.clone()
    }

    pub(super) fn timeout(&self, no: BlockNo, scope: &TimeoutScope) {
        self.state().timeouts.push((no, scope.clone()));
    }

    pub(super) fn record(&self) -> Record {
        let entries = self.state().entries.clone();
        let finals = entries.iter().map(|entry| Some(self.final_of(entry.as_ref()?))).collect();
        let timeouts = self.state().timeouts.clone();
        let struck = timeouts.iter().filter(|(_, scope)| scope.expired()).map(|(no, _)| *no);
        let mut expired: Vec<BlockNo> = struck.collect();
        expired.sort_unstable();
        Record { facts: std::mem::take(&mut self.state().facts), finals, expired }
    }

    fn final_of(&self, Entry { task, handle, outcome }: &Entry) -> Final {
        let joined = match (handle, outcome) {
            (Some(handle), _) => handle.result().cloned(),
            (None, Some(outcome)) => task.result().map(|()| outcome.clone()),
            (None, None) => task.result().map(|()| Ok(())),
        };
        let outcome = match joined {
            Ok(Ok(())) => Outcome::Value,
            Ok(Err(fault)) => Outcome::Fault(Fault::clone(&fault)),
            Err(ResultError::Cancelled(cancelled)) => {
                Outcome::Cancelled(self.delivered(&cancelled))
            }
            Err(_) => Outcome::Broken,
        };
        Final { outcome, cancelling: task.cancelling() }
    }
}
