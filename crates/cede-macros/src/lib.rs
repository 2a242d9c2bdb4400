//! The attributes of cede: `#[cede::main]` and `#[cede::test]`.
//!
//! They read and write tokens by themselves, so that nobody has to wait for a parser of all of Rust.
#![forbid(unsafe_code)]

mod error;
mod expand;
mod function;
mod options;

use proc_macro::TokenStream;

/// Makes an `async fn main` the program: it runs as [`cede::run`](https://docs.rs/cede/latest/cede/fn.run.html) runs it.
///
/// What the process exits with is what [`cede::exit_code`](https://docs.rs/cede/latest/cede/fn.exit_code.html) makes of the outcome: `main` may
/// return what any `main` may, so an `Err` is printed and makes 1. A `main` that was cancelled prints why, and makes 130 after
/// Ctrl-C, 143 after SIGTERM, else 1. One that panicked makes 101.
///
/// | option | |
/// | --- | --- |
/// | `backend = "local"` | the backend: `"local"` is the default; `"steal"` runs the tasks on all cores, and needs the feature `steal` of cede |
///
/// # Errors
///
/// The program does not compile if this stands on anything but an `async fn main()` without arguments and generics:
///
/// ```compile_fail
/// #[cede::main]
/// fn main() {} // not async
/// ```
///
/// ```compile_fail
/// #[cede::main]
/// async fn main(arguments: Vec<String>) {} // `std::env::args()` has them
/// ```
///
/// ```compile_fail
/// #[cede::main]
/// async fn main<T>() {}
/// ```
///
/// ```compile_fail
/// #[cede::main]
/// async fn program() {} // nobody would call it
/// fn main() {}
/// ```
///
/// ```compile_fail
/// #[cede::main]
/// struct NotAFunction;
/// fn main() {}
/// ```
///
/// Nor with an option or a backend that there is not; the message lists those that there are:
///
/// ```compile_fail
/// #[cede::main(backend = "fibers")]
/// async fn main() {}
/// ```
///
/// ```compile_fail
/// #[cede::main(threads = 4)]
/// async fn main() {}
/// ```
///
/// Nor if `main` returns what no `main` may:
///
/// ```compile_fail
/// #[cede::main]
/// async fn main() -> String {
///     String::new()
/// }
/// ```
///
/// # asyncio
///
/// [`if __name__ == "__main__": asyncio.run(main())`](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).
///
/// # Examples
///
/// ```
/// #[cede::main]
/// async fn main() -> Result<(), cede::TaskError> {
///     let task = cede::create_task(async { 6 * 7 });
///     assert_eq!(task.await?, 42);
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::main(options, function)
}

/// Makes an `async fn` a test, which runs as [`cede::run`](https://docs.rs/cede/latest/cede/fn.run.html) runs it.
///
/// It fails as a test does: if it panics, or returns an `Err`; and if it is cancelled. Other attributes, like `#[ignore]` and `#[should_panic]`, stand beside it.
///
/// | option | |
/// | --- | --- |
/// | `backend = "local"` | the backend: `"local"` is the default; `"steal"` runs the tasks on all cores, and needs the feature `steal` of cede |
/// | `virtual_clock = true` | by a clock that jumps when nothing is ready: hours are slept in no time |
///
/// # Errors
///
/// The test does not compile if this stands on anything but an `async fn` without arguments and generics:
///
/// ```compile_fail
/// #[cede::test]
/// fn not_async() {}
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// #[cede::test]
/// async fn with_an_argument(fixture: u32) {}
/// # fn main() {}
/// ```
///
/// Nor with an option or a backend that there is not:
///
/// ```compile_fail
/// #[cede::test(backend = "fibers")]
/// async fn on_fibers() {}
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// #[cede::test(virtual_clock = 1)]
/// async fn with_a_number() {}
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// #[cede::test(virtual_clock = true, virtual_clock = true)]
/// async fn said_twice() {}
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// #[cede::test(backend = "steal", virtual_clock = true)]
/// async fn by_a_clock_that_it_does_not_have() {}
/// # fn main() {}
/// ```
///
/// # asyncio
///
/// [`unittest.IsolatedAsyncioTestCase`](https://docs.python.org/3/library/unittest.html#unittest.IsolatedAsyncioTestCase).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// #[cede::test(virtual_clock = true)]
/// async fn an_hour_passes() {
///     cede::sleep(Duration::from_secs(3600)).await;
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn test(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::test(options, function)
}
