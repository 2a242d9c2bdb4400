//! The loom models: every interleaving of a few threads, within a bound.

use std::env;
use std::process::Command;

use crate::command::{append_env, capture, cargo, checked_release, run as run_command, target_dir};
use crate::recipe::{Done, Failure, Outcome};

/// The packages that have models.
const PACKAGES: &[&str] = &["cede-core", "cede-steal"];

/// The module of a package that holds its models. Other tests use loom's types outside a model, where loom panics, so they never run
/// here.
const MODELS: &str = "models::";

/// How often a thread may be interrupted in one execution, unless the environment says otherwise.
const MAX_PREEMPTIONS: &str = "3";

pub(crate) fn run(args: &[String]) -> Outcome {
    let filter = parse(args)?;
    let mut found = false;
    for package in PACKAGES {
        let models = select(&capture(cargo_test(package, &["--list"]))?, filter);
        if models.is_empty() {
            continue;
        }
        found = true;
        let mut arguments = vec!["--exact"];
        arguments.extend(models.iter().map(String::as_str));
        run_command(cargo_test(package, &arguments))?;
    }
    // A filter of libtest that matches nothing passes; one of ours that matches nothing fails.
    if found {
        Ok(Done::Passed)
    } else {
        Err(Failure::Check(format!("no model has `{filter}` in its name")))
    }
}

fn parse(args: &[String]) -> Result<&str, Failure> {
    match args {
        [] => Ok(""),
        [filter] if !filter.starts_with('-') => Ok(filter),
        _ => Err(Failure::Usage("loom takes one FILTER at most".into())),
    }
}

/// The test binary of `package`, built for loom, with `arguments`.
fn cargo_test(package: &str, arguments: &[&str]) -> Command {
    let mut command = cargo(["test", "--quiet", "-p", package, "--lib"]);
    checked_release(&mut command, PACKAGES);
    command.arg("--target-dir").arg(target_dir("loom")).arg("--").args(arguments);
    append_env(&mut command, "RUSTFLAGS", " ", "--cfg cede_loom");
    if env::var_os("LOOM_MAX_PREEMPTIONS").is_none() {
        command.env("LOOM_MAX_PREEMPTIONS", MAX_PREEMPTIONS);
    }
    command
}

/// The models in the output of `--list` whose name contains `filter`.
fn select(list: &str, filter: &str) -> Vec<String> {
    list.lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| name.starts_with(MODELS) && name.contains(filter))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "models::join::wakes_once: test\n\
                        models::cancel::races_finish: test\n\
                        state::tests::bits_do_not_overlap: test\n\
                        \n3 tests, 0 benchmarks\n";

    #[test]
    fn only_models_run() {
        assert_eq!(select(LIST, ""), ["models::join::wakes_once", "models::cancel::races_finish"]);
    }

    #[test]
    fn the_filter_may_be_any_part_of_the_name() {
        for filter in ["cancel", "races", "models::cancel", "models::cancel::races_finish"] {
            assert_eq!(select(LIST, filter), ["models::cancel::races_finish"], "`{filter}`");
        }
        assert!(select(LIST, "bits").is_empty());
    }

    #[test]
    fn there_is_one_filter_at_most() {
        assert_eq!(parse(&[]), Ok(""));
        assert_eq!(parse(&["join".to_owned()]), Ok("join"));
        for args in [vec!["join".to_owned(), "cancel".to_owned()], vec!["--nocapture".to_owned()]] {
            assert!(matches!(parse(&args), Err(Failure::Usage(_))), "{args:?}");
        }
    }
}
