//! The tests under AddressSanitizer and ThreadSanitizer.
//!
//! ThreadSanitizer has to see how std synchronises, or it reports a race for every lock that was contended: so its run
//! builds std, too, from the toolchain's rust-src, and is skipped where that is missing. AddressSanitizer takes std as it is
//! shipped.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::command::{append_env, is_installed, run as run_command, target_dir};
use crate::recipe::{Done, Failure, Outcome};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The packages whose unit and integration tests run under a sanitizer.
const PACKAGES: &[&str] = &["cede-core", "cede-local", "cede", "cede-tests"];

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
        if sanitizer == Sanitizer::Thread && !has_rust_src() {
            eprintln!("skipped: ThreadSanitizer (the nightly toolchain has no rust-src)");
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

/// Has the nightly toolchain the sources of std?
fn has_rust_src() -> bool {
    let sysroot =
        Command::new("rustup").args(["run", "nightly", "rustc", "--print", "sysroot"]).output();
    sysroot.is_ok_and(|output| {
        let root = String::from_utf8_lossy(&output.stdout);
        Path::new(root.trim()).join("lib/rustlib/src/rust/library/Cargo.lock").exists()
    })
}

fn cargo_test(sanitizer: Sanitizer) -> Result<Command, Failure> {
    let name = sanitizer.name();
    let mut command = nightly_cargo();
    command.args(["test", "--target", TARGET, "--lib", "--no-fail-fast"]);
    match sanitizer {
        Sanitizer::Address => command.arg("--tests"),
        // Not those that send signals: ThreadSanitizer holds a signal back until the thread makes a system call.
        Sanitizer::Thread => command.args(["--test", "suite", "-Zbuild-std"]),
    };
    command.arg("--target-dir").arg(target_dir(&format!("sanitize-{name}")));
    for package in
        PACKAGES.iter().filter(|name| sanitizer == Sanitizer::Address || **name != "cede")
    {
        command.args(["-p", package]);
    }
    // The shipped std has no sanitizer in it, which rustc takes for another ABI.
    let flags = format!("-Zsanitizer={name} -Cunsafe-allow-abi-mismatch=sanitizer");
    append_env(&mut command, "RUSTFLAGS", " ", &flags);
    if sanitizer == Sanitizer::Address {
        // Some tests leak on purpose: a future that must not be dropped where it is. The suite counts drops by itself.
        append_env(&mut command, "ASAN_OPTIONS", ":", "detect_leaks=0");
    }
    if sanitizer == Sanitizer::Thread {
        // The tests run in the directory of their package, so the path must be absolute.
        let file = env::current_dir()
            .map_err(|error| Failure::Check(format!("no current directory: {error}")))?
            .join(SUPPRESSIONS);
        let option = format!("suppressions={}", file.display());
        append_env(&mut command, "TSAN_OPTIONS", ":", &option);
    }
    Ok(command)
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
