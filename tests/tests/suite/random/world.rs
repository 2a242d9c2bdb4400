//! Where random programs run, and what is kept of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cede::{
    Cancel, Executor, JoinHandle, Task, TaskRef, backend, catch_cancel, checkpoint, create_task,
    critical, shield, sleep, timeout, wait, yield_now,
};
use cede_sync::Mutex;
use cede_tests::{Counted, Counter, Log, poll_once};
use futures::future::{self, BoxFuture, FutureExt as _};

use super::program::{Answer, Block, Pick, Program, Step};

/// What all tasks of a program share.
pub(super) struct World {
    pub(super) executor: Arc<dyn Executor>,
    members: Mutex<Vec<Arc<Member>>>,
    pub(super) log: Log,
    tally: Counter,
    time: Mutex<Instant>,
}

/// One task of the program.
pub(super) struct Member {
    pub(super) task: TaskRef,
    pub(super) traces: Arc<Traces>,
    handle: Mutex<Option<JoinHandle<Counted>>>,
}

/// What happened to a task.
#[derive(Default)]
pub(super) struct Traces {
    /// The numbers of the tasks that were told `true` by `cancel`.
    pub(super) askers: Mutex<Vec<usize>>,
    /// Somebody was told `true` by `abort`.
    pub(super) aborted: AtomicBool,
    /// A scope let a request go without passing it on.
    pub(super) refused: AtomicBool,
    /// The numbers of the tasks that it has awaited.
    pub(super) awaited: Mutex<Vec<usize>>,
}

/// A request that is a refusal if it goes without being resumed.
struct InHand<'a>(Option<&'a Traces>);

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        if let Some(traces) = self.0 {
            traces.refused.store(true, Ordering::SeqCst);
        }
    }
}

/// What a task does with its block.
#[derive(Clone)]
struct Actor {
    world: Arc<World>,
    number: usize,
    traces: Arc<Traces>,
}

impl World {
    pub(super) fn new(tally: &Counter) -> Arc<Self> {
        let executor = backend::ambient().expect("a program runs on a backend");
        let time = Mutex::new(executor.now());
        let (members, log, tally) = (Mutex::default(), Log::new(), tally.clone());
        Arc::new(World { executor, members, log, tally, time })
    }

    /// Runs `program`: what `main` does.
    pub(super) async fn play(self: &Arc<Self>, program: Program) {
        for block in program.tasks {
            self.create(true, block);
        }
        if program.waits {
            while self.tasks().iter().any(|task| !task.done()) {
                wait(self.tasks()).await;
            }
        }
    }

    fn create(self: &Arc<Self>, detached: bool, block: Block) {
        let traces = Arc::new(Traces::default());
        let handle = {
            let mut tasks = self.members.lock();
            let (world, number) = (Arc::clone(self), tasks.len());
            let actor = Actor { world, number, traces: Arc::clone(&traces) };
            let counted = self.tally.one();
            let handle = create_task(async move {
                actor.run(&block).await;
                counted
            });
            let task = handle.task_ref();
            let (handle, dropped) =
                if detached { (None, Some(handle)) } else { (Some(handle), None) };
            tasks.push(Arc::new(Member { task, traces, handle: Mutex::new(handle) }));
            dropped
        };
        drop(handle);
    }

    pub(super) fn members(&self) -> Vec<Arc<Member>> {
        self.members.lock().clone()
    }

    fn tasks(&self) -> Vec<TaskRef> {
        self.members().iter().map(|member| member.task.clone()).collect()
    }

    /// Drops what it holds: handles hold tasks, which may hold this.
    pub(super) fn clear(&self) {
        drop(std::mem::take(&mut *self.members.lock()));
    }

    /// Time never goes back, for nobody.
    fn look_at_the_clock(&self) {
        let mut last = self.time.lock();
        let now = self.executor.now();
        assert!(now >= *last, "time went back");
        *last = now;
    }
}

impl Actor {
    fn run<'a>(&'a self, block: &'a [Step]) -> BoxFuture<'a, ()> {
        let counted = self.world.tally.one();
        async move {
            let _counted = counted;
            for step in block {
                self.world.look_at_the_clock();
                self.world.log.say(format!("{}:{}", self.number, name_of(step)));
                self.step(step).await;
            }
            self.world.look_at_the_clock();
        }
        .boxed()
    }

    async fn step(&self, step: &Step) {
        match step {
            Step::Yield => yield_now().await,
            Step::Sleep(ms) => sleep(Duration::from_millis(*ms)).await,
            Step::Checkpoint => checkpoint().await,
            Step::Panic => panic!("a random panic"),
            Step::Create { detached, block } => self.world.create(*detached, block.clone()),
            Step::Detach(pick) => {
                let handle = self.any(*pick).and_then(|member| member.handle.lock().take());
                drop(handle);
            }
            Step::Cancel(pick) => self.cancel(*pick),
            Step::Uncancel(pick) => {
                self.any(*pick).map(|member| member.task.uncancel());
            }
            Step::Abort(pick) => self.abort(*pick),
            Step::Await(pick) => self.join(*pick).await,
            Step::Shield(pick) => {
                if let Some((_, member)) = self.younger(*pick) {
                    let _ = shield(&member.task).await;
                }
            }
            Step::Scope { block, answer } => self.scope(block, answer).await,
            Step::Critical(block) => critical(self.run(block)).await,
            Step::Join(one, other) => {
                future::join(self.run(one), self.run(other)).await;
            }
            Step::Select(one, other) => {
                future::select(self.run(one), self.run(other)).await;
            }
            Step::Aside(one, other) => {
                let mut aside = self.run(one).fuse();
                let over = poll_once(&mut aside).await.is_some();
                self.run(other).await;
                if !over {
                    aside.await;
                }
            }
            Step::Timeout(ms, block) => {
                let _ = timeout(Duration::from_millis(*ms), self.run(block)).await;
            }
        }
    }

    /// `cancel()` is false if and only if the task is done.
    fn cancel(&self, pick: Pick) {
        let Some(member) = self.any(pick) else { return };
        let before = member.task.done();
        let asked = member.task.cancel();
        let after = member.task.done();
        assert!(!(asked && before), "a task that was done took a request");
        assert!(asked || after, "a task refused a request, and is not done");
        if asked {
            member.traces.askers.lock().push(self.number);
        }
    }

    fn abort(&self, pick: Pick) {
        let Some(member) = self.any(pick) else { return };
        let before = member.task.done();
        let asked = member.task.abort();
        let after = member.task.done();
        assert!(!(asked && before) && (asked || after), "abort: {asked}, {before}, {after}");
        member.traces.aborted.fetch_or(asked, Ordering::SeqCst);
    }

    async fn join(&self, pick: Pick) {
        let Some((number, member)) = self.younger(pick) else { return };
        self.traces.awaited.lock().push(number);
        let _ = (&member.task).await;
    }

    async fn scope(&self, block: &[Step], answer: &Answer) {
        let Err(cancelled) = catch_cancel(self.run(block)).await else { return };
        let mut in_hand = InHand(Some(&self.traces));
        match answer {
            Answer::Refuse => return,
            Answer::Resume => {}
            Answer::CleanUpAndResume(block) => self.run(block).await,
        }
        in_hand.0 = None;
        cancelled.resume().await;
    }

    fn any(&self, pick: Pick) -> Option<Arc<Member>> {
        let tasks = self.world.members.lock();
        tasks.get(usize::from(pick) % tasks.len()).cloned()
    }

    fn younger(&self, pick: Pick) -> Option<(usize, Arc<Member>)> {
        let tasks = self.world.members.lock();
        let first = self.number + 1;
        let number = first + usize::from(pick) % (tasks.len() - first).max(1);
        Some((number, Arc::clone(tasks.get(number)?)))
    }
}

fn name_of(step: &Step) -> String {
    let text = format!("{step:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
