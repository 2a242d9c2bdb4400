//! A task as a future of its own: `Running`, for executors that take futures.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::{Gate, Signal, explore, fate, reason};
use crate::task::Running;
use crate::{Cancel, Task};

/// Notes that it was woken. std's atomic, which orders nothing in loom's eyes.
struct Note(AtomicBool);

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls as long as the note says so; true once the task is done.
fn drive(running: &mut Running, note: &Arc<Note>) -> bool {
    let waker = Waker::from(note.clone());
    while note.0.swap(false, Ordering::Relaxed) {
        if Pin::new(&mut *running).poll(&mut Context::from_waker(&waker)) == Poll::Ready(()) {
            return true;
        }
    }
    false
}

/// The wake-up reaches whoever drives the task, also while that polls it.
#[test]
fn driven_task_against_a_wake() {
    explore(["at once", "when woken"], |world| {
        let signal = Signal::new();
        let task = world.create({
            let (signal, value) = (signal.clone(), world.token());
            async move {
                signal.wait().await;
                value
            }
        });
        let mut running = world.take().into_future();
        let note = Arc::new(Note(AtomicBool::new(true)));
        assert!(!drive(&mut running, &note));
        note.0.store(true, Ordering::Relaxed);
        let other = world.spawn(move |_| signal.give());
        let at_once = drive(&mut running, &note);
        other.join().unwrap();
        assert!(at_once || drive(&mut running, &note), "the wake-up was lost");
        assert_eq!(fate(&task.task_ref()), "value");
        if at_once { "at once" } else { "when woken" }
    });
}

/// The same from the first poll on: the wake-up may come while that is under way, and then there is one more.
#[test]
fn driven_task_against_a_wake_while_it_runs() {
    explore([1, 2], |world| {
        let (gate, polls) = (Gate::new(), Arc::new(AtomicUsize::new(0)));
        let task = world.create({
            let (gate, polls, value) = (gate.clone(), polls.clone(), world.token());
            async move {
                let mut pass = std::pin::pin!(gate.pass());
                let counted = std::future::poll_fn(|cx| {
                    polls.fetch_add(1, Ordering::Relaxed);
                    pass.as_mut().poll(cx)
                });
                counted.await;
                value
            }
        });
        let mut running = world.take().into_future();
        let note = Arc::new(Note(AtomicBool::new(true)));
        let other = world.spawn(move |_| gate.open());
        let at_once = drive(&mut running, &note);
        other.join().unwrap();
        assert!(at_once || drive(&mut running, &note), "the wake-up was lost");
        assert_eq!(fate(&task.task_ref()), "value");
        polls.load(Ordering::Relaxed)
    });
}

/// A `Running` is dropped while a request is on its way: the task is ended by the one or the other.
#[test]
fn running_dropped_against_cancel() {
    explore([(true, "backend gone"), (false, "backend gone")], |world| {
        let task = world.create(std::future::pending::<()>());
        let mut running = world.take().into_future();
        assert!(!drive(&mut running, &Arc::new(Note(AtomicBool::new(true)))));
        let other = world.spawn({
            let task = task.task_ref();
            move |_| task.cancel()
        });
        drop(running);
        let asked = other.join().unwrap();
        (asked, reason(&task.task_ref()))
    });
}
