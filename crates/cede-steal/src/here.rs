//! The worker that this thread is.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use crate::pool::{Job, Pool};
use crate::scheduler::Lane;
use crate::sync::local;

/// The worker that this thread is.
#[derive(Debug)]
pub(crate) struct Here {
    pub(crate) pool: Arc<Pool>,
    pub(crate) lane: Lane<Job>,
    /// It stands on the list of those who sleep.
    pub(crate) resting: Cell<bool>,
    /// The time that it was told last.
    pub(crate) told: Cell<Option<Instant>>,
    /// It keeps time.
    pub(crate) keeping: Cell<bool>,
    /// It has set a timer, or given up keeping time, and before the next job somebody who sleeps is to keep time.
    pub(crate) unkept: Cell<bool>,
}

/// This thread is a worker until this goes.
#[derive(Debug)]
pub(crate) struct AtWork(());

local! {
    static HERE: RefCell<Option<Rc<Here>>> = RefCell::new(None);
}

/// This thread becomes a worker of `pool`.
pub(crate) fn become_worker(pool: &Arc<Pool>, lane: Lane<Job>) -> (Rc<Here>, AtWork) {
    let here = Rc::new(Here {
        pool: Arc::clone(pool),
        lane,
        resting: Cell::new(false),
        told: Cell::new(None),
        keeping: Cell::new(false),
        unkept: Cell::new(false),
    });
    HERE.with(|worker| *worker.borrow_mut() = Some(Rc::clone(&here)));
    (here, AtWork(()))
}

/// Calls `f` with the worker of `pool` that this thread is, if it is one. `f` starts and ends none.
pub(crate) fn worker_of<R>(pool: &Pool, f: impl FnOnce(Option<&Here>) -> R) -> R {
    let mut f = Some(f);
    let found = HERE.try_with(|worker| {
        let worker = worker.borrow();
        let here = worker.as_deref().filter(|here| std::ptr::eq(Arc::as_ptr(&here.pool), pool))?;
        f.take().map(|f| f(Some(here)))
    });
    match (found.ok().flatten(), f) {
        (Some(result), _) => result,
        (None, Some(f)) => f(None),
        (None, None) => unreachable!("its result is there once it is called"),
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let _ = HERE.try_with(|worker| worker.borrow_mut().take());
    }
}
