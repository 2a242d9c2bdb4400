//! Guards that look on when things are dropped.

use std::sync::{Arc, Mutex};

use cede::{Task, TaskRef, current_task};

use crate::program::{BlockNo, TaskNo};
use crate::run::world::World;

/// Lies in a future, and goes with it: exactly once.
pub(super) struct Token {
    world: Arc<World>,
    at: usize,
    /// The task inside which that has to be, if it is known.
    home: Option<TaskRef>,
}

/// Lies in a critical.
pub(super) struct Uninterrupted {
    world: Arc<World>,
    no: BlockNo,
    /// Others than a request may drop it.
    droppable: bool,
    done: bool,
}

/// Lies around a group: when it goes, so have the children.
pub(super) struct Exit {
    world: Arc<World>,
    no: BlockNo,
    /// Others than a request may drop it.
    droppable: bool,
    children: Arc<Mutex<Vec<TaskNo>>>,
}

impl Token {
    pub(super) fn new(world: &Arc<World>, home: Option<TaskRef>) -> Self {
        let mut state = world.state();
        state.drops.push(0);
        Token { world: Arc::clone(world), at: state.drops.len() - 1, home }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.world.state().drops[self.at] += 1;
        if self.home.is_some() && current_task() != self.home {
            self.world.violated("a block was dropped outside its task".to_string());
        }
    }
}

impl Uninterrupted {
    pub(super) fn new(world: &Arc<World>, no: BlockNo, droppable: bool) -> Self {
        Uninterrupted { world: Arc::clone(world), no, droppable, done: false }
    }

    pub(super) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        // A program that unwinds itself, as asyncio's, may leave it so.
        if !self.done && !self.droppable && !self.world.nest.asyncio {
            self.world.violated(format!("critical {} was interrupted", self.no));
        }
    }
}

impl Exit {
    pub(super) fn new(world: &Arc<World>, no: BlockNo, droppable: bool) -> Self {
        Exit { world: Arc::clone(world), no, droppable, children: Arc::default() }
    }

    pub(super) fn children(&self) -> Arc<Mutex<Vec<TaskNo>>> {
        Arc::clone(&self.children)
    }
}

impl Drop for Exit {
    fn drop(&mut self) {
        let children = self.children.lock().map(|children| children.clone()).unwrap_or_default();
        let lives = |child: &TaskNo| self.world.task(*child).is_some_and(|task| !task.done());
        if let (Some(child), false) = (children.into_iter().find(lives), self.droppable) {
            self.world.violated(format!("group {} was left, and its child {child} lives", self.no));
        }
    }
}

impl World {
    pub(super) fn check_drops(&self) {
        let wrong = self.state().drops.iter().filter(|times| **times != 1).count();
        if wrong > 0 {
            self.violated(format!("{wrong} futures were not dropped exactly once"));
        }
    }
}
