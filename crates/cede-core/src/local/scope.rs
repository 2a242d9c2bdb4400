//! A value for a part of a task.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::local::swap;
use crate::local::values::{Key, Value};

pin_project! {
    /// The future of [`TaskLocal::scope`](crate::TaskLocal::scope).
    #[must_use = "futures do nothing unless awaited"]
    pub struct LocalScope<F> {
        // What the task is to have inside; while inside, what it has outside.
        other: Other,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for LocalScope<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // Where there is no task, there is nobody to have the value.
            let _inside = Inside::enter(this.other);
            this.future.set(None);
        }
    }
}

/// The side of an exchange that is not in the task.
struct Other {
    key: Key,
    value: Option<Value>,
}

/// The code inside runs, until this goes.
struct Inside<'a>(&'a mut Other);

impl<F: Future> LocalScope<F> {
    pub(super) fn new(key: Key, value: Value, future: F) -> Self {
        LocalScope { other: Other { key, value: Some(value) }, future: Some(future) }
    }
}

impl<F: Future> Future for LocalScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = Inside::enter(this.other)
            .expect("`TaskLocal::scope` works only inside a task: await it in one");
        let future = this.future.as_pin_mut().expect("there until it is dropped");
        future.poll(cx)
    }
}

impl<F> fmt::Debug for LocalScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalScope").finish_non_exhaustive()
    }
}

impl Other {
    /// False: there is no task here.
    fn exchange(&mut self) -> bool {
        let swapped = swap(self.key, self.value.take());
        let is_task = swapped.is_ok();
        self.value = swapped.unwrap_or_else(|value| value);
        is_task
    }
}

impl<'a> Inside<'a> {
    fn enter(other: &'a mut Other) -> Option<Self> {
        other.exchange().then(|| Inside(other))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.exchange();
    }
}
