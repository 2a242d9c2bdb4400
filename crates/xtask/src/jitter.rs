//! The suite on a pool whose workers pause at random: what relies on an order which nobody promises fails here.

use std::process::Command;

use crate::command::{append_env, cargo, run as run_command, target_dir};
use crate::recipe::{Done, Failure, Outcome};

/// How often it runs, unless the argument says.
const ROUNDS: u32 = 3;

pub(crate) fn run(args: &[String]) -> Outcome {
    for _ in 0..parse(args)? {
        run_command(cargo_test())?;
    }
    Ok(Done::Passed)
}

fn parse(args: &[String]) -> Result<u32, Failure> {
    let rounds = match args {
        [] => Some(ROUNDS),
        [rounds] => rounds.parse().ok().filter(|rounds| *rounds > 0),
        _ => None,
    };
    rounds.ok_or_else(|| Failure::Usage("jitter takes a number of ROUNDS, or nothing".into()))
}

fn cargo_test() -> Command {
    let mut command = cargo(["test", "--quiet", "-p", "cede-tests", "--test", "suite"]);
    command.arg("--target-dir").arg(target_dir("jitter"));
    // Most of the time the workers pause, so there is room for more tests than cores.
    command.args(["--", "steal::", "--test-threads=8"]);
    append_env(&mut command, "RUSTFLAGS", " ", "--cfg cede_jitter");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_rounds_unless_told() {
        assert_eq!(parse(&[]), Ok(ROUNDS));
        assert_eq!(parse(&["30".to_owned()]), Ok(30));
    }

    #[test]
    fn anything_else_is_refused() {
        for args in [&["0"][..], &["few"], &["--rounds"], &["3", "4"]] {
            let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
            assert!(matches!(parse(&args), Err(Failure::Usage(_))), "{args:?}");
        }
    }
}
