//! asyncio's event, semaphore and queue, with its order of serving.

mod event;
mod line;
mod queue;
mod semaphore;

pub(crate) use event::Event;
pub(crate) use queue::Queue;
pub(crate) use semaphore::Semaphore;
