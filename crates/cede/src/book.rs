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
    show_progress: "docs/src/faq/show-progress.md",
    run_after_delay: "docs/src/faq/run-after-delay.md",
    follow_up_task: "docs/src/faq/follow-up-task.md",
    task_group: "docs/src/faq/task-group.md",
    time_out: "docs/src/faq/time-out.md",
    run_blocking_code: "docs/src/faq/run-blocking-code.md",
    stop_on_ctrl_c: "docs/src/faq/stop-on-ctrl-c.md",
    cancellation: "docs/src/cancellation.md",
    coming_from_asyncio: "docs/src/coming-from-asyncio.md",
    coming_from_tokio: "docs/src/coming-from-tokio.md",
    asyncio_differences: "docs/src/asyncio-differences.md",
    backends: "docs/src/backends.md",
    libraries: "docs/src/libraries.md",
}
