//! What the awaits of a task have taken over: requests that were passed on to the tasks that it awaits.

use smallvec::SmallVec;

use crate::cancel::Cancelled;
use crate::cancel::tree::{Kind, Node, Steps, Tree};
use crate::slots::Key;
use crate::task::TaskRef;

/// An await of a task that has ended cancelled, with what had been passed on.
#[derive(Debug)]
pub(crate) struct CancelledTarget {
    pub(crate) scope: Option<Key>,
    pub(crate) target: TaskRef,
    pub(crate) passed: Option<Cancelled>,
    /// It never unwinds by itself.
    pub(crate) quiet: bool,
}

/// A request that an await has taken over, for the task that it awaits.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) at: Key,
    pub(crate) target: TaskRef,
    pub(crate) request: Cancelled,
}

impl Tree {
    /// Is any task awaited?
    pub(crate) fn has_awaits(&self) -> bool {
        self.awaits > 0
    }

    /// The pending awaits that take `cancelled` over, in the order in which they began; they are marked.
    pub(crate) fn forward(&mut self, cancelled: &Cancelled, steps: Steps) -> SmallVec<[Passed; 1]> {
        if !self.has_awaits() {
            return SmallVec::new();
        }
        let taken = |node: &Node| match &node.kind {
            Kind::Await { target, forwarded, .. }
                if !target.header().state.load().is_done() && self.is_awaited(node, steps) =>
            {
                let part = self.part(cancelled, node.parent, steps)?;
                let again = forwarded.as_ref().is_some_and(|taken| taken.includes(&part));
                (!again).then(|| (target.clone(), part))
            }
            _ => None,
        };
        let open = self.nodes.iter().filter_map(|(key, node)| Some((key, taken(node)?)));
        let open: SmallVec<[(Key, (TaskRef, Cancelled)); 1]> = open.collect();
        let pass = |(key, (target, part)): (Key, (TaskRef, Cancelled))| {
            let request = part.to_all();
            self.set_forwarded(key, Cancelled::both(Some(part), self.forwarded(key)));
            Passed { at: key, target, request }
        };
        open.into_iter().map(pass).collect()
    }

    /// What [`forward`](Tree::forward) does in the common case: the task awaits one other and nothing else, so that there is no leaf besides.
    pub(crate) fn forward_by_only(
        &mut self,
        cancelled: &Cancelled,
        steps: Steps,
    ) -> Option<Passed> {
        if !self.is_open_to(cancelled) {
            return None;
        }
        let (at, node) = self.nodes.only_mut()?;
        // If it was in a scope that is over, the code there is a leaf besides.
        if node.parent.is_some() || !node.was_polled(steps) {
            return None;
        }
        match &mut node.kind {
            Kind::Await { target, forwarded: forwarded @ None, .. }
                if !target.header().state.load().is_done() =>
            {
                *forwarded = Some(cancelled.clone());
                Some(Passed { at, target: target.clone(), request: cancelled.clone() })
            }
            _ => None,
        }
    }

    /// `cancelled` comes again, handed back by somebody. Where an awaited task has refused it before, that does not count any more.
    pub(crate) fn renew(&mut self, cancelled: &Cancelled) {
        for (_, node) in self.nodes.iter_mut() {
            if let Kind::Await { target, forwarded, .. } = &mut node.kind {
                let now = target.header().state.load();
                if now.is_done() && !now.is_cancelled() {
                    *forwarded = forwarded.take().and_then(|taken| taken.without(cancelled));
                }
            }
        }
    }

    /// The awaits that have taken `cancelled` over before, of tasks that are not done.
    pub(crate) fn passed_on(&self, cancelled: &Cancelled) -> SmallVec<[Passed; 1]> {
        let passed = |(at, node): (Key, &Node)| match &node.kind {
            Kind::Await { target, forwarded: Some(by), .. }
                if by.includes(cancelled) && !target.header().state.load().is_done() =>
            {
                Some(Passed { at, target: target.clone(), request: cancelled.to_all() })
            }
            _ => None,
        };
        self.nodes.iter().filter_map(passed).collect()
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

    /// The request that this await has taken over, if it has.
    pub(crate) fn forwarded(&self, key: Key) -> Option<Cancelled> {
        match &self.nodes.get(key)?.kind {
            Kind::Await { forwarded, .. } => forwarded.clone(),
            Kind::Scope { .. } | Kind::Critical => None,
        }
    }

    /// Has any await taken a request over?
    pub(crate) fn any_forwarded(&self) -> bool {
        self.nodes
            .iter()
            .any(|(_, node)| matches!(node.kind, Kind::Await { forwarded: Some(_), .. }))
    }

    /// Is there one await and nothing else, not even a scope that was around it and is over, and has that taken `cancelled` over?
    pub(super) fn is_all_taken_over(&self, cancelled: &Cancelled) -> bool {
        self.nodes.len() == 1
            && self.nodes.iter().all(|(_, node)| match &node.kind {
                Kind::Await { forwarded: Some(by), .. } => {
                    node.parent.is_none() && by.includes(cancelled)
                }
                _ => false,
            })
    }

    /// The awaits of tasks that have ended cancelled.
    pub(crate) fn cancelled_targets(&self) -> Vec<CancelledTarget> {
        let of = |node: &Node| match &node.kind {
            Kind::Await { target, forwarded, quiet }
                if target.header().state.load().is_cancelled() =>
            {
                let (target, passed) = (target.clone(), forwarded.clone());
                Some(CancelledTarget { scope: node.parent, target, passed, quiet: *quiet })
            }
            _ => None,
        };
        self.nodes.iter().filter_map(|(_, node)| of(node)).collect()
    }
}
