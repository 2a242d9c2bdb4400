//! A body: one operation after the other.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cede::{Cancel, TaskGroup};

use crate::program::{Op, TaskNo};
use crate::record::{Fault, What};
use crate::run::world::World;

/// How a body ended that was not cancelled.
pub(super) type Ended = Result<Flow, Fault>;

/// What comes behind.
#[derive(Clone, Copy)]
pub(super) enum Flow {
    Next,
    Return,
}

/// Where a body stands.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) task: TaskNo,
    /// There is a race around it, which may drop it where it stands.
    pub(super) droppable: bool,
    /// The innermost group of this task.
    pub(super) group: Option<Group>,
}

/// A group, with a list of its children.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) tasks: TaskGroup<Fault>,
    pub(super) children: Arc<Mutex<Vec<TaskNo>>>,
}

impl World {
    pub(super) fn body<'a>(
        self: &'a Arc<Self>,
        body: &'a [Op],
        place: &'a Place,
    ) -> Pin<Box<dyn Future<Output = Ended> + Send + 'a>> {
        Box::pin(async move {
            for op in body {
                if let Flow::Return = self.op(op, place).await? {
                    return Ok(Flow::Return);
                }
            }
            Ok(Flow::Next)
        })
    }

    async fn op(self: &Arc<Self>, op: &Op, place: &Place) -> Ended {
        match op {
            Op::Sleep(ms) => cede::sleep(duration(*ms)).await,
            Op::Checkpoint => cede::checkpoint().await,
            Op::Fail(with) => return Err(Fault::App(*with)),
            Op::Return => return Ok(Flow::Return),
            Op::Await(_) | Op::Shield(_) | Op::Gather(..) | Op::WaitFor(..) => {
                return self.wait(op, place).await;
            }
            Op::Cancel(target, request) => self.ask(Some(place.task), *target, *request),
            Op::Later(ms, target, request) => self.ask_later(*ms, *target, *request),
            Op::Spawn(task) if !self.is_born(*task) => self.spawn(*task),
            Op::Child(task) if !self.is_born(*task) => self.child(*task, place)?,
            Op::Spawn(_) | Op::Child(_) => {}
            Op::Uncancel(target) => {
                if let Some(task) = self.task(*target) {
                    let left = task.uncancel();
                    self.log(Some(place.task), What::Uncancelled(*target, left));
                }
            }
            Op::Probe(target) => {
                if let Some(task) = self.task(*target) {
                    self.log(Some(place.task), What::Counted(*target, task.cancelling()));
                }
            }
            Op::Attempt(body) => match self.body(body, place).await {
                Ok(flow) => return Ok(flow),
                Err(fault) => self.log(Some(place.task), What::Swallowed(fault)),
            },
            Op::Catch { .. }
            | Op::Timeout { .. }
            | Op::Group { .. }
            | Op::Race { .. }
            | Op::Critical { .. } => return self.block(op, place).await,
        }
        Ok(Flow::Next)
    }

    /// Waits for tasks, if they are there.
    async fn wait(self: &Arc<Self>, op: &Op, place: &Place) -> Ended {
        let (Op::Await(task) | Op::Shield(task) | Op::WaitFor(_, task, _)) = op else {
            return self.gather(op, place).await;
        };
        let Some(handle) = self.handle(*task) else {
            return Ok(Flow::Next);
        };
        let result = match op {
            Op::WaitFor(no, _, ms) => {
                return self.wait_for(*no, &handle, duration(*ms), place).await;
            }
            Op::Shield(_) => self.received(cede::shield(&*handle).await).await,
            _ => self.received((&*handle).await).await,
        };
        self.awaited(result, place)
    }

    async fn gather(self: &Arc<Self>, op: &Op, place: &Place) -> Ended {
        let Op::Gather(tasks, all) = op else { unreachable!("it waits for tasks") };
        match tasks.iter().map(|task| self.handle(*task)).collect::<Option<Vec<_>>>() {
            Some(handles) => self.awaited(self.gathered(&handles, *all).await, place),
            None => Ok(Flow::Next),
        }
    }

    fn awaited(&self, result: Result<(), Fault>, place: &Place) -> Ended {
        result?;
        self.log(Some(place.task), What::Awaited);
        Ok(Flow::Next)
    }
}

pub(super) fn duration(ms: u8) -> Duration {
    Duration::from_millis(u64::from(ms))
}
