//! Requests: making them, and knowing them again.

use std::panic::Location;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use cede::{Cancelled, Reason};

use crate::program::{RequestNo, TaskNo};
use crate::record::{Answers, Delivered, What};
use crate::run::world::World;

/// A request from outside any task, once its time has come.
struct Later {
    world: Arc<World>,
    target: TaskNo,
    request: RequestNo,
}

impl Wake for Later {
    fn wake(self: Arc<Self>) {
        self.world.ask(None, self.target, self.request);
    }
}

impl World {
    pub(super) fn ask(&self, by: Option<TaskNo>, target: TaskNo, request: RequestNo) {
        let Some(task) = self.task(target) else {
            return;
        };
        let message = Arc::from(request.to_string());
        let made = task.cancel_for(Reason::Request, Some(message), Location::caller());
        self.log(by, What::Asked { target, request, accepted: made.is_some() });
        self.state().requests.extend(made.map(|made| (request, made)));
    }

    pub(super) fn ask_later(self: &Arc<Self>, ms: u8, target: TaskNo, request: RequestNo) {
        let later = Later { world: Arc::clone(self), target, request };
        let deadline = self.now() + Duration::from_millis(u64::from(ms));
        self.executor.wake_at(deadline, Waker::from(Arc::new(later)));
    }

    /// What code sees of a delivery.
    pub(super) fn delivered(&self, cancelled: &Cancelled) -> Delivered {
        let state = self.state();
        let kind = |request: &Cancelled| {
            let known = state.requests.iter().find(|(_, known)| known == request);
            match (known, request.reason()) {
                (Some((no, _)), _) => Answers::one(*no),
                (None, Reason::Timeout) => Answers::TIMEOUT,
                (None, Reason::Group) => Answers::GROUP,
                (None, Reason::Shutdown) => Answers::SHUTDOWN,
                (None, _) => Answers::OTHER,
            }
        };
        let message = cancelled.message();
        Delivered {
            message: message.map(|text| text.parse().expect("a message is a number")),
            answers: cancelled.requests().map(kind).collect(),
        }
    }
}
