//! Thread-locals.

/// A thread-local whose first value is a constant, which std's can use, and loom's and shuttle's can't.
#[cfg(not(any(cede_loom, cede_shuttle)))]
#[macro_export]
macro_rules! local {
    ($($(#[$doc:meta])* static $name:ident: $type:ty = $init:expr;)*) => {
        ::std::thread_local! { $($(#[$doc])* static $name: $type = const { $init };)* }
    };
}

/// A thread-local whose first value is a constant, which std's can use, and loom's and shuttle's can't.
#[cfg(cede_loom)]
#[macro_export]
macro_rules! local {
    ($($(#[$doc:meta])* static $name:ident: $type:ty = $init:expr;)*) => {
        $crate::loom::thread_local! { $($(#[$doc])* static $name: $type = $init;)* }
    };
}

/// A thread-local whose first value is a constant, which std's can use, and loom's and shuttle's can't.
#[cfg(cede_shuttle)]
#[macro_export]
macro_rules! local {
    ($($(#[$doc:meta])* static $name:ident: $type:ty = $init:expr;)*) => {
        $crate::shuttle::thread_local! { $($(#[$doc])* static $name: $type = $init;)* }
    };
}
