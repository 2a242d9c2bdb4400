//! A nest: a small concurrent program as data.

/// Names a task of a nest. Task 0 is main.
pub type TaskNo = u8;
/// Names a block: a scope, a timeout, a group or a critical. Each is entered at most once.
pub type BlockNo = u8;
/// Names a request. Each is made at most once.
pub type RequestNo = u8;
/// What runs one after the other.
pub type Body = Vec<Op>;

/// A program. Whatever is deleted from it, it stays one: an operation on a task that was never created does nothing, and so it
/// can be shrunk without care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nest {
    /// The bodies of the tasks. A task waits only for tasks with a greater number, so nobody waits in a circle.
    pub tasks: Vec<Body>,
    /// Does the program do as asyncio would, where cede leaves the choice? Then the end of a task that somebody else cancelled goes on
    /// unwinding whoever awaits it, and a task that fails refuses what is pending.
    pub asyncio: bool,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// `sleep`, in milliseconds; 0 only gives way.
    Sleep(u8),
    /// `checkpoint`.
    Checkpoint,
    /// Returns an `Err`.
    Fail(u8),
    /// Returns from the task, out of all blocks.
    Return,
    /// `create_task`.
    Spawn(TaskNo),
    /// `create_task` of the innermost group around it in this body; where there is none, a plain one.
    Child(TaskNo),
    /// Awaits a task by reference.
    Await(TaskNo),
    /// The same, behind a `shield`.
    Shield(TaskNo),
    /// `wait_for`.
    WaitFor(BlockNo, TaskNo, u8),
    /// `try_gather`, or with `true` `gather_results`.
    Gather(Vec<TaskNo>, bool),
    /// A request to a task, which may be this one.
    Cancel(TaskNo, RequestNo),
    /// A request from outside any task, so many milliseconds from now.
    Later(u8, TaskNo, RequestNo),
    /// `uncancel`.
    Uncancel(TaskNo),
    /// Asks for `cancelling`.
    Probe(TaskNo),
    /// Goes on behind an `Err`.
    Attempt(Body),
    /// `catch_cancel`, and what is done about a request.
    Catch {
        /// The scope.
        no: BlockNo,
        /// What may be interrupted.
        body: Body,
        /// The clean-up.
        handler: Body,
        /// What follows the clean-up.
        then: Then,
    },
    /// `timeout`, in milliseconds.
    Timeout {
        /// The timeout.
        no: BlockNo,
        /// When it strikes, from its beginning; 0 is at once.
        ms: u8,
        /// What it interrupts.
        body: Body,
    },
    /// `task_group`.
    Group {
        /// The group.
        no: BlockNo,
        /// Its own body.
        body: Body,
    },
    /// What other libraries have for a timeout: a `select!` of this time, which is looked at first, and a body, which is dropped then.
    Race {
        /// The block.
        no: BlockNo,
        /// The time, in milliseconds; 0 is the next step.
        ms: u8,
        /// What is dropped.
        body: Body,
    },
    /// `critical`.
    Critical {
        /// The block.
        no: BlockNo,
        /// What nothing interrupts.
        body: Body,
    },
}

/// What a scope does with a request at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Passes it on outwards.
    Resume,
    /// Drops it.
    Refuse,
}

impl Nest {
    /// One more than the greatest number of a block.
    pub fn blocks(&self) -> usize {
        let mut blocks = 0;
        self.each(&mut |op| {
            let no = match op {
                Op::WaitFor(no, ..)
                | Op::Catch { no, .. }
                | Op::Timeout { no, .. }
                | Op::Group { no, .. }
                | Op::Race { no, .. }
                | Op::Critical { no, .. } => usize::from(*no) + 1,
                _ => 0,
            };
            blocks = blocks.max(no);
        });
        blocks
    }

    /// Every operation, those in blocks after the block.
    pub fn each(&self, visit: &mut impl FnMut(&Op)) {
        self.tasks.iter().for_each(|body| each(body, visit));
    }
}

impl Op {
    /// The bodies inside.
    pub fn bodies(&self) -> [&[Op]; 2] {
        match self {
            Op::Attempt(body)
            | Op::Timeout { body, .. }
            | Op::Group { body, .. }
            | Op::Race { body, .. }
            | Op::Critical { body, .. } => [body, &[]],
            Op::Catch { body, handler, .. } => [body, handler],
            _ => [&[], &[]],
        }
    }
}

fn each(body: &[Op], visit: &mut impl FnMut(&Op)) {
    for op in body {
        visit(op);
        op.bodies().into_iter().for_each(|body| each(body, visit));
    }
}
