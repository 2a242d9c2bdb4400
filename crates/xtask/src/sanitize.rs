//! The tests under AddressSanitizer and ThreadSanitizer.
//!
//! Both take std as it is shipped, with no sanitizer in it. AddressSanitizer does not mind. ThreadSanitizer sees only that part of std
//! which is inlined into our crates: so under `--cfg cede_tsan` the locks of cede-sync keep to that part, and what can't be helped
//! in this way is in the list of suppressions.

use std::env;
use std::process::Command;

use crate::command::{append_env, is_installed, run as run_command, target_dir};
use crate::recipe::{Done, Failure, Outcome};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What ThreadSanitizer is not to report.
const SUPPRESSIONS: &str = "crates/xtask/tsan.supp";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sanitizer {
    Address,
    Thread,
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Sanitizer::Address => "address",
            Sanitizer::Thread => "thread",
        }
    }

    pub(crate) fn from_name(name: &str) -> Result<Self, Failure> {
        [Sanitizer::Address, Sanitizer::Thread]
            .into_iter()
            .find(|sanitizer| sanitizer.name() == name)
            .ok_or_else(|| {
                Failure::Usage(format!("there is no sanitizer `{name}`: `address` or `thread`"))
            })
    }

    /// What this machine lacks for it.
    pub(crate) fn lacks(self) -> Option<&'static str> {
        if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            Some("not x86-64 Linux")
        } else if !is_installed(nightly_cargo()) {
            Some("no nightly toolchain")
        } else if self == Sanitizer::Thread && !is_installed(Command::new("llvm-symbolizer")) {
            // A suppression names a function, and would match nothing.
            Some("no llvm-symbolizer")
        } else {
            None
        }
    }

    /// `cargo subcommand`, with which everything is built with this sanitizer and runs under it.
    pub(crate) fn cargo(self, subcommand: &str) -> Result<Command, Failure> {
        let name = self.name();
        let mut command = nightly_cargo();
        command.args([subcommand, "--target", TARGET]);
        command.arg("--target-dir").arg(target_dir(&format!("sanitize-{name}")));
        // The shipped std has no sanitizer in it, which rustc takes for another ABI.
        let flags = format!("-Zsanitizer={name} -Cunsafe-allow-abi-mismatch=sanitizer");
        match self {
            Sanitizer::Address => {
                append_env(&mut command, "RUSTFLAGS", " ", &format!("{flags} --cfg cede_asan"));
                // Some tests leak on purpose: a future that must not be dropped where it is. The suite counts drops by itself.
                append_env(&mut command, "ASAN_OPTIONS", ":", "detect_leaks=0");
            }
            Sanitizer::Thread => {
                append_env(&mut command, "RUSTFLAGS", " ", &format!("{flags} --cfg cede_tsan"));
                append_env(&mut command, "TSAN_OPTIONS", ":", &tsan_options()?);
                // std looks for the lines of a backtrace under a lock of its own.
                command.env("RUST_BACKTRACE", "0");
            }
        }
        Ok(command)
    }

    /// What runs under it.
    fn tests(self) -> &'static [&'static str] {
        match self {
            Sanitizer::Address => &[
                "--lib",
                "--tests",
                "-p=cede-core",
                "-p=cede-local",
                "-p=cede-steal",
                "-p=cede",
                "-p=cede-tests",
            ],
            // Those of `cede` send signals, which ThreadSanitizer holds back until the thread makes a system call. One takes four
            // minutes, has one thread, and is about the stack.
            Sanitizer::Thread => &[
                "--lib",
                "--test=suite",
                "--test=pool",
                "-p=cede-core",
                "-p=cede-local",
                "-p=cede-steal",
                "-p=cede-tests",
                "--",
                "--skip=a_chain_of_a_million_is_cancelled",
            ],
        }
    }
}

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut failures = Vec::new();
    let mut lacks = None;
    let mut ran = false;
    for sanitizer in parse(args)? {
        if let Some(what) = sanitizer.lacks() {
            eprintln!("skipped: {} ({what})", sanitizer.name());
            lacks = Some(what);
            continue;
        }
        ran = true;
        let mut command = sanitizer.cargo("test")?;
        command.arg("--no-fail-fast").args(sanitizer.tests());
        if let Err(failure) = run_command(command) {
            failures.push(failure.into_text());
        }
    }
    match lacks {
        _ if !failures.is_empty() => Err(Failure::Check(failures.join("; "))),
        Some(what) if !ran => Ok(Done::Skipped(what)),
        _ => Ok(Done::Passed),
    }
}

fn parse(args: &[String]) -> Result<Vec<Sanitizer>, Failure> {
    match args {
        [] => Ok(vec![Sanitizer::Address, Sanitizer::Thread]),
        [name] => Ok(vec![Sanitizer::from_name(name)?]),
        _ => Err(Failure::Usage("sanitize takes one sanitizer, or none for both".into())),
    }
}

/// `cargo +nightly`, spelled so that it works where `cargo` is not rustup's.
fn nightly_cargo() -> Command {
    let mut command = Command::new("rustup");
    // $CARGO is the stable cargo that runs us; the nightly one would pass it on to its children.
    command.args(["run", "nightly", "cargo"]).env_remove("CARGO");
    command
}

/// The list of suppressions, and how often each was used; and a history that is long enough for both stacks of a report.
fn tsan_options() -> Result<String, Failure> {
    // The tests run in the directory of their package, so the path must be absolute.
    let file = env::current_dir()
        .map_err(|error| Failure::Check(format!("no current directory: {error}")))?
        .join(SUPPRESSIONS);
    Ok(format!("suppressions={}:print_suppressions=1:history_size=7", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Vec<Sanitizer>, Failure> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        parse(&args)
    }

    #[test]
    fn both_unless_one_is_named() {
        assert_eq!(parsed(&[]), Ok(vec![Sanitizer::Address, Sanitizer::Thread]));
        assert_eq!(parsed(&["address"]), Ok(vec![Sanitizer::Address]));
        assert_eq!(parsed(&["thread"]), Ok(vec![Sanitizer::Thread]));
    }

    #[test]
    fn anything_else_is_refused() {
        for args in [&["memory"][..], &["--help"], &["address", "thread"]] {
            assert!(matches!(parsed(args), Err(Failure::Usage(_))), "{args:?}");
        }
    }
}
