//! Calling something a little later.

use std::sync::Arc;
use std::task::{Wake, Waker};

use cede_sync::Mutex;

use crate::backend::Executor;
use crate::{current, guard};

/// Calls `callback` once, outside any task, when what is ready on `executor` now has run. asyncio's `call_soon`.
///
/// If the backend goes before that, it is called then and there. A panic of it is contained.
///
/// # asyncio
///
/// [`loop.call_soon`](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.call_soon).
///
/// # Examples
///
/// ```
/// cede::run(async {
///     let backend = cede::backend::ambient().unwrap();
///     cede::backend::call_soon(&*backend, || assert!(cede::current_task().is_none()));
///     cede::yield_now().await;
/// })?;
/// # Ok::<(), cede::TaskError>(())
/// ```
pub fn call_soon(executor: &dyn Executor, callback: impl FnOnce() + Send + 'static) {
    let soon = Soon(Mutex::new(Some(Box::new(callback))));
    executor.wake_at(executor.now(), Waker::from(Arc::new(soon)));
}

/// Something to call when it is woken, or when nobody is left to wake it.
struct Soon(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Soon {
    fn call(&self) {
        let callback = self.0.lock().take();
        if let Some(callback) = callback {
            current::scoped(None, || guard::contain(callback));
        }
    }
}

impl Wake for Soon {
    fn wake(self: Arc<Self>) {
        self.call();
    }
}

impl Drop for Soon {
    fn drop(&mut self) {
        self.call();
    }
}
