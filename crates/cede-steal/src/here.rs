//! What this thread is to a pool: one of its workers, or one that waits in it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::pool::{Job, Pool};
use crate::scheduler::Lane;

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

/// This thread works for a pool, or waits in one, until this goes.
#[derive(Debug)]
pub(crate) struct AtWork(());

enum Place {
    Worker(Rc<Here>),
    Waiting,
}

std::thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
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
    PLACE.with(|place| *place.borrow_mut() = Some(Place::Worker(Rc::clone(&here))));
    (here, AtWork(()))
}

/// This thread waits in a pool; `None` if it does so already, or is a worker.
pub(crate) fn wait() -> Option<AtWork> {
    PLACE.with(|place| {
        let mut place = place.borrow_mut();
        if place.is_some() {
            return None;
        }
        *place = Some(Place::Waiting);
        Some(AtWork(()))
    })
}

/// The worker of `pool` that this thread is, if it is one.
pub(crate) fn worker_of(pool: &Pool) -> Option<Rc<Here>> {
    let find = |place: &RefCell<Option<Place>>| match &*place.borrow() {
        Some(Place::Worker(here)) if std::ptr::eq(Arc::as_ptr(&here.pool), pool) => {
            Some(Rc::clone(here))
        }
        _ => None,
    };
    PLACE.try_with(find).ok().flatten()
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let _ = PLACE.try_with(|place| place.borrow_mut().take());
    }
}
