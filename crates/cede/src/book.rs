//! The programs of the book and of the README, as doctests.

macro_rules! pages {
    ($($name:ident: $path:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../../../", $path))]
            mod $name {}
        )*
    };
}

pages! {
    readme: "README.md",
    introduction: "docs/src/introduction.md",
    cancel_task: "docs/src/faq/cancel-task.md",
    wait_for_task: "docs/src/faq/wait-for-task.md",
    return_value: "docs/src/faq/return-value.md",
    background_task: "docs/src/faq/background-task.md",
    all_background_tasks: "docs/src/faq/all-background-tasks.md",
    cancellation: "docs/src/cancellation.md",
    coming_from_asyncio: "docs/src/coming-from-asyncio.md",
    coming_from_tokio: "docs/src/coming-from-tokio.md",
    backends: "docs/src/backends.md",
    libraries: "docs/src/libraries.md",
}
