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

use crate::cancel::ways::Way;
use crate::cancel::{Cancelled, RequestId, ScopeId};
use crate::slots::{Key, Slots};
use crate::task::TaskRef;

#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(super) nodes: Slots<Node>,
    /// How many criticals there are: mostly none, and then nothing is masked.
    pub(super) criticals: usize,
    /// How many awaits there are: if none, no request is passed on.
    pub(super) awaits: usize,
    /// How many scopes have been thrown at and have not noticed yet.
    thrown: usize,
    /// What unwinds the task itself, once the poll that threw it is over.
    unwinding: Option<Cancelled>,
    /// What scopes have noticed since the last throw.
    noticed: Option<Cancelled>,
    /// The last delivery to scopes, and how many of them have not noticed it.
    delivered: Option<(RequestId, usize)>,
}

#[derive(Debug)]
pub(super) struct Node {
    /// The scope or critical around this one; `None` is the task.
    pub(super) parent: Option<Key>,
    /// The step of the task that polled this last.
    stamp: u32,
    /// It is polled with another waker than the task's own.
    foreign: bool,
    /// It was found out not to be awaited; until it is polled again.
    aside: bool,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// A live `catch_cancel`. The waker is kept only where it is not the task's own.
    Scope { id: Option<ScopeId>, thrown: Option<Cancelled>, waker: Option<Waker> },
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

/// What [`Tree::deliver`] did. What is in none of these was thrown at scopes, or is with the tasks that are awaited.
#[must_use]
pub(crate) struct Delivery {
    /// There is no scope: the task itself ends, by this.
    pub(crate) ends: Option<Cancelled>,
    /// Scopes with wakers of their own were thrown at; these must be woken.
    pub(crate) wakers: Vec<Waker>,
    /// What has no way in at present.
    pub(crate) held: Option<Cancelled>,
}

/// What the end of such a task does to whatever else strikes at the await.
#[derive(Debug)]
pub(crate) struct Struck {
    /// The scope around the await.
    pub(crate) scope: Option<Key>,
    /// What is met there is shown as this.
    pub(crate) shown: Option<Cancelled>,
    /// The requests that struck, of those that were passed on.
    pub(crate) requests: Option<Cancelled>,
}

/// What of a node that goes is to be dropped outside the lock: it may run code of somebody's, unlike a request.
#[must_use]
pub(crate) enum Left {
    Nothing,
    Waker(#[expect(dead_code, reason = "it is only dropped")] Waker),
    Target(#[expect(dead_code, reason = "it is only dropped")] TaskRef),
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
    #[inline]
    pub(crate) fn add(
        &mut self,
        parent: Option<Key>,
        stamp: u32,
        kind: impl FnOnce() -> Kind,
    ) -> Key {
        let node = || Node { parent, stamp, foreign: false, aside: false, kind: kind() };
        let key = self.nodes.insert_with(node);
        match self.nodes.get(key).map(|node| &node.kind) {
            Some(Kind::Critical) => self.criticals += 1,
            Some(Kind::Await { .. }) => self.awaits += 1,
            Some(Kind::Scope { .. }) | None => {}
        }
        key
    }

    /// The node is being polled, with that waker if it is not the task's own. Returns what is to be dropped outside the lock.
    #[inline]
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

    /// Takes a node out: the scope is over, or the await. A delivery that nobody has noticed comes with it: the task must meet it again.
    #[inline]
    pub(crate) fn remove(&mut self, key: Key) -> (Left, Option<Cancelled>) {
        match self.nodes.remove(key).map(|node| node.kind) {
            Some(Kind::Scope { id, thrown, waker }) => {
                let undelivered = thrown.and_then(|cancelled| self.give_up(id, cancelled));
                (waker.map_or(Left::Nothing, Left::Waker), undelivered)
            }
            Some(Kind::Await { target, .. }) => {
                self.awaits -= 1;
                (Left::Target(target), None)
            }
            Some(Kind::Critical) => {
                self.criticals -= 1;
                (Left::Nothing, None)
            }
            None => (Left::Nothing, None),
        }
    }

    /// The scope `id`, which is over, was thrown at, and has not noticed: what nobody else will meet.
    fn give_up(&mut self, id: Option<ScopeId>, cancelled: Cancelled) -> Option<Cancelled> {
        self.thrown -= 1;
        self.count_down(cancelled.id());
        // Where some leaf has it, or is still to get it, the request is observed. What is for this scope alone is void.
        if self.is_thrown(cancelled.id()) {
            return None;
        }
        let is_void = |to: &Cancelled| id.is_some() && to.scope() == id;
        self.not_noticed(cancelled)?.filter(|to| !is_void(to))
    }

    /// Throws at one scope, or at the task.
    pub(crate) fn throw(&mut self, scope: Option<Key>, cancelled: Cancelled) {
        self.noticed = None;
        match scope.and_then(|key| self.nodes.get_mut(key)) {
            Some(Node { kind: Kind::Scope { thrown, .. }, .. }) => {
                self.thrown += usize::from(thrown.is_none());
                *thrown = Cancelled::both(thrown.take(), Some(cancelled));
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
        let Some(Node { kind: Kind::Scope { id, thrown, .. }, .. }) = self.nodes.get_mut(scope)
        else {
            return None;
        };
        let (id, cancelled) = (*id, thrown.take()?);
        self.thrown -= 1;
        self.count_down(cancelled.id());
        self.noticed = Cancelled::both(self.noticed.take(), Some(cancelled.clone()));
        Some(cancelled.arrived_at(id))
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
            node.aside |= missed.is_some();
            left = Cancelled::both(left, missed);
        }
        self.thrown -= thrown;
        self.delivered = None;
        left.and_then(|left| self.not_noticed(left))
    }

    /// What another leaf has noticed is observed.
    fn not_noticed(&self, cancelled: Cancelled) -> Option<Cancelled> {
        match &self.noticed {
            Some(noticed) => cancelled.without(noticed),
            None => Some(cancelled),
        }
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

    /// Is nothing alive in it?
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The innermost scope, where there is nothing but scopes, one in the other, all awaited and none thrown at.
    pub(crate) fn only_leaf(&self, steps: Steps) -> Option<Key> {
        if self.criticals > 0 || self.awaits > 0 || self.thrown > 0 || self.unwinding.is_some() {
            return None;
        }
        let mut inner = None;
        for (key, node) in self.nodes.iter() {
            if node.parent != inner || node.foreign || !node.was_polled(steps) {
                return None;
            }
            inner = Some(key);
        }
        inner
    }

    /// Throws at that one.
    pub(crate) fn throw_at_only(&mut self, leaf: Key, cancelled: Cancelled) {
        self.delivered = Some((cancelled.id(), 1));
        self.throw(Some(leaf), cancelled);
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

    /// Throws `cancelled` at every leaf that it is for and that has not forwarded it, as `struck` would show it there.
    pub(crate) fn deliver(
        &mut self,
        cancelled: &Cancelled,
        struck: &[Struck],
        steps: Steps,
    ) -> Delivery {
        let ways = self.ways(cancelled, steps);
        let held = self.unreached(cancelled, &ways);
        let mut bare = self.bare(ways);
        for way in &mut bare {
            way.meet(struck);
        }
        let ends = bare.iter().position(|way| way.leaf.is_none());
        let ends = ends.map(|at| bare.swap_remove(at).part);
        let wakers = if ends.is_none() { self.throw_at(cancelled, bare) } else { Vec::new() };
        Delivery { ends, wakers, held }
    }

    /// The same for all scopes but `here`, where `met` is taken up at this moment.
    pub(crate) fn deliver_beside(
        &mut self,
        here: Option<Key>,
        met: &Cancelled,
        cancelled: &Cancelled,
        steps: Steps,
    ) -> Delivery {
        let ways = self.ways(cancelled, steps);
        let held = self.unreached(cancelled, &ways).and_then(|held| held.without(met));
        let mut bare = self.bare(ways);
        bare.retain(|way| way.leaf.is_some() && way.leaf != here);
        Delivery { ends: None, wakers: self.throw_at(cancelled, bare), held }
    }

    fn throw_at(&mut self, cancelled: &Cancelled, ways: Vec<Way>) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let whole = ways.iter().filter(|way| way.part.id() == cancelled.id()).count();
        self.delivered = Some((cancelled.id(), whole));
        for Way { leaf, part } in ways {
            self.throw(leaf, part);
            // Taken, not cloned, which would be a call under the lock; the scope's next poll sets it again.
            let scope = leaf.and_then(|key| self.nodes.get_mut(key));
            if let Some(Node { kind: Kind::Scope { waker, .. }, .. }) = scope {
                wakers.extend(waker.take());
            }
        }
        wakers
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
}

impl Node {
    pub(super) fn was_polled(&self, steps: Steps) -> bool {
        !self.aside && (self.foreign || self.stamp == steps.last || self.stamp == steps.before)
    }
}
