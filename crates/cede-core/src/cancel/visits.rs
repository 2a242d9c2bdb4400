//! Which tasks a walk has come to, so that it asks none twice, and notices a circle.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use smallvec::{SmallVec, smallvec};

use crate::id::TaskId;
use crate::task::TaskRef;

/// The tasks that a walk has come to.
pub(super) struct Visits {
    /// All of them, as long as these are few; then none.
    few: SmallVec<[(TaskId, Visit); FEW]>,
    many: HashMap<TaskId, Visit, BuildHasherDefault<IdHasher>>,
}

#[derive(Clone, Copy)]
pub(super) enum Visit {
    OnPath,
    Over,
}

/// So many are looked through one by one.
const FEW: usize = 16;

/// Ids are numbers in a row: a multiplication is all that they need to be spread.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Visits {
    /// It begins at `root`.
    pub(super) fn new(root: &TaskRef) -> Self {
        let few = smallvec![(root.header().id, Visit::OnPath)];
        Visits { few, many: HashMap::default() }
    }

    pub(super) fn of(&self, task: &TaskRef) -> Option<Visit> {
        let id = task.header().id;
        if self.few.is_empty() {
            return self.many.get(&id).copied();
        }
        self.few.iter().find(|(it, _)| *it == id).map(|(_, visit)| *visit)
    }

    /// It has come to one more.
    pub(super) fn add(&mut self, task: &TaskRef, visit: Visit) {
        let id = task.header().id;
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((id, visit));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(id, visit);
        }
    }

    /// It has left this one, which was on its path.
    pub(super) fn leave(&mut self, task: &TaskRef) {
        let id = task.header().id;
        let few = self.few.iter_mut().rfind(|(it, _)| *it == id).map(|(_, visit)| visit);
        if let Some(visit) = few.or_else(|| self.many.get_mut(&id)) {
            *visit = Visit::Over;
        }
    }
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("an id is hashed as one number")
    }

    fn write_u64(&mut self, id: u64) {
        // The table looks at the lowest bits and at the highest.
        self.0 = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
