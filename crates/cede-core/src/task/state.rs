//! The state word of a task: its bits, what they mean together, and the only transitions there are.
//!
//! ```text
//!                  (1) wake, request, abort
//!        ┌──────┐ ◄──────────────────────── ┌──────┐
//!  new ─►│ WOKEN│                           │ idle │
//!        └──┬───┘ ────────┐                 └──▲───┘
//!       (2) │ start       │ (5) finish          │ (4) suspend → Idle
//!           ▼             │ (dropped unrun)     │
//!      ┌─────────┐ ───────┼─────────────────────┘
//!  ┌──►│ RUNNING │        │
//!  │   └──┬───┬──┘        ▼
//!  │(1)   │   │ (5)    ┌──────┐
//!  │      │   └───────►│ DONE │  for ever; and VALUE, CANCELLED or PANICKED with it
//!  │      ▼   finish   └──────┘
//!  │ ┌───────────────┐
//!  │ │ RUNNING WOKEN │──► (4) suspend → Again: WOKEN
//!  │ └───────┬───────┘
//!  └─────────┘ (3) suspend → Look: REQUESTED or ABORTED came meanwhile, settle it and suspend again
//! ```
//!
//! 1. [`State::wake`], [`State::request`], [`State::abort`]: from idle they hand out the task's one
//!    [`Runnable`](super::Runnable); from the other states they leave a mark.
//! 2. [`State::start`]: who holds the `Runnable` begins a step.
//! 3. and 4. [`State::suspend`]: the step is over; the answer says what the runner has to do.
//! 5. [`State::finish`]: the outcome is there. Refused for a value while a request is undelivered (R4).
//!
//! **Invariant.** There is one `Runnable` exactly while WOKEN is set and RUNNING is not. It is a token: its
//! holder alone may start a step, and whoever runs the step alone may finish the task.
//!
//! The other bits: `STARTED` (some code of the task has run), `REQUESTED` (a cancel request lies in the
//! control block), `ABORTED`, `HELD` (a `critical` holds one back), `FORWARDED` (some await has taken one over), `THROWN`
//! (some scope has been thrown at), `UNWINDING` (so has the task itself),
//! `WATCHED` (somebody waits for the end), `HANDLE` (the typed handle lives), `DRIVEN` (a `Running` drives the
//! task, and waking goes through its waker), `SEEN` (somebody looked at the failure), `LOCALS` (it has had a value of a task-local),
//! `NAMED` (it has been given a name).

use cede_sync::{AtomicU32, Ordering};

const WOKEN: u32 = 1 << 0;
const RUNNING: u32 = 1 << 1;
const STARTED: u32 = 1 << 2;
const REQUESTED: u32 = 1 << 3;
const ABORTED: u32 = 1 << 4;
const THROWN: u32 = 1 << 5;
const UNWINDING: u32 = 1 << 6;
const WATCHED: u32 = 1 << 7;
const HANDLE: u32 = 1 << 8;
const DRIVEN: u32 = 1 << 9;
const SEEN: u32 = 1 << 10;
const DONE: u32 = 1 << 11;
const VALUE: u32 = 1 << 12;
const CANCELLED: u32 = 1 << 13;
const PANICKED: u32 = 1 << 14;
const HELD: u32 = 1 << 15;
const FORWARDED: u32 = 1 << 16;
const LOCALS: u32 = 1 << 17;
const NAMED: u32 = 1 << 18;

/// The state word.
#[derive(Debug)]
pub(crate) struct State(AtomicU32);

/// What the state word was at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot(u32);

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Value,
    Cancelled,
    Panicked,
}

/// What [`State::suspend`] asks of the runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Suspend {
    /// The task sleeps; the `Runnable` is used up.
    Idle,
    /// It was woken meanwhile: schedule the `Runnable` again.
    Again,
    /// A request came meanwhile: settle it, then call `suspend` again.
    Look,
}

/// What [`State::request`] and [`State::abort`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Asked {
    /// The task is done: the request is void.
    Done,
    /// It runs, or waits for its turn: it will find the request by itself.
    Noted,
    /// It slept: the caller must schedule the `Runnable` that this hands out.
    Woken,
}

impl Snapshot {
    fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }

    pub(crate) fn is_done(self) -> bool {
        self.has(DONE)
    }

    pub(crate) fn has_value(self) -> bool {
        self.has(VALUE)
    }

    pub(crate) fn is_cancelled(self) -> bool {
        self.has(CANCELLED)
    }

    pub(crate) fn is_panicked(self) -> bool {
        self.has(PANICKED)
    }

    pub(crate) fn is_running(self) -> bool {
        self.has(RUNNING)
    }

    pub(crate) fn is_woken(self) -> bool {
        self.has(WOKEN)
    }

    pub(crate) fn is_started(self) -> bool {
        self.has(STARTED)
    }

    pub(crate) fn is_requested(self) -> bool {
        self.has(REQUESTED)
    }

    pub(crate) fn is_aborted(self) -> bool {
        self.has(ABORTED)
    }

    pub(crate) fn is_thrown(self) -> bool {
        self.has(THROWN)
    }

    pub(crate) fn is_watched(self) -> bool {
        self.has(WATCHED)
    }

    pub(crate) fn is_driven(self) -> bool {
        self.has(DRIVEN)
    }

    pub(crate) fn is_seen(self) -> bool {
        self.has(SEEN)
    }

    pub(crate) fn has_locals(self) -> bool {
        self.has(LOCALS)
    }

    pub(crate) fn is_named(self) -> bool {
        self.has(NAMED)
    }

    pub(crate) fn has_handle(self) -> bool {
        self.has(HANDLE)
    }

    /// Is there anything to deliver before a poll?
    pub(crate) fn wants_delivery(self) -> bool {
        self.has(REQUESTED | ABORTED)
    }

    /// Is there anything to settle after a poll?
    pub(crate) fn wants_settling(self) -> bool {
        self.has(REQUESTED | ABORTED | UNWINDING | THROWN | HELD | FORWARDED)
    }

    pub(crate) fn is_held(self) -> bool {
        self.has(HELD)
    }

    pub(crate) fn is_forwarded(self) -> bool {
        self.has(FORWARDED)
    }

    /// Has any code of the task been thrown at that has not noticed it?
    pub(crate) fn may_unwind(self) -> bool {
        self.has(THROWN | UNWINDING)
    }

    pub(crate) fn is_unwinding(self) -> bool {
        self.has(UNWINDING)
    }
}

impl State {
    /// A new task: scheduled, with a handle.
    pub(crate) fn new() -> Self {
        State(AtomicU32::new(WOKEN | HANDLE))
    }

    #[inline]
    pub(crate) fn load(&self) -> Snapshot {
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// Arrow 1: the task may have something to do. True: schedule the `Runnable` that this hands out.
    #[must_use]
    #[inline]
    pub(crate) fn wake(&self) -> bool {
        // Always a read-modify-write, also where WOKEN is set: the step to come must see what the waker did.
        let before = Snapshot(self.0.fetch_or(WOKEN, Ordering::AcqRel));
        !before.has(WOKEN | RUNNING | DONE)
    }

    /// Arrow 2: the holder of the `Runnable` begins a step. Returns the word from before.
    #[inline]
    pub(crate) fn start(&self) -> Snapshot {
        // Nobody else changes these three bits while the `Runnable` is out, so an addition sets and clears them.
        let first = if self.load().is_started() { 0 } else { STARTED };
        let before = Snapshot(self.0.fetch_add(RUNNING - WOKEN + first, Ordering::AcqRel));
        debug_assert!(before.is_woken() && !before.has(RUNNING | DONE), "a Runnable is a token");
        before
    }

    /// Arrows 3 and 4: the future is pending and the step is over.
    #[inline]
    pub(crate) fn suspend(&self) -> Suspend {
        let (_, answer) = self.transit(|now| {
            if now & WOKEN != 0 {
                (now & !RUNNING, Suspend::Again)
            } else if now & (REQUESTED | ABORTED) != 0 {
                (now, Suspend::Look)
            } else {
                (now & !RUNNING, Suspend::Idle)
            }
        });
        answer
    }

    /// Arrow 1: a cancel request lies in the control block, whose lock the caller holds.
    pub(crate) fn request(&self) -> Asked {
        self.ask(REQUESTED)
    }

    /// Arrow 1: the task shall end at once.
    pub(crate) fn abort(&self) -> Asked {
        self.ask(ABORTED)
    }

    fn ask(&self, bit: u32) -> Asked {
        let (_, answer) = self.transit(|now| {
            if now & DONE != 0 {
                (now, Asked::Done)
            } else if now & (RUNNING | WOKEN) != 0 {
                (now | bit, Asked::Noted)
            } else {
                (now | bit | WOKEN, Asked::Woken)
            }
        });
        answer
    }

    /// Arrow 5: the outcome lies in the cell, or in the control block. `Err`: refused, for a value only, since
    /// a request or an abort came first.
    #[inline]
    pub(crate) fn finish(&self, end: End) -> Result<Snapshot, Snapshot> {
        let bits = DONE
            | match end {
                End::Value => VALUE,
                End::Cancelled => CANCELLED,
                End::Panicked => PANICKED,
            };
        let (before, accepted) = self.transit(|now| {
            if end == End::Value && now & (REQUESTED | ABORTED) != 0 {
                (now, false)
            } else {
                let keep = now & (STARTED | HANDLE | WATCHED | DRIVEN | NAMED);
                (keep | bits, true)
            }
        });
        if accepted { Ok(before) } else { Err(before) }
    }

    /// The request in the control block is taken up, withdrawn or held back.
    pub(crate) fn clear_request(&self) {
        self.0.fetch_and(!REQUESTED, Ordering::AcqRel);
    }

    /// The request in the control block has been thrown at a scope, under the lock. None had been before.
    pub(crate) fn request_thrown(&self) {
        self.0.fetch_xor(REQUESTED | THROWN, Ordering::AcqRel);
    }

    pub(crate) fn set_thrown(&self, thrown: bool) {
        self.set(THROWN, thrown);
    }

    pub(crate) fn set_unwinding(&self, unwinding: bool) {
        self.set(UNWINDING, unwinding);
    }

    pub(crate) fn set_held(&self, held: bool) {
        self.set(HELD, held);
    }

    pub(crate) fn set_forwarded(&self, forwarded: bool) {
        self.set(FORWARDED, forwarded);
    }

    /// One of the bits that mirror the control block, under its lock.
    fn set(&self, bit: u32, on: bool) {
        if on {
            self.0.fetch_or(bit, Ordering::AcqRel);
        } else {
            self.0.fetch_and(!bit, Ordering::AcqRel);
        }
    }

    /// Somebody waits for the end. The word from before: if it was done, nobody will come to wake them.
    pub(crate) fn watch(&self) -> Snapshot {
        Snapshot(self.0.fetch_or(WATCHED, Ordering::AcqRel))
    }

    pub(crate) fn set_driven(&self) {
        self.0.fetch_or(DRIVEN, Ordering::AcqRel);
    }

    /// A value of a task-local lies in the control block, whose lock the caller holds.
    pub(crate) fn set_locals(&self) {
        self.0.fetch_or(LOCALS, Ordering::AcqRel);
    }

    /// A name lies in the control block, whose lock the caller holds.
    pub(crate) fn set_named(&self) {
        self.0.fetch_or(NAMED, Ordering::AcqRel);
    }

    /// Somebody has looked at the failure.
    pub(crate) fn see(&self) {
        if !self.load().is_seen() {
            self.0.fetch_or(SEEN, Ordering::AcqRel);
        }
    }

    /// The typed handle goes. The word from before: if there was a value, it is the handle's to drop.
    #[inline]
    pub(crate) fn release_handle(&self) -> Snapshot {
        // The bit is set until now, so a subtraction clears it; x86 has that in one instruction, with the word from before.
        Snapshot(self.0.fetch_sub(HANDLE, Ordering::AcqRel))
    }

    /// The one compare-and-swap loop. Returns the word from before, and what the winning `step` answered.
    #[inline]
    fn transit<A>(&self, mut step: impl FnMut(u32) -> (u32, A)) -> (Snapshot, A) {
        let mut now = self.0.load(Ordering::Acquire);
        loop {
            let (next, answer) = step(now);
            match self.0.compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return (Snapshot(now), answer),
                Err(actual) => now = actual,
            }
        }
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: [(u32, &str); 19] = [
            (WOKEN, "woken"),
            (RUNNING, "running"),
            (STARTED, "started"),
            (REQUESTED, "requested"),
            (ABORTED, "aborted"),
            (THROWN, "thrown"),
            (UNWINDING, "unwinding"),
            (WATCHED, "watched"),
            (HANDLE, "handle"),
            (DRIVEN, "driven"),
            (SEEN, "seen"),
            (DONE, "done"),
            (VALUE, "value"),
            (CANCELLED, "cancelled"),
            (PANICKED, "panicked"),
            (HELD, "held"),
            (FORWARDED, "forwarded"),
            (LOCALS, "locals"),
            (NAMED, "named"),
        ];
        f.debug_set()
            .entries(NAMES.iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| name))
            .finish()
    }
}
