//! Every example prints what the book says it prints: `examples/expected/NAME.txt`.
//!
//! `cargo test` builds the examples, and they are run as child processes. `cargo test --tests` does not build them, and
//! then there is nothing to run.

use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One test for each example, and one that counts them.
macro_rules! examples {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                prints_what_is_expected(stringify!($name));
            }
        )*

        #[test]
        fn none_is_left_out() {
            let known = [$(stringify!($name)),*];
            assert_eq!(stems("examples", "rs"), known, "examples, and those with a test");
            assert_eq!(stems("examples/expected", "txt"), known, "what they print");
            assert_eq!(stems("examples/python", "py"), known, "the same in Python");
        }
    };
}

// In alphabetical order.
examples! {
    all_background_tasks,
    background_task,
    cancel_done_task,
    cancel_message,
    cancel_refused,
    cancel_task,
    done_callback,
    follow_up_task,
    return_value,
    run_after_delay,
    run_blocking_code,
    show_progress,
    stop_on_ctrl_c,
    task_group,
    time_out,
    wait_for_task,
}

fn prints_what_is_expected(name: &str) {
    let program = program(name);
    if !program.exists() {
        // Written past the harness, which keeps to itself what a passing test prints.
        let _ = writeln!(stderr(), "skipped: example `{name}` was not built");
        return;
    }
    let output = Command::new(program).output().expect("a program can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{name}` ended with {}:\n{errors}", output.status);
    assert_eq!(errors, "", "`{name}` wrote to standard error");
    let expected = here("examples/expected").join(name).with_extension("txt");
    let expected = fs::read_to_string(expected).expect("it says what to expect");
    assert_eq!(String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n"), expected);
}

/// Where cargo puts an example: this test is in `PROFILE/deps`, and that goes to `PROFILE/examples`.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.ancestors().nth(2).expect("it is in a directory of a directory");
    profile.join("examples").join(name).with_extension(EXE_EXTENSION)
}

/// The names of the files with `extension` in `directory`, without it, sorted.
fn stems(directory: &str, extension: &str) -> Vec<String> {
    let mut stems: Vec<String> = fs::read_dir(here(directory))
        .expect("the directory is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().expect("it has an extension").to_string_lossy().into_owned())
        .collect();
    stems.sort();
    stems
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
