//! What lives between a task and its awaits: scopes, criticals and awaited tasks, and who encloses whom.
//!
//! All of it lies in the task's control block, under its lock. Nothing here calls anything of the user's: what
//! must be woken or dropped is handed out.
//!
//! **What is alive is not always awaited.** A future that was polled once and set aside, as `select!` by reference does, has its
//! nodes here all the same. A request must not end up with those, for nobody would notice. Three things keep it from that:
//!
//! - each poll of a node is stamped with the number of the task's step, and a node that the last step has not polled is *aside*;
//! - but for nodes that are polled with another waker than the task's (inside `FuturesUnordered`, say), which are polled only when that was
//!   woken;
//! - what was thrown at a scope, and is not noticed by the end of a step after which the task would sleep, is taken off again, and the scope is
//!   aside from then on ([`Tree::unnoticed`]).

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
    /// The last delivery to scopes, and how many of them have not noticed it.
    delivered: Option<(RequestId, usize)>,
}

#[derive(Debug)]
struct Node {
    /// The scope or critical around this one; `None` is the task.
    parent: Option<Key>,
    /// The step of the task that polled this last.
    stamp: u32,
    /// It is polled with another waker than the task's own.
    foreign: bool,
    /// It was found out not to be awaited; until it is polled again.
    aside: bool,
    kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// A live `catch_cancel`. The waker is kept only where it is not the task's own.
    Scope { thrown: Option<Cancelled>, waker: Option<Waker> },
    /// A live `critical`.
    Critical,
    /// A pending await of a task that requests are forwarded to. One that is quiet never unwinds by itself.
    Await { target: TaskRef, forwarded: Option<Cancelled>, quiet: bool },
}

/// Which nodes count as awaited: those that were polled in these steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    last: u32,
    before: u32,
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

impl Steps {
    /// The one step.
    pub(crate) fn only(last: u32) -> Self {
        Steps { last, before: last }
    }

    /// In the middle of that step: what it has not come to yet was polled in the one before.
    pub(crate) fn during(last: u32) -> Self {
        Steps { last, before: last.wrapping_sub(1) }
    }
}

impl Tree {
    pub(crate) fn add(&mut self, parent: Option<Key>, kind: Kind, stamp: u32) -> Key {
        self.criticals += usize::from(matches!(kind, Kind::Critical));
        self.nodes.insert(Node { parent, stamp, foreign: false, aside: false, kind })
    }

    /// The node is being polled, with that waker if it is not the task's own. Returns what is to be dropped outside the lock.
    pub(crate) fn touch(&mut self, key: Key, stamp: u32, waker: Option<Waker>) -> Option<Waker> {
        let node = self.nodes.get_mut(key)?;
        node.stamp = stamp;
        node.foreign = waker.is_some();
        node.aside = false;
        match &mut node.kind {
            Kind::Scope { waker: old, .. } => std::mem::replace(old, waker),
            Kind::Critical | Kind::Await { .. } => waker,
        }
    }

    /// Takes a node out: the scope is over, or the await.
    pub(crate) fn remove(&mut self, key: Key) -> Left {
        let mut node = self.nodes.remove(key);
        let mut undelivered = None;
        match node.as_mut().map(|node| &mut node.kind) {
            Some(Kind::Critical) => self.criticals -= 1,
            Some(Kind::Scope { thrown, .. }) => {
                if let Some(cancelled) = thrown.take() {
                    self.thrown -= 1;
                    self.count_down(cancelled.id());
                    // Where some leaf has it, or is still to get it, the request is observed.
                    if self.noticed != Some(cancelled.id()) && !self.is_thrown(cancelled.id()) {
                        undelivered = Some(cancelled);
                    }
                }
            }
            Some(Kind::Await { .. }) | None => {}
        }
        Left { undelivered, _node: node }
    }

    /// Throws at one scope, or at the task.
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
            Some(Node { kind: Kind::Critical, parent, .. }) => {
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

    /// Takes the throw of `id` off again, if nobody has noticed it: what threw it was dropped in between.
    pub(crate) fn take_back(&mut self, scope: Option<Key>, id: RequestId) -> Option<Cancelled> {
        match scope.and_then(|key| self.nodes.get_mut(key)) {
            Some(Node { kind: Kind::Scope { thrown, .. }, .. }) => {
                let cancelled = thrown.take_if(|cancelled| cancelled.id() == id)?;
                self.thrown -= 1;
                self.count_down(id);
                Some(cancelled)
            }
            Some(Node { kind: Kind::Critical, parent, .. }) => {
                let parent = *parent;
                self.take_back(parent, id)
            }
            Some(Node { kind: Kind::Await { .. }, .. }) => None,
            // The scope has gone since, and the mark with it.
            None if scope.is_some() => None,
            None => self.unwinding.take_if(|cancelled| cancelled.id() == id),
        }
    }

    /// The scope notices that it was thrown at.
    pub(crate) fn notice(&mut self, scope: Key) -> Option<Cancelled> {
        let Some(Node { kind: Kind::Scope { thrown, .. }, .. }) = self.nodes.get_mut(scope) else {
            return None;
        };
        let cancelled = thrown.take()?;
        self.thrown -= 1;
        self.count_down(cancelled.id());
        self.noticed = Some(cancelled.id());
        Some(cancelled)
    }

    /// A step is over, and the task would sleep. What that step should have noticed and did not is taken off, and its nodes are aside.
    pub(crate) fn unnoticed(&mut self, step: u32) -> Option<Cancelled> {
        let mut left: Option<Cancelled> = None;
        let mut thrown = 0;
        for (_, node) in self.nodes.iter_mut() {
            let missed = match &mut node.kind {
                Kind::Scope { thrown: mark, .. } => {
                    thrown += usize::from(mark.is_some());
                    mark.take()
                }
                // The end of that task has woken this one: had the await been polled, it would be gone.
                Kind::Await { target, forwarded, .. }
                    if target.header().state.load().is_done()
                        && !node.foreign
                        && node.stamp != step =>
                {
                    forwarded.take()
                }
                Kind::Await { .. } | Kind::Critical => None,
            };
            if let Some(missed) = missed {
                node.aside = true;
                left = Some(match left {
                    Some(left) if left.id() != missed.id() => left.and(&missed),
                    _ => missed,
                });
            }
        }
        self.thrown -= thrown;
        self.delivered = None;
        // What another leaf has noticed is observed.
        left.filter(|left| self.noticed != Some(left.id()))
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

    /// Has any await taken a request over?
    pub(crate) fn any_forwarded(&self) -> bool {
        self.nodes
            .iter()
            .any(|(_, node)| matches!(node.kind, Kind::Await { forwarded: Some(_), .. }))
    }

    /// The pending awaits that take this request over, in the order in which they began; they are marked.
    pub(crate) fn forward(&mut self, cancelled: &Cancelled, steps: Steps) -> Vec<(Key, TaskRef)> {
        let is_open = |node: &Node| match &node.kind {
            Kind::Await { target, forwarded, .. } => {
                !forwarded.as_ref().is_some_and(|taken| taken.includes(cancelled))
                    && !target.header().state.load().is_done()
                    && self.is_awaited(node, steps)
                    && !self.is_masked(node.parent, steps)
            }
            _ => false,
        };
        let open: Vec<Key> =
            self.nodes.iter().filter(|(_, node)| is_open(node)).map(|(key, _)| key).collect();
        let mut taken = Vec::with_capacity(open.len());
        for key in open {
            let node = self.nodes.get_mut(key);
            if let Some(Node { kind: Kind::Await { target, forwarded, .. }, .. }) = node {
                *forwarded = Some(match forwarded.take() {
                    Some(before) => cancelled.clone().and(&before),
                    None => cancelled.clone(),
                });
                taken.push((key, target.clone()));
            }
        }
        taken
    }

    /// The awaited task was done already: this await has taken nothing over.
    pub(crate) fn unforward(&mut self, key: Key, cancelled: &Cancelled) {
        let left = self.forwarded(key).and_then(|taken| taken.without(cancelled));
        self.set_forwarded(key, left);
    }

    /// Marks an await that has moved here with the request that it had taken over.
    pub(crate) fn set_forwarded(&mut self, key: Key, request: Option<Cancelled>) {
        if let Some(Node { kind: Kind::Await { forwarded, .. }, .. }) = self.nodes.get_mut(key) {
            *forwarded = request;
        }
    }

    /// The requests that are on their way in here: thrown and not noticed yet, or taken over by awaits.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = &Cancelled> {
        self.nodes.iter().filter_map(|(_, node)| match &node.kind {
            Kind::Scope { thrown: request, .. } | Kind::Await { forwarded: request, .. } => {
                request.as_ref()
            }
            Kind::Critical => None,
        })
    }

    /// The request that this await has taken over, if it has.
    pub(crate) fn forwarded(&self, key: Key) -> Option<Cancelled> {
        match &self.nodes.get(key)?.kind {
            Kind::Await { forwarded, .. } => forwarded.clone(),
            Kind::Scope { .. } | Kind::Critical => None,
        }
    }

    /// Is there a leaf that the awaits marked with `cancelled` leave to be thrown at?
    pub(crate) fn has_bare_leaf(&self, cancelled: &Cancelled, steps: Steps) -> bool {
        !self.bare(self.leaves(steps), cancelled).is_empty()
    }

    /// Is every way in closed by a `critical`?
    pub(crate) fn is_held(&self, steps: Steps) -> bool {
        self.criticals > 0 && self.leaves(steps).is_empty()
    }

    /// Throws `cancelled` at every leaf that has not forwarded it.
    pub(crate) fn deliver(&mut self, cancelled: &Cancelled, steps: Steps) -> Delivery {
        let leaves = self.leaves(steps);
        if leaves.is_empty() {
            return Delivery::Held;
        }
        let bare = self.bare(leaves, cancelled);
        if bare.is_empty() {
            return Delivery::Forwarded;
        }
        let keys: Option<Vec<Key>> = bare.into_iter().collect();
        match keys {
            Some(keys) => Delivery::Scopes(self.throw_at(&keys, cancelled)),
            None => Delivery::Task,
        }
    }

    /// The same for all scopes but `here`, where the request is taken up at this moment. Returns the wakers of those scopes.
    pub(crate) fn deliver_beside(
        &mut self,
        here: Option<Key>,
        cancelled: &Cancelled,
        steps: Steps,
    ) -> Vec<Waker> {
        let leaves = self.leaves(steps);
        let bare = self.bare(leaves, cancelled);
        let keys: Vec<Key> = bare.into_iter().flatten().filter(|key| Some(*key) != here).collect();
        self.throw_at(&keys, cancelled)
    }

    fn throw_at(&mut self, scopes: &[Key], cancelled: &Cancelled) -> Vec<Waker> {
        let mut wakers = Vec::new();
        self.delivered = Some((cancelled.id(), scopes.len()));
        for key in scopes {
            self.throw(Some(*key), cancelled.clone());
            // Taken, not cloned, which would be a call under the lock; the scope's next poll sets it again.
            if let Some(Node { kind: Kind::Scope { waker, .. }, .. }) = self.nodes.get_mut(*key) {
                wakers.extend(waker.take());
            }
        }
        wakers
    }

    /// Those of `leaves` where no await has taken `cancelled` over.
    fn bare(&self, leaves: Vec<Option<Key>>, cancelled: &Cancelled) -> Vec<Option<Key>> {
        let forwarded = self.forwarded_leaves(cancelled);
        leaves.into_iter().filter(|leaf| forwarded.binary_search(leaf).is_err()).collect()
    }

    /// The awaited task that has ended cancelled, if there is one: the task is being woken by that anyway.
    pub(crate) fn cancelled_target(&self) -> Option<TaskRef> {
        self.cancelled_targets().find(|(.., quiet)| !quiet).map(|(target, ..)| target.clone())
    }

    /// The awaited tasks that have ended cancelled, with the requests that they were passed.
    pub(crate) fn struck_targets(&self) -> Vec<(TaskRef, Cancelled)> {
        self.cancelled_targets()
            .filter_map(|(target, passed, _)| Some((target.clone(), passed.clone()?)))
            .collect()
    }

    fn cancelled_targets(&self) -> impl Iterator<Item = (&TaskRef, &Option<Cancelled>, bool)> {
        self.nodes.iter().filter_map(|(_, node)| match &node.kind {
            Kind::Await { target, forwarded, quiet }
                if target.header().state.load().is_cancelled() =>
            {
                Some((target, forwarded, *quiet))
            }
            _ => None,
        })
    }

    fn count_down(&mut self, id: RequestId) {
        if let Some((_, left)) = self.delivered.as_mut().filter(|(delivered, _)| *delivered == id) {
            *left = left.saturating_sub(1);
        }
    }

    /// Is there a scope that is still to notice `id`?
    fn is_thrown(&self, id: RequestId) -> bool {
        if let Some((_, left)) = self.delivered.filter(|(delivered, _)| *delivered == id) {
            return left > 0;
        }
        self.thrown > 0
            && self.nodes.iter().any(|(_, node)| match &node.kind {
                Kind::Scope { thrown: Some(cancelled), .. } => cancelled.id() == id,
                _ => false,
            })
    }

    /// The scopes (or the task) that are awaited, in which nothing else is, and which no `critical` shields.
    fn leaves(&self, steps: Steps) -> Vec<Option<Key>> {
        if self.nodes.is_empty() {
            return vec![None];
        }
        let encloses = |node: &Node| !matches!(node.kind, Kind::Await { .. });
        let awaited: Vec<(Key, &Node)> = self
            .nodes
            .iter()
            .filter(|(_, node)| encloses(node) && self.is_awaited(node, steps))
            .collect();
        let mut parents: Vec<Option<Key>> = awaited.iter().map(|(_, node)| node.parent).collect();
        parents.sort_unstable();
        let scopes = awaited.iter().filter(|(_, node)| matches!(node.kind, Kind::Scope { .. }));
        std::iter::once(None)
            .chain(scopes.map(|(key, _)| Some(*key)))
            .filter(|leaf| parents.binary_search(leaf).is_err() && !self.is_masked(*leaf, steps))
            .collect()
    }

    /// Where awaits have taken `cancelled` over; sorted.
    fn forwarded_leaves(&self, cancelled: &Cancelled) -> Vec<Option<Key>> {
        let mut leaves: Vec<Option<Key>> = self
            .nodes
            .iter()
            .filter(|(_, node)| {
                matches!(&node.kind, Kind::Await { forwarded: Some(by), .. } if by.includes(cancelled))
            })
            .map(|(_, node)| node.parent)
            .collect();
        leaves.sort_unstable();
        leaves
    }

    /// Is there a `critical` at or around `at`?
    pub(crate) fn is_masked(&self, mut at: Option<Key>, steps: Steps) -> bool {
        if self.criticals == 0 {
            return false;
        }
        while let Some(node) = at.and_then(|key| self.nodes.get(key)) {
            if matches!(node.kind, Kind::Critical) && node.was_polled(steps) {
                return true;
            }
            at = node.parent;
        }
        false
    }

    /// Is this node, with all that is around it, part of what the task is suspended in?
    fn is_awaited<'a>(&'a self, mut node: &'a Node, steps: Steps) -> bool {
        loop {
            if !node.was_polled(steps) {
                return false;
            }
            match node.parent.and_then(|key| self.nodes.get(key)) {
                Some(parent) => node = parent,
                None => return true,
            }
        }
    }
}

impl Node {
    fn was_polled(&self, steps: Steps) -> bool {
        !self.aside && (self.foreign || self.stamp == steps.last || self.stamp == steps.before)
    }
}
