//! The double of the queues for loom and shuttle: the same names, each queue behind one lock, which is the strongest that crossbeam-deque promises. A batch is two jobs at most,
//! so that few threads come to every case.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sync::Mutex;

#[derive(Debug)]
pub(crate) struct Injector<J>(Mutex<VecDeque<J>>);

#[derive(Debug)]
pub(crate) struct Deque<J>(Arc<Mutex<VecDeque<J>>>);

#[derive(Debug)]
pub(crate) struct Stealer<J>(Arc<Mutex<VecDeque<J>>>);

impl<J> Injector<J> {
    pub(crate) fn new() -> Self {
        Injector(Mutex::new(VecDeque::new()))
    }

    pub(crate) fn push(&self, job: J) {
        self.0.lock().push_back(job);
    }

    pub(crate) fn pop(&self) -> Option<J> {
        self.0.lock().pop_front()
    }

    pub(crate) fn take_batch(&self, deque: &Deque<J>) -> Option<J> {
        take_batch(&self.0, deque)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

impl<J> Deque<J> {
    pub(crate) fn new() -> Self {
        Deque(Arc::new(Mutex::new(VecDeque::new())))
    }

    pub(crate) fn push(&self, job: J) {
        self.0.lock().push_back(job);
    }

    pub(crate) fn pop(&self) -> Option<J> {
        self.0.lock().pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub(crate) fn stealer(&self) -> Stealer<J> {
        Stealer(Arc::clone(&self.0))
    }
}

impl<J> Stealer<J> {
    pub(crate) fn take_batch(&self, deque: &Deque<J>) -> Option<J> {
        if Arc::ptr_eq(&self.0, &deque.0) {
            return None;
        }
        take_batch(&self.0, deque)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

fn take_batch<J>(from: &Mutex<VecDeque<J>>, deque: &Deque<J>) -> Option<J> {
    let (first, second) = {
        let mut from = from.lock();
        (from.pop_front(), if from.len() > 1 { from.pop_front() } else { None })
    };
    if let Some(second) = second {
        deque.push(second);
    }
    first
}
