//! asyncio's `Queue`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

use crate::sync::line::{Line, Turn};
use crate::value::Value;

/// A queue of values that holds so many, or, if its capacity is zero, any number.
pub(crate) struct Queue(Mutex<State>);

struct State {
    capacity: usize,
    values: VecDeque<Value>,
    getters: Line,
    putters: Line,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Queue(Mutex::new(State {
            capacity,
            values: VecDeque::new(),
            getters: Line::default(),
            putters: Line::default(),
        }))
    }

    pub(crate) async fn put(&self, value: Value) {
        let mut value = Some(value);
        while value.is_some() {
            let turn = Turn {
                state: &self.0,
                line: |state| &mut state.putters,
                open: |state| !state.is_full(),
                given_up: |state, served| {
                    let next = served && !state.is_full();
                    next.then(|| state.putters.serve()).flatten().into_iter().collect()
                },
                ticket: None,
            };
            turn.await;
            self.wake(|state| {
                if state.is_full() {
                    return None;
                }
                state.values.extend(value.take());
                state.getters.serve()
            });
        }
    }

    pub(crate) async fn get(&self) -> Value {
        loop {
            let turn = Turn {
                state: &self.0,
                line: |state| &mut state.getters,
                open: |state| !state.values.is_empty(),
                given_up: |state, served| {
                    let next = served && !state.values.is_empty();
                    next.then(|| state.getters.serve()).flatten().into_iter().collect()
                },
                ticket: None,
            };
            turn.await;
            let mut value = None;
            self.wake(|state| {
                value = state.values.pop_front();
                value.as_ref().and_then(|_| state.putters.serve())
            });
            if let Some(value) = value {
                return value;
            }
        }
    }

    fn wake(&self, change: impl FnOnce(&mut State) -> Option<Waker>) {
        let waker = change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    fn is_full(&self) -> bool {
        self.capacity > 0 && self.values.len() >= self.capacity
    }
}
