//! Ctrl-C and SIGTERM: from the process, by one thread, to the runs that handle them.
//!
//! A signal is told to every run that listens, under the lock of the list of listeners. So it comes either before the run stops listening,
//! and then the run knows of it, or after that. If no run takes it, it has its default effect; none is lost.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, Once, OnceLock};
use std::task::Waker;
use std::thread;

use cede_core::backend::cut_short;
use cede_core::{Cancelled, Reason, Task, TaskRef};
use cede_sync::{Mutex, MutexGuard, StaticMutex};
use futures_util::task::AtomicWaker;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

/// Where signals are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    Everywhere,
    OnMainThread,
    Nowhere,
}

/// A run listens to signals, if it does, until this goes.
pub(super) struct Watch(Option<Arc<Listener>>);

struct Listener {
    /// Whom the first signal asks to stop; nobody, in a run that only ends what is left.
    main: Option<TaskRef>,
    /// What is left when `main` is done is ended by the same run.
    closes: bool,
    sigterm: bool,
    state: Mutex<State>,
    /// The run, for when all has to be aborted.
    run: AtomicWaker,
}

#[derive(Default)]
struct State {
    asked: bool,
    request: Option<Cancelled>,
    aborting: bool,
}

static LISTENERS: StaticMutex<Vec<Arc<Listener>>> = StaticMutex::new(Vec::new());

impl Watch {
    /// Listens, if `handling` says that signals are handled on this thread.
    pub(super) fn begin(
        handling: Handling,
        sigterm: bool,
        main: Option<&TaskRef>,
        closes: bool,
    ) -> Self {
        let here = match handling {
            Handling::Everywhere => true,
            Handling::OnMainThread => thread::current().name() == Some("main"),
            Handling::Nowhere => false,
        };
        if !here || !install(sigterm) {
            return Watch(None);
        }
        let (state, run) = (Mutex::default(), AtomicWaker::new());
        let listener = Arc::new(Listener { main: main.cloned(), closes, sigterm, state, run });
        LISTENERS.lock().push(Arc::clone(&listener));
        Watch(Some(listener))
    }

    /// Has all to be aborted? If not, `waker` is woken when it has.
    pub(super) fn is_aborting(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|listener| {
            listener.run.register(waker);
            listener.state().aborting
        })
    }

    /// Listens no more. If all had to be aborted: why the run of `main` has no value.
    pub(super) fn end_run(mut self, main: &TaskRef) -> Option<Cancelled> {
        let listener = self.leave()?;
        let State { request, aborting, .. } = std::mem::take(&mut *listener.state());
        aborting.then(|| request.unwrap_or_else(|| cut_short(main, Reason::Interrupted)))
    }

    /// Listens no more. Had all to be aborted?
    pub(super) fn end_close(mut self) -> bool {
        self.leave().is_some_and(|listener| listener.state().aborting)
    }

    fn leave(&mut self) -> Option<Arc<Listener>> {
        let listener = self.0.take()?;
        LISTENERS.lock().retain(|other| !Arc::ptr_eq(other, &listener));
        Some(listener)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Listener {
    /// A signal came. False: that is not this run's business.
    fn hear(&self, reason: Reason) -> bool {
        let main_done = self.main.as_ref().is_some_and(Task::done);
        if (main_done && !self.closes) || (reason == Reason::Terminated && !self.sigterm) {
            return false;
        }
        let first = !std::mem::replace(&mut self.state().asked, true);
        if let (true, Some(main)) = (first, &self.main) {
            if let Some(request) = main.cancel_for(reason, None, Location::caller()) {
                self.state().request = Some(request);
                return true;
            }
        }
        if reason == Reason::Terminated {
            return true; // it has been asked, or is over and about to end
        }
        let again = std::mem::replace(&mut self.state().aborting, true);
        self.run.wake();
        !again
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// Sees to it that signals are told. False: the system refuses.
fn install(sigterm: bool) -> bool {
    static HANDLE: OnceLock<Option<Handle>> = OnceLock::new();
    static INTERRUPT: Once = Once::new();
    static TERMINATE: Once = Once::new();
    let Some(handle) = HANDLE.get_or_init(start) else {
        return false;
    };
    // What the system refuses keeps its default effect.
    INTERRUPT.call_once(|| drop(handle.add_signal(SIGINT)));
    if sigterm {
        TERMINATE.call_once(|| drop(handle.add_signal(SIGTERM)));
    }
    true
}

fn start() -> Option<Handle> {
    let mut signals = Signals::new(&[] as &[c_int]).ok()?;
    let handle = signals.handle();
    let tell_all = move || signals.forever().for_each(tell);
    thread::Builder::new().name("cede-signals".into()).spawn(tell_all).ok()?;
    Some(handle)
}

/// Tells every run that listens; if none takes it, the process ends as it would have without all this.
fn tell(signal: c_int) {
    let reason = if signal == SIGTERM { Reason::Terminated } else { Reason::Interrupted };
    let mut taken = false;
    for listener in LISTENERS.lock().iter() {
        // A backend may be anybody's code, and this thread has to survive it.
        taken |= catch_unwind(AssertUnwindSafe(|| listener.hear(reason))).unwrap_or(false);
    }
    if !taken {
        drop(emulate_default_handler(signal));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Runner;

    fn listener(main: Option<&TaskRef>, closes: bool) -> Listener {
        let (state, run) = (Mutex::default(), AtomicWaker::new());
        Listener { main: main.cloned(), closes, sigterm: true, state, run }
    }

    #[test]
    fn sigterm_asks_once_and_never_aborts() {
        crate::run(async {
            let main = crate::create_task(std::future::pending::<()>()).task_ref();
            let listener = listener(Some(&main), false);
            assert!(listener.hear(Reason::Terminated));
            assert!(listener.hear(Reason::Terminated));
            assert_eq!(crate::Cancel::cancelling(&main), 1);
            assert!(!listener.state().aborting);
        })
        .unwrap();
    }

    #[test]
    fn the_third_ctrl_c_is_not_taken() {
        crate::run(async {
            let main = crate::create_task(std::future::pending::<()>()).task_ref();
            let listener = listener(Some(&main), false);
            assert_eq!(
                [(); 4].map(|()| listener.hear(Reason::Interrupted)),
                [true, true, false, false]
            );
        })
        .unwrap();
    }

    #[test]
    fn a_run_that_is_over_takes_nothing_unless_it_closes() {
        let runner = Runner::new();
        let main = runner.run(async { crate::current_task().unwrap() }).unwrap();
        assert!(!listener(Some(&main), false).hear(Reason::Interrupted));
        assert!(!listener(Some(&main), false).hear(Reason::Terminated));
        assert!(listener(Some(&main), true).hear(Reason::Terminated));
        assert!(listener(None, true).hear(Reason::Terminated));
        let closing = listener(Some(&main), true);
        assert!(closing.hear(Reason::Interrupted));
        assert!(closing.state().aborting);
    }
}
