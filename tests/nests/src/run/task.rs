//! A task of a nest, and waiting for it.

use std::sync::Arc;

use cede::{GatherError, JoinHandle, TaskError, catch_cancel, checkpoint, current_task};

use crate::program::TaskNo;
use crate::record::{Fault, What};
use crate::run::body::Place;
use crate::run::watch::Token;
use crate::run::world::{Joined, World};

/// The future of main.
pub(super) fn main(world: &Arc<World>) -> impl Future<Output = ()> + use<> {
    let world = Arc::clone(world);
    async move {
        world.main_begins(current_task().expect("main is a task"));
        let outcome = task(&world, 0, Token::new(&world, None)).await;
        world.main_returns(outcome.map_err(Arc::new));
    }
}

/// The future of another task.
pub(super) fn body(
    world: &Arc<World>,
    no: TaskNo,
) -> impl Future<Output = Result<(), Fault>> + Send + use<> {
    let world = Arc::clone(world);
    let token = Token::new(&world, None);
    async move { task(&world, no, token).await }
}

async fn task(world: &Arc<World>, no: TaskNo, _token: Token) -> Result<(), Fault> {
    world.log(Some(no), What::Started);
    let place = Place { task: no, droppable: false, group: None };
    let ended = world.body(&world.nest.tasks[usize::from(no)], &place).await;
    let result = ended.map(|_| ());
    world.log(Some(no), What::Returned(result.clone()));
    if world.nest.asyncio && result.is_err() {
        // There a failure goes first.
        drop(catch_cancel(checkpoint()).await);
    }
    result
}

impl World {
    pub(super) fn spawn(self: &Arc<Self>, no: TaskNo) {
        let body = body(self, no);
        let handle = cede::create_task(async move { body.await.map_err(Arc::new) });
        self.bear(no, handle);
    }

    pub(super) async fn gathered(
        &self,
        handles: &[Arc<JoinHandle<Joined>>],
        all: bool,
    ) -> Result<(), Fault> {
        if all {
            cede::gather_results(handles.iter().map(|handle| &**handle)).await;
            return Ok(());
        }
        match cede::try_gather(handles.iter().map(|handle| &**handle)).await {
            Ok(_) => Ok(()),
            Err(GatherError::Failed(fault)) => Err(Fault::clone(fault)),
            Err(GatherError::Task(error)) => self.received(Err(error)).await,
        }
    }

    /// What an await of a task gives.
    pub(super) async fn received(&self, outcome: Result<&Joined, TaskError>) -> Result<(), Fault> {
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => Err(Fault::clone(fault)),
            Err(TaskError::Cancelled(cancelled)) if self.nest.asyncio => cancelled.resume().await,
            Err(_) => Err(Fault::Cancelled),
        }
    }
}
