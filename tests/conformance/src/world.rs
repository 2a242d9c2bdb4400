//! What all bodies of a run share: the variables, the trace, the clock.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cede::{JoinHandle, Task, TaskGroup, TimeoutScope, current_task};

use crate::backend::Time;
use crate::scenario::Scenario;
use crate::sync::{Event, Queue, Semaphore};
use crate::task::Entry;
use crate::value::{Error, Joined, List};

/// One run of one scenario.
pub(crate) struct World {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) sems: HashMap<String, Semaphore>,
    pub(crate) queues: HashMap<String, Queue>,
    events: Mutex<HashMap<String, Arc<Event>>>,
    pub(crate) timeouts: Named<TimeoutScope>,
    pub(crate) groups: Named<TaskGroup<Error>>,
    tasks: Mutex<Tasks>,
    trace: Mutex<Vec<String>>,
    unsupported: OnceLock<String>,
}

/// A statement names a variable that nothing is bound to yet.
pub(crate) struct Unbound(pub(crate) String);

/// The blocks that have been entered, by the names that they have.
pub(crate) struct Named<T>(Mutex<HashMap<String, T>>);

#[derive(Default)]
struct Tasks {
    bound: HashMap<String, Arc<Entry>>,
    /// All of them, main first.
    created: Vec<Arc<Entry>>,
    spawned: HashMap<String, usize>,
}

impl World {
    pub(crate) fn new(scenario: Arc<Scenario>, time: Arc<dyn Time>) -> Self {
        let each = |(name, number): (&String, &usize)| (name.clone(), *number);
        let sems = scenario.sems.iter().map(each);
        let queues = scenario.queues.iter().map(each);
        World {
            sems: sems.map(|(name, permits)| (name, Semaphore::new(permits))).collect(),
            queues: queues.map(|(name, capacity)| (name, Queue::new(capacity))).collect(),
            scenario,
            time,
            timeouts: Named::default(),
            groups: Named::default(),
            events: Mutex::default(),
            tasks: Mutex::default(),
            trace: Mutex::default(),
            unsupported: OnceLock::new(),
        }
    }

    /// Adds a line to the trace.
    pub(crate) fn log(&self, event: impl fmt::Display) {
        let now = self.time.now();
        let name = current_task().map_or_else(|| "-".into(), |task| task.name());
        self.trace().push(format!("{now} {name} {event}"));
    }

    pub(crate) fn logged(&self) -> Vec<String> {
        self.trace().clone()
    }

    /// Adds the last lines of the trace: how each task ended.
    pub(crate) fn log_final(&self) {
        let created = self.tasks().created.clone();
        for task in created {
            let line = format!("final {} {}", task.name(), task.state());
            self.trace().push(line);
        }
    }

    /// The tasks that have not ended, as a sorted list.
    pub(crate) fn log_closing(&self) {
        let created = self.tasks().created.clone();
        let left = created.iter().filter(|task| !task.task().done());
        let mut names: Vec<&str> = left.map(|task| task.name()).collect();
        names.sort_unstable();
        self.log(format_args!("closing {}", List(names)));
    }

    pub(crate) fn event(&self, name: &str) -> Arc<Event> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(events.entry(name.to_string()).or_default())
    }

    pub(crate) fn lookup(&self, variable: &str) -> Result<Arc<Entry>, Unbound> {
        let task = self.tasks().bound.get(variable).cloned();
        task.ok_or_else(|| Unbound(variable.to_string()))
    }

    /// The tasks of several variables, each once; or the first variable that is unbound.
    pub(crate) fn lookup_all(&self, variables: &[String]) -> Result<Vec<Arc<Entry>>, Unbound> {
        let mut tasks: Vec<Arc<Entry>> = Vec::with_capacity(variables.len());
        for variable in variables {
            let task = self.lookup(variable)?;
            if !tasks.iter().any(|other| Arc::ptr_eq(other, &task)) {
                tasks.push(task);
            }
        }
        Ok(tasks)
    }

    pub(crate) fn bind_main(&self, main: Entry) {
        self.tasks().add("main", Arc::new(main));
    }

    /// Binds `variable` to the task that `create` makes, if it does, under the name that it is to have.
    pub(crate) fn bind<E>(
        &self,
        variable: &str,
        create: impl FnOnce(&str) -> Result<JoinHandle<Joined>, E>,
    ) -> Result<Arc<Entry>, E> {
        let mut tasks = self.tasks();
        let name = match tasks.spawned.get(variable) {
            None => variable.to_string(),
            Some(before) => format!("{variable}-{}", before + 1),
        };
        let handle = create(&name)?;
        *tasks.spawned.entry(variable.to_string()).or_default() += 1;
        let task = Arc::new(Entry::spawned(name, handle));
        tasks.add(variable, Arc::clone(&task));
        Ok(task)
    }

    /// Notes that the run is worth nothing, since `what` is not supported.
    pub(crate) fn mark_unsupported(&self, what: &str) {
        self.unsupported.get_or_init(|| what.to_string());
    }

    pub(crate) fn unsupported(&self) -> Option<&String> {
        self.unsupported.get()
    }

    fn trace(&self) -> MutexGuard<'_, Vec<String>> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Named<T> {
    /// A block is entered; if it has a name, it takes the place of one of that name.
    pub(crate) fn set(&self, name: Option<&str>, block: &T) {
        if let Some(name) = name {
            let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.insert(name.to_string(), block.clone());
        }
    }

    pub(crate) fn get(&self, name: &str) -> Result<T, Unbound> {
        let blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.get(name).cloned().ok_or_else(|| Unbound(name.to_string()))
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named(Mutex::default())
    }
}

impl Tasks {
    fn add(&mut self, variable: &str, task: Arc<Entry>) {
        self.created.push(Arc::clone(&task));
        self.bound.insert(variable.to_string(), task);
    }
}
