//! What lives between a task and its awaits: scopes, criticals and awaited tasks, and who encloses whom.
//!
//! All of it lies in the task's control block, under its lock. Nothing here calls anything of the user's: what
//! must be woken or dropped is handed out.

use std::task::Waker;

use crate::cancel::{Cancelled, request::RequestId};
use crate::slots::{Key, Slots};
use crate::task::TaskRef;

#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Slots<Node>,
    /// How many criticals there are: mostly none, and then nothing is masked.
    criticals: usize,
    /// How many scopes have been thrown at and have not noticed yet.
    thrown: usize,
    /// What unwinds the task itself, once the poll that threw it is over.
    unwinding: Option<Cancelled>,
    /// The delivery that some scope has noticed last.
    noticed: Option<RequestId>,
}

#[derive(Debug)]
struct Node {
    /// The scope or critical around this one; `None` is the task.
    parent: Option<Key>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A live `catch_cancel`. The waker is kept only where it is not the task's own.
    Scope { thrown: Option<Cancelled>, waker: Option<Waker> },
    /// A live `critical`.
    Critical,
    /// A pending await of a task that requests are forwarded to.
    Await { target: TaskRef, forwarded: Option<Cancelled> },
}

/// What [`Tree::deliver`] did.
#[must_use]
pub(crate) enum Delivery {
    /// There is no scope: the task itself ends.
    Task,
    /// Scopes were thrown at. Those with a waker of their own must be woken.
    Scopes(Vec<Waker>),
    /// Every way in is closed by a `critical`.
    Held,
    /// Every leaf awaits a task that has taken the request over.
    Forwarded,
}

/// What was left behind by a node that goes.
#[must_use]
pub(crate) struct Left {
    /// A delivery that nobody has noticed: the task must meet it again.
    pub(crate) undelivered: Option<Cancelled>,
    /// To be dropped outside the lock.
    _node: Option<Node>,
}

impl Tree {
    pub(crate) fn add_scope(&mut self, parent: Option<Key>, waker: Option<Waker>) -> Key {
        self.nodes.insert(Node { parent, kind: Kind::Scope { thrown: None, waker } })
    }

    pub(crate) fn add_critical(&mut self, parent: Option<Key>) -> Key {
        self.criticals += 1;
        self.nodes.insert(Node { parent, kind: Kind::Critical })
    }

    pub(crate) fn add_await(&mut self, parent: Option<Key>, target: TaskRef) -> Key {
        self.nodes.insert(Node { parent, kind: Kind::Await { target, forwarded: None } })
    }

    /// Keeps the scope's waker up to date. Returns the one to drop outside the lock.
    pub(crate) fn set_waker(&mut self, scope: Key, mut new: Option<Waker>) -> Option<Waker> {
        if let Some(Node { kind: Kind::Scope { waker, .. }, .. }) = self.nodes.get_mut(scope) {
            std::mem::swap(waker, &mut new);
        }
        new
    }

    /// Takes a node out: the scope is over, or the await.
    pub(crate) fn remove(&mut self, key: Key) -> Left {
        let mut node = self.nodes.remove(key);
        if matches!(node, Some(Node { kind: Kind::Critical, .. })) {
            self.criticals -= 1;
        }
        let mut undelivered = None;
        if let Some(Node { kind: Kind::Scope { thrown, .. }, .. }) = &mut node {
            if let Some(cancelled) = thrown.take() {
                self.thrown -= 1;
                // Where some leaf has it, or is still to get it, the request is observed.
                if self.noticed != Some(cancelled.id()) && !self.is_thrown(cancelled.id()) {
                    undelivered = Some(cancelled);
                }
            }
        }
        Left { undelivered, _node: node }
    }

    /// Throws at one scope, or at the task: [`Cancelled::resume`] and its like. The first throw wins.
    pub(crate) fn throw(&mut self, scope: Option<Key>, cancelled: Cancelled) {
        self.noticed = None;
        match scope.and_then(|key| self.nodes.get_mut(key)) {
            Some(Node { kind: Kind::Scope { thrown, .. }, .. }) => {
                self.thrown += usize::from(thrown.is_none());
                *thrown = Some(match thrown.take() {
                    Some(first) => first.and(&cancelled),
                    None => cancelled,
                });
            }
            Some(Node { kind: Kind::Critical, parent }) => {
                let parent = *parent;
                self.throw(parent, cancelled);
            }
            Some(Node { kind: Kind::Await { .. }, .. }) => {
                unreachable!("an await encloses nothing")
            }
            None => {
                self.unwinding.get_or_insert(cancelled);
            }
        }
    }

    /// The scope notices that it was thrown at.
    pub(crate) fn notice(&mut self, scope: Key) -> Option<Cancelled> {
        let Some(Node { kind: Kind::Scope { thrown, .. }, .. }) = self.nodes.get_mut(scope) else {
            return None;
        };
        let cancelled = thrown.take()?;
        self.thrown -= 1;
        self.noticed = Some(cancelled.id());
        Some(cancelled)
    }

    /// What unwinds the task itself.
    pub(crate) fn take_unwinding(&mut self) -> Option<Cancelled> {
        self.unwinding.take()
    }

    pub(crate) fn any_thrown(&self) -> bool {
        self.thrown > 0
    }

    pub(crate) fn is_unwinding(&self) -> bool {
        self.unwinding.is_some()
    }

    /// The pending awaits that take this request over, in the order in which they began; they are marked.
    pub(crate) fn forward(&mut self, cancelled: &Cancelled) -> Vec<(Key, TaskRef)> {
        let is_open = |node: &Node| match &node.kind {
            Kind::Await { target, forwarded } => {
                forwarded.as_ref() != Some(cancelled)
                    && !target.header().state.load().is_done()
                    && !self.is_masked(node.parent)
            }
            _ => false,
        };
        let open: Vec<Key> =
            self.nodes.iter().filter(|(_, node)| is_open(node)).map(|(key, _)| key).collect();
        let mut taken = Vec::with_capacity(open.len());
        for key in open {
            let node = self.nodes.get_mut(key);
            if let Some(Node { kind: Kind::Await { target, forwarded }, .. }) = node {
                *forwarded = Some(cancelled.clone());
                taken.push((key, target.clone()));
            }
        }
        taken
    }

    /// The awaited task was done already: this await has taken nothing over.
    pub(crate) fn unforward(&mut self, key: Key) {
        if let Some(Node { kind: Kind::Await { forwarded, .. }, .. }) = self.nodes.get_mut(key) {
            *forwarded = None;
        }
    }

    /// The request that this await has taken over, if it has.
    pub(crate) fn forwarded(&self, key: Key) -> Option<Cancelled> {
        match &self.nodes.get(key)?.kind {
            Kind::Await { forwarded, .. } => forwarded.clone(),
            Kind::Scope { .. } | Kind::Critical => None,
        }
    }

    /// Is there a leaf that the awaits marked with `id` leave to be thrown at?
    pub(crate) fn has_bare_leaf(&self, cancelled: &Cancelled) -> bool {
        let forwarded = self.forwarded_leaves(cancelled);
        self.leaves().iter().any(|leaf| forwarded.binary_search(leaf).is_err())
    }

    /// Is every way in closed by a `critical`?
    pub(crate) fn is_held(&self) -> bool {
        self.criticals > 0 && self.leaves().is_empty()
    }

    /// Throws `cancelled` at every leaf that has not forwarded it.
    pub(crate) fn deliver(&mut self, cancelled: &Cancelled) -> Delivery {
        let leaves = self.leaves();
        if leaves.is_empty() {
            return Delivery::Held;
        }
        let forwarded = self.forwarded_leaves(cancelled);
        let mut wakers = Vec::new();
        let mut all_forwarded = true;
        for leaf in leaves.into_iter().filter(|leaf| forwarded.binary_search(leaf).is_err()) {
            let Some(key) = leaf else {
                return Delivery::Task;
            };
            all_forwarded = false;
            self.throw(leaf, cancelled.clone());
            // Taken, not cloned, which would be a call under the lock; the scope's next poll sets it again.
            if let Some(Node { kind: Kind::Scope { waker, .. }, .. }) = self.nodes.get_mut(key) {
                wakers.extend(waker.take());
            }
        }
        if all_forwarded { Delivery::Forwarded } else { Delivery::Scopes(wakers) }
    }

    /// The awaited task that has ended cancelled, if there is one: the task is being woken by that anyway.
    pub(crate) fn cancelled_target(&self) -> Option<TaskRef> {
        self.nodes.iter().find_map(|(_, node)| match &node.kind {
            Kind::Await { target, .. } if target.header().state.load().is_cancelled() => {
                Some(target.clone())
            }
            _ => None,
        })
    }

    fn is_thrown(&self, id: RequestId) -> bool {
        self.thrown > 0
            && self.nodes.iter().any(|(_, node)| match &node.kind {
                Kind::Scope { thrown: Some(cancelled), .. } => cancelled.id() == id,
                _ => false,
            })
    }

    /// The scopes (or the task) in which nothing else lives, and which no `critical` shields.
    fn leaves(&self) -> Vec<Option<Key>> {
        let mut parents: Vec<Option<Key>> = self.enclosing().map(|(_, node)| node.parent).collect();
        parents.sort_unstable();
        std::iter::once(None)
            .chain(self.scopes().map(Some))
            .filter(|leaf| parents.binary_search(leaf).is_err() && !self.is_masked(*leaf))
            .collect()
    }

    fn enclosing(&self) -> impl Iterator<Item = (Key, &Node)> {
        self.nodes.iter().filter(|(_, node)| !matches!(node.kind, Kind::Await { .. }))
    }

    fn scopes(&self) -> impl Iterator<Item = Key> {
        self.nodes
            .iter()
            .filter(|(_, node)| matches!(node.kind, Kind::Scope { .. }))
            .map(|(key, _)| key)
    }

    /// Where awaits have taken `cancelled` over; sorted.
    fn forwarded_leaves(&self, cancelled: &Cancelled) -> Vec<Option<Key>> {
        let mut leaves: Vec<Option<Key>> = self
            .nodes
            .iter()
            .filter(|(_, node)| {
                matches!(&node.kind, Kind::Await { forwarded: Some(by), .. } if by == cancelled)
            })
            .map(|(_, node)| node.parent)
            .collect();
        leaves.sort_unstable();
        leaves
    }

    /// Is there a `critical` at or around `at`?
    pub(crate) fn is_masked(&self, mut at: Option<Key>) -> bool {
        if self.criticals == 0 {
            return false;
        }
        while let Some(node) = at.and_then(|key| self.nodes.get(key)) {
            if matches!(node.kind, Kind::Critical) {
                return true;
            }
            at = node.parent;
        }
        false
    }
}
