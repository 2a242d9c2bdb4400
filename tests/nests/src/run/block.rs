//! Blocks: what may stop a request, or make one.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::Duration;

use cede::{
    GroupError, JoinHandle, TaskGroup, TimeoutScope, WaitForError, catch_cancel, critical,
    current_task, task_group,
};

use crate::program::{BlockNo, Body, Op, TaskNo, Then};
use crate::record::{Fault, What};
use crate::run::body::{Ended, Flow, Group, Place, duration};
use crate::run::watch::{Exit, Token, Uninterrupted};
use crate::run::world::{Joined, World};

impl World {
    pub(super) async fn block(self: &Arc<Self>, op: &Op, place: &Place) -> Ended {
        let _token = Token::new(self, current_task());
        let (no, ended) = match op {
            Op::Catch { no, body, handler, then } => {
                return self.catch(*no, body, (handler, *then), place).await;
            }
            Op::Timeout { no, ms, body } => (*no, self.timeout_block(*no, *ms, body, place).await),
            Op::Group { no, body } => (*no, self.group(*no, body, place).await),
            Op::Race { no, ms, body } => {
                let Some(ended) = self.race(*ms, body, place).await else {
                    self.log(Some(place.task), What::Dropped(*no));
                    return Ok(Flow::Next);
                };
                (*no, ended)
            }
            Op::Critical { no, body } => {
                let ended = critical(async {
                    let uninterrupted = Uninterrupted::new(self, *no, place.droppable);
                    let ended = self.body(body, place).await;
                    uninterrupted.done();
                    ended
                });
                (*no, ended.await)
            }
            _ => unreachable!("it is a block"),
        };
        self.left(no, &ended, place);
        ended
    }

    fn left(&self, no: BlockNo, ended: &Ended, place: &Place) {
        let result = ended.as_ref().map(|_| ()).map_err(Fault::clone);
        self.log(Some(place.task), What::Left(no, result));
    }

    async fn catch(
        self: &Arc<Self>,
        no: BlockNo,
        body: &Body,
        (handler, then): (&Body, Then),
        place: &Place,
    ) -> Ended {
        let cancelled = match catch_cancel(self.body(body, place)).await {
            Ok(ended) => return ended,
            Err(cancelled) => cancelled,
        };
        self.log(Some(place.task), What::Caught(no, self.delivered(&cancelled)));
        if let Flow::Return = self.body(handler, place).await? {
            return Ok(Flow::Return);
        }
        match then {
            Then::Resume => cancelled.resume().await,
            Then::Refuse => cancelled.refuse(),
        }
        self.log(Some(place.task), What::Refused(no));
        Ok(Flow::Next)
    }

    async fn timeout_block(
        self: &Arc<Self>,
        no: BlockNo,
        ms: u8,
        body: &Body,
        place: &Place,
    ) -> Ended {
        let scope = TimeoutScope::after(duration(ms));
        self.timeout(no, &scope);
        scope.run(self.body(body, place)).await.unwrap_or(Err(Fault::Elapsed(no)))
    }

    /// `wait_for`, which does not tell whether it has struck.
    pub(super) async fn wait_for(
        &self,
        no: BlockNo,
        handle: &JoinHandle<Joined>,
        limit: Duration,
        place: &Place,
    ) -> Ended {
        let result = match cede::wait_for(handle, limit).await {
            Ok(joined) => self.received(Ok(joined)).await,
            Err(WaitForError::Task(error)) => self.received(Err(error)).await,
            Err(WaitForError::Elapsed(_)) => Err(Fault::Elapsed(no)),
        };
        if result.is_ok() {
            self.log(Some(place.task), What::Awaited);
        }
        let ended = result.map(|()| Flow::Next);
        self.left(no, &ended, place);
        ended
    }

    /// `None`: the time was over first.
    async fn race(self: &Arc<Self>, ms: u8, body: &Body, place: &Place) -> Option<Ended> {
        let place = Place { droppable: true, ..place.clone() };
        let mut time = cede::sleep(duration(ms));
        let mut body = self.body(body, &place);
        poll_fn(|cx| match Pin::new(&mut time).poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => body.as_mut().poll(cx).map(Some),
        })
        .await
    }

    async fn group(self: &Arc<Self>, no: BlockNo, body: &Body, place: &Place) -> Ended {
        let exit = Exit::new(self, no, place.droppable);
        let children = exit.children();
        let outcome = task_group(|group: TaskGroup<Fault>| async move {
            let place = Place { group: Some(Group { tasks: group, children }), ..place.clone() };
            self.body(body, &place).await
        });
        match outcome.await {
            Ok(flow) => Ok(flow),
            Err(GroupError::Failed(failures)) => {
                let fault = |failure: &cede::Failure<Fault>| match failure {
                    cede::Failure::Err(fault) => Fault::clone(fault),
                    cede::Failure::Panicked(_) => unreachable!("nobody panics"),
                };
                Err(Fault::Group(failures.iter().map(fault).collect()))
            }
            Err(_) => unreachable!("nobody has stopped the group"),
        }
    }

    /// Creates a child of the innermost group.
    pub(super) fn child(self: &Arc<Self>, no: TaskNo, place: &Place) -> Result<(), Fault> {
        let Some(Group { tasks, children }) = &place.group else {
            self.spawn(no);
            return Ok(());
        };
        let handle = tasks.create_task(crate::run::task::body(self, no));
        self.bear(no, handle.map_err(|_closed| Fault::Closed)?);
        children.lock().unwrap_or_else(PoisonError::into_inner).push(no);
        Ok(())
    }
}
