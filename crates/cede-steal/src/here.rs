//! The worker that this thread is.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

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
        keeping: Cell::new(false),
        unkept: Cell::new(false),
    });
    HERE.with(|worker| *worker.borrow_mut() = Some(Rc::clone(&here)));
    (here, AtWork(()))
}

/// The worker of `pool` that this thread is, if it is one.
pub(crate) fn worker_of(pool: &Pool) -> Option<Rc<Here>> {
    let find = |worker: &RefCell<Option<Rc<Here>>>| {
        worker.borrow().as_ref().filter(|here| std::ptr::eq(Arc::as_ptr(&here.pool), pool)).cloned()
    };
    HERE.try_with(find).ok().flatten()
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let _ = HERE.try_with(|worker| worker.borrow_mut().take());
    }
}
