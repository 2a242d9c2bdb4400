//! What comes of a nest: the same for the model and for cede.

use std::fmt;
use std::sync::Arc;

use crate::program::{BlockNo, RequestNo, TaskNo};

/// All that came of a nest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What happened, in its order.
    pub facts: Vec<Fact>,
    /// How each task ended; `None` for those that were never created.
    pub finals: Vec<Option<Final>>,
    /// Which timeouts struck while their code was running.
    pub expired: Vec<BlockNo>,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// When, in milliseconds.
    pub time: u64,
    /// In which task; `None` outside any.
    pub task: Option<TaskNo>,
    /// What it was.
    pub what: What,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The task began to run.
    Started,
    /// Its body ended without being cancelled.
    Returned(Result<(), Fault>),
    /// A request was made.
    Asked {
        /// To whom.
        target: TaskNo,
        /// Which.
        request: RequestNo,
        /// What `cancel` said.
        accepted: bool,
    },
    /// `uncancel` was called for this task, and said so many.
    Uncancelled(TaskNo, usize),
    /// `cancelling` of this task was so many.
    Counted(TaskNo, usize),
    /// An await of tasks gave a value.
    Awaited,
    /// A scope caught this.
    Caught(BlockNo, Delivered),
    /// It refused it.
    Refused(BlockNo),
    /// A block was left by its own end, not by a request.
    Left(BlockNo, Result<(), Fault>),
    /// Its body was dropped.
    Dropped(BlockNo),
    /// An error was swallowed.
    Swallowed(Fault),
}

/// A delivery, as it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The request whose message it shows.
    pub message: Option<RequestNo>,
    /// The requests that it answers.
    pub answers: Answers,
}

/// A set of requests: of those in the nest one by one, of the others by their kind.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers(u64);

/// An error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `Op::Fail`.
    App(u8),
    /// A timeout struck.
    Elapsed(BlockNo),
    /// The awaited task was cancelled by somebody else.
    Cancelled,
    /// The group takes no more children.
    Closed,
    /// A group failed.
    Group(Arc<[Fault]>),
}

/// The end of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Final {
    /// How.
    pub outcome: Outcome,
    /// The count of its requests.
    pub cancelling: usize,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a value.
    Value,
    /// With an `Err`.
    Fault(Fault),
    /// Cancelled.
    Cancelled(Delivered),
    /// In a way that no nest asks for.
    Broken,
}

impl Answers {
    /// How many requests a nest can tell apart.
    pub const REQUESTS: u8 = 56;
    /// A timeout's.
    pub const TIMEOUT: Answers = Answers(1 << 56);
    /// A group's.
    pub const GROUP: Answers = Answers(1 << 57);
    /// The end of the run.
    pub const SHUTDOWN: Answers = Answers(1 << 58);
    /// None of these.
    pub const OTHER: Answers = Answers(1 << 59);

    /// This request alone.
    ///
    /// # Panics
    ///
    /// If its number is too great.
    pub fn one(request: RequestNo) -> Self {
        assert!(request < Self::REQUESTS, "a nest has at most {} requests", Self::REQUESTS);
        Answers(1 << request)
    }

    /// Is `request` one of them?
    ///
    /// # Panics
    ///
    /// If its number is too great.
    pub fn has(self, request: RequestNo) -> bool {
        self.0 & Answers::one(request).0 != 0
    }
}

impl FromIterator<Answers> for Answers {
    fn from_iter<I: IntoIterator<Item = Answers>>(answers: I) -> Self {
        Answers(answers.into_iter().fold(0, |all, one| all | one.0))
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (Answers::TIMEOUT, "timeout"),
            (Answers::GROUP, "group"),
            (Answers::SHUTDOWN, "shutdown"),
            (Answers::OTHER, "other"),
        ];
        let mut set = f.debug_set();
        set.entries((0..Answers::REQUESTS).filter(|request| self.has(*request)));
        set.entries(kinds.iter().filter(|(kind, _)| self.0 & kind.0 != 0).map(|(_, name)| name));
        set.finish()
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.task {
            Some(task) => write!(f, "{} task {task}: {:?}", self.time, self.what),
            None => write!(f, "{} outside: {:?}", self.time, self.what),
        }
    }
}
