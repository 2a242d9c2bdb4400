//! Licences, sources, bans and advisories of what we depend on, by the rules in `deny.toml`.

use crate::command::{cargo, is_installed, run as run_command};
use crate::recipe::{Done, Outcome, no_args};

pub(crate) fn run(args: &[String]) -> Outcome {
    no_args(args)?;
    if !is_installed(cargo(["deny"])) {
        return Ok(Done::Skipped("no cargo-deny"));
    }
    // The advisories come from a git repository; where only crates.io can be reached, the rest
    // is checked all the same.
    if run_command(cargo(["deny", "fetch", "db"])).is_ok() {
        run_command(cargo(["deny", "check"]))?;
    } else {
        println!("left out: advisories (their database cannot be fetched)");
        run_command(cargo(["deny", "check", "bans", "licenses", "sources"]))?;
    }
    Ok(Done::Passed)
}
