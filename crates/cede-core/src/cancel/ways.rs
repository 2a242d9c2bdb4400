//! Where a request strikes: at the leaves of what a task awaits, unless a `critical` is in the way.
//!
//! A request to the task comes in from outside, and is for every leaf. One to a scope is for the leaves in that scope alone; it
//! comes in there, so what is around the scope neither gets it nor keeps it out.

use crate::cancel::tree::{Kind, Node, Steps, Struck, Tree};
use crate::cancel::{Cancelled, ScopeId};
use crate::slots::Key;

/// One way in: a scope that is awaited and in which nothing else is, or the task; with those requests that are for it.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) leaf: Option<Key>,
    pub(super) part: Cancelled,
}

impl Tree {
    /// Can any of `cancelled` strike now?
    pub(crate) fn has_way(&self, cancelled: &Cancelled, steps: Steps) -> bool {
        self.is_open_to(cancelled) || !self.ways(cancelled, steps).is_empty()
    }

    /// Is there a leaf that the awaits which have taken `cancelled` over leave to be thrown at?
    pub(crate) fn has_bare_leaf(&self, cancelled: &Cancelled, steps: Steps) -> bool {
        if self.is_all_taken_over(cancelled) {
            return false;
        }
        !self.bare(self.ways(cancelled, steps)).is_empty()
    }

    /// What of `cancelled` can strike now, and what has to be held.
    pub(crate) fn split(
        &self,
        cancelled: &Cancelled,
        steps: Steps,
    ) -> (Option<Cancelled>, Option<Cancelled>) {
        if self.is_open_to(cancelled) {
            return (Some(cancelled.clone()), None);
        }
        let ways = self.ways(cancelled, steps);
        let open = cancelled.filter(|request| ways.iter().any(|way| way.part.includes(request)));
        (open, self.unreached(cancelled, &ways))
    }

    /// Those of the requests that are for the code at `at`, and get through to it.
    pub(crate) fn part(
        &self,
        cancelled: &Cancelled,
        at: Option<Key>,
        steps: Steps,
    ) -> Option<Cancelled> {
        if self.is_open_to(cancelled) {
            return Some(cancelled.clone());
        }
        cancelled.filter(|request| self.gets_to(at, request, steps))
    }

    /// Is this one request for the code at `at`, with no `critical` on its way?
    pub(crate) fn gets_to(&self, at: Option<Key>, request: &Cancelled, steps: Steps) -> bool {
        let is_critical =
            |node: &Node| matches!(node.kind, Kind::Critical) && node.was_polled(steps);
        match request.scope() {
            Some(id) => {
                self.path(at).take_while(|node| !is_critical(node)).any(|node| node.is_scope(id))
            }
            None => !self.path(at).any(is_critical),
        }
    }

    /// All ways in for `cancelled`.
    pub(super) fn ways(&self, cancelled: &Cancelled, steps: Steps) -> Vec<Way> {
        let way = |leaf| Some(Way { leaf, part: self.part(cancelled, leaf, steps)? });
        self.leaves(steps).into_iter().filter_map(way).collect()
    }

    /// Those of the ways where no await has taken the request over.
    pub(super) fn bare(&self, mut ways: Vec<Way>) -> Vec<Way> {
        let mut taken: Vec<(Option<Key>, &Cancelled)> = self
            .nodes
            .iter()
            .filter_map(|(_, node)| match &node.kind {
                Kind::Await { forwarded: Some(by), .. } => Some((node.parent, by)),
                _ => None,
            })
            .collect();
        taken.sort_by_key(|(scope, _)| *scope);
        ways.retain(|way| {
            let first = taken.partition_point(|(scope, _)| *scope < way.leaf);
            let mut here = taken[first..].iter().take_while(|(scope, _)| *scope == way.leaf);
            !here.any(|(_, by)| by.includes(&way.part))
        });
        ways
    }

    /// What of `cancelled` has no way in at present: a `critical` is before it, or its scope is not being awaited. If its scope is gone, so is the
    /// request: whoever made that takes it back.
    pub(super) fn unreached(&self, cancelled: &Cancelled, ways: &[Way]) -> Option<Cancelled> {
        let is_reached = |request: &Cancelled| ways.iter().any(|way| way.part.includes(request));
        let is_void = |request: &Cancelled| request.scope().is_some_and(|id| !self.has_scope(id));
        let held = cancelled.filter(|request| !is_reached(request) && !is_void(request))?;
        Some(if ways.is_empty() { held } else { held.unborrowed() })
    }

    /// Is this node, with all that is around it, part of what the task is suspended in?
    pub(super) fn is_awaited(&self, node: &Node, steps: Steps) -> bool {
        node.was_polled(steps) && self.path(node.parent).all(|node| node.was_polled(steps))
    }

    /// Is the code at `at` in the scope `id`?
    pub(crate) fn is_in(&self, at: Option<Key>, id: ScopeId) -> bool {
        self.path(at).any(|node| node.is_scope(id))
    }

    /// What is at `at` and around it, the innermost first.
    fn path(&self, at: Option<Key>) -> impl Iterator<Item = &Node> {
        let node = |key: Option<Key>| key.and_then(|key| self.nodes.get(key));
        std::iter::successors(node(at), move |inner| node(inner.parent))
    }

    /// Is every leaf a way in for all of `cancelled`?
    pub(super) fn is_open_to(&self, cancelled: &Cancelled) -> bool {
        self.criticals == 0 && !cancelled.is_for_scopes()
    }

    fn has_scope(&self, id: ScopeId) -> bool {
        self.nodes.iter().any(|(_, node)| node.is_scope(id))
    }

    /// The scopes (or the task) that are awaited, and in which nothing else is.
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
            .filter(|leaf| parents.binary_search(leaf).is_err())
            .collect()
    }
}

impl Node {
    fn is_scope(&self, wanted: ScopeId) -> bool {
        matches!(self.kind, Kind::Scope { id: Some(id), .. } if id == wanted)
    }
}

impl Way {
    /// The awaits here that have struck, too, are met in one with the request, and it is shown as the first of them shows itself.
    pub(super) fn meet(&mut self, struck: &[Struck]) {
        let mut shown = None;
        for at in struck.iter().filter(|at| at.scope == self.leaf) {
            if let Some(requests) = &at.requests {
                self.part = self.part.clone().and(requests);
            }
            shown = shown.or(at.shown.as_ref());
        }
        if let Some(shown) = shown {
            self.part = shown.clone().for_requests(&self.part);
        }
    }
}
