//! `cede-benches`: compares cede with its rivals. See the library.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    cede_benches::run()
}
