//! Child processes: how they are built, shown and run.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::recipe::Failure;

/// What automake has made the custom.
const SKIPPED: i32 = 77;

/// The cargo that runs this program, with `args`.
pub(crate) fn cargo<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Whether `program args... --version` works, that is, whether the tool is installed.
pub(crate) fn is_installed(mut program: Command) -> bool {
    program.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    program.status().is_ok_and(|status| status.success())
}

/// Adds `value` behind what the caller's environment has in `variable` already.
pub(crate) fn append_env(command: &mut Command, variable: &str, separator: &str, value: &str) {
    let value = match env::var_os(variable) {
        Some(mut inherited) if !inherited.is_empty() => {
            inherited.push(separator);
            inherited.push(value);
            inherited
        }
        _ => OsString::from(value),
    };
    command.env(variable, value);
}

/// A release build in which the assertions of `packages` count all the same, and overflows: for what runs long.
pub(crate) fn checked_release(command: &mut Command, packages: &[&str]) {
    command.arg("--release");
    for package in packages {
        for check in ["debug-assertions", "overflow-checks"] {
            command.arg("--config").arg(format!("profile.release.package.{package}.{check}=true"));
        }
    }
}

/// A target directory apart from the usual one, so that builds with other flags leave it alone.
pub(crate) fn target_dir(name: &str) -> PathBuf {
    let base = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Path::new(&base).join(name)
}

/// Shows the command, runs it, and fails unless it succeeds.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let done = run_or_skip(command)?;
    if done { Ok(()) } else { Err(Failure::Check("it was skipped".into())) }
}

/// The same for a command that may say, by its exit code, that it can't be done here. Was it done?
pub(crate) fn run_or_skip(mut command: Command) -> Result<bool, Failure> {
    let line = show(&command);
    eprintln!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(true),
        Ok(status) if status.code() == Some(SKIPPED) => Ok(false),
        Ok(status) => Err(Failure::Check(format!("`{line}`: {status}"))),
        Err(error) => Err(Failure::Check(format!("`{line}` did not start: {error}"))),
    }
}

/// Runs the command and hands back what it wrote to standard output.
pub(crate) fn capture(mut command: Command) -> Result<String, Failure> {
    let line = show(&command);
    eprintln!("$ {line}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Check(format!("`{line}` did not start: {error}")))?;
    if !output.status.success() {
        return Err(Failure::Check(format!("`{line}`: {}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it: the variables that are set for it, then its words.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(program.as_os_str());
    let mut words: Vec<String> = Vec::new();
    for (variable, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", variable.to_string_lossy(), quote(value)));
        }
    }
    words.push(quote(program));
    words.extend(command.get_args().map(quote));
    words.join(" ")
}

fn quote(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.is_empty() || word.contains(char::is_whitespace) {
        format!("'{word}'")
    } else {
        word.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["doc", "--no-deps", ""]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(show(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps ''");
    }

    #[test]
    fn a_program_that_is_not_there_is_not_installed() {
        assert!(!is_installed(Command::new("a-program-that-nobody-would-install")));
        assert!(is_installed(cargo::<&str>([])));
    }
}
