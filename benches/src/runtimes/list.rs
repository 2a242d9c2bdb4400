//! The runtimes by name, and who is measured against whom.

use super::{
    CedeLocal, CedeSteal, Floor, OnExecutor, OnLocalExecutor, OnLocalPool, OnStaticExecutor,
    OnStaticLocalExecutor, Runtime as _, TokioCurrent, TokioLocalSet, TokioMulti,
};

/// A runtime, for those who compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) role: Role,
}

/// Only runtimes of one class are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Tasks run on one thread.
    Single,
    /// Tasks run on [`WORKERS`](super::WORKERS) threads.
    Pool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Cede,
    /// The bars demand to be at least as fast.
    Rival,
    /// A rival too, but no bar names it.
    Other,
    /// What the building block costs: one queue, no comfort.
    Floor,
}

/// All that are known, in the order of the tables.
pub(crate) const LIST: &[Profile] = &[
    new(CedeLocal::NAME, Class::Single, Role::Cede),
    new(Floor::NAME, Class::Single, Role::Floor),
    new(TokioCurrent::NAME, Class::Single, Role::Rival),
    new(TokioLocalSet::NAME, Class::Single, Role::Rival),
    new(OnLocalExecutor::NAME, Class::Single, Role::Rival),
    new(OnStaticLocalExecutor::NAME, Class::Single, Role::Other),
    new(OnLocalPool::NAME, Class::Single, Role::Other),
    new("asyncio", Class::Single, Role::Other),
    new("uvloop", Class::Single, Role::Other),
    new(CedeSteal::NAME, Class::Pool, Role::Cede),
    new(TokioMulti::NAME, Class::Pool, Role::Rival),
    new(OnExecutor::NAME, Class::Pool, Role::Rival),
    new(OnStaticExecutor::NAME, Class::Pool, Role::Other),
];

pub(crate) fn profile(name: &str) -> Option<Profile> {
    LIST.iter().copied().find(|profile| profile.name == name)
}

const fn new(name: &'static str, class: Class, role: Role) -> Profile {
    Profile { name, class, role }
}
