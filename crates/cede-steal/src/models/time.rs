//! A timer is heard by whoever keeps time.

use std::task::Waker;
use std::time::{Duration, Instant};

use loom::sync::Arc;
use loom::thread;

use super::explore;
use crate::sync::parker;
use crate::timekeeper::Timekeeper;
use crate::timers::Timers;

/// Events T1 to T3 against K1 to K3: the keeper sees the deadline when it falls asleep, or is roused and sees it then.
#[test]
fn keeping_time_against_setting_a_timer() {
    explore(3, ["seen at once", "roused"], || {
        let shared = Arc::new((Timekeeper::new(), Timers::new(2)));
        let (parker, unparker) = parker();
        let keeper = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (timekeeper, timers) = &*shared;
                let mut how = "seen at once";
                loop {
                    assert!(timekeeper.begin(0));
                    if timers.next().is_some() {
                        return how;
                    }
                    parker.park();
                    timekeeper.end();
                    how = "roused";
                }
            })
        };
        let (timekeeper, timers) = &*shared;
        let key = timers.key(1, Instant::now() + Duration::from_secs(3600));
        assert!(timers.insert(key, Waker::noop().clone()));
        if timekeeper.who().is_some() {
            unparker.unpark();
        }
        keeper.join().unwrap()
    });
}
