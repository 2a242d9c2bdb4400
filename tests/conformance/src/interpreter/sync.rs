//! Statements on events, semaphores and queues.

use crate::interpreter::Interpreter;
use crate::scenario::Sync;

impl Interpreter {
    pub(super) async fn sync(&self, sync: &Sync) {
        let world = &self.world;
        match sync {
            Sync::EventWait(name) => {
                world.event(name).wait().await;
                world.log(format_args!("event_wait {name}"));
            }
            Sync::EventSet(name) => {
                world.event(name).set();
                world.log(format_args!("event_set {name}"));
            }
            Sync::EventClear(name) => {
                world.event(name).clear();
                world.log(format_args!("event_clear {name}"));
            }
            Sync::SemAcquire(name) => {
                world.sems[name].acquire().await;
                world.log(format_args!("sem_acquire {name}"));
            }
            Sync::SemRelease(name) => {
                world.sems[name].release();
                world.log(format_args!("sem_release {name}"));
            }
            Sync::QueuePut(name, value) => {
                world.queues[name].put(value.clone()).await;
                world.log(format_args!("queue_put {name} {value}"));
            }
            Sync::QueueGet(name) => {
                let value = world.queues[name].get().await;
                world.log(format_args!("queue_get {name} -> {value}"));
            }
        }
    }
}
