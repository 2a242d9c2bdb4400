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
enum Sanitizer {
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

    /// The packages whose tests run under it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Sanitizer::Address => &["cede-core", "cede-local", "cede", "cede-tests"],
            // Those of `cede` send signals, which ThreadSanitizer holds back until the thread makes a system call.
            Sanitizer::Thread => &["cede-core", "cede-local", "cede-tests"],
        }
    }
}

pub(crate) fn run(args: &[String]) -> Outcome {
    let sanitizers = parse(args)?;
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Ok(Done::Skipped("not x86-64 Linux"));
    }
    if !is_installed(nightly_cargo()) {
        return Ok(Done::Skipped("no nightly toolchain"));
    }
    let mut failures = Vec::new();
    for sanitizer in sanitizers {
        if sanitizer == Sanitizer::Thread && !is_installed(Command::new("llvm-symbolizer")) {
            // A suppression names a function, and would match nothing.
            eprintln!("skipped: ThreadSanitizer (no llvm-symbolizer)");
            continue;
        }
        if let Err(failure) = run_command(cargo_test(sanitizer)?) {
            failures.push(failure.into_text());
        }
    }
    if failures.is_empty() { Ok(Done::Passed) } else { Err(Failure::Check(failures.join("; "))) }
}

fn parse(args: &[String]) -> Result<Vec<Sanitizer>, Failure> {
    let both = [Sanitizer::Address, Sanitizer::Thread];
    match args {
        [] => Ok(both.to_vec()),
        [name] => both
            .into_iter()
            .find(|sanitizer| sanitizer.name() == name)
            .map(|sanitizer| vec![sanitizer])
            .ok_or_else(|| {
                Failure::Usage(format!("there is no sanitizer `{name}`: `address` or `thread`"))
            }),
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

fn cargo_test(sanitizer: Sanitizer) -> Result<Command, Failure> {
    let name = sanitizer.name();
    let mut command = nightly_cargo();
    command.args(["test", "--target", TARGET, "--no-fail-fast", "--lib"]);
    command.arg("--target-dir").arg(target_dir(&format!("sanitize-{name}")));
    // The shipped std has no sanitizer in it, which rustc takes for another ABI.
    let flags = format!("-Zsanitizer={name} -Cunsafe-allow-abi-mismatch=sanitizer");
    match sanitizer {
        Sanitizer::Address => {
            command.arg("--tests");
            append_env(&mut command, "RUSTFLAGS", " ", &format!("{flags} --cfg cede_asan"));
            // Some tests leak on purpose: a future that must not be dropped where it is. The suite counts drops by itself.
            append_env(&mut command, "ASAN_OPTIONS", ":", "detect_leaks=0");
        }
        Sanitizer::Thread => {
            command.args(["--test", "suite"]);
            append_env(&mut command, "RUSTFLAGS", " ", &format!("{flags} --cfg cede_tsan"));
            append_env(&mut command, "TSAN_OPTIONS", ":", &tsan_options()?);
            // std looks for the lines of a backtrace under a lock of its own.
            command.env("RUST_BACKTRACE", "0");
        }
    }
    command.args(sanitizer.packages().iter().flat_map(|package| ["-p", package]));
    if sanitizer == Sanitizer::Thread {
        // It takes four minutes, has one thread, and is about the stack.
        command.args(["--", "--skip", "a_chain_of_a_million_is_cancelled"]);
    }
    Ok(command)
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
