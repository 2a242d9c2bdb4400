//! Checks cede against the conformance vectors, or shows its traces.

#![forbid(unsafe_code)]

mod command;

use std::io::{self, Write};
use std::process::ExitCode;

use cede_conformance::{Ending, LoadError, Scenario, Vector, Verdict, run};

use command::{Check, Command, Show};

/// Why the program could not do what it was asked to.
enum Failure {
    Usage(String),
    Load(LoadError),
    Write(io::Error),
}

fn main() -> ExitCode {
    let result =
        command::parse(std::env::args_os().skip(1)).map_err(Failure::Usage).and_then(|command| {
            match command {
                Command::Help => help(),
                Command::Check(check) => self::check(&check),
                Command::Show(show) => self::show(&show),
            }
        });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever read the output has had enough of it.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            match failure {
                Failure::Usage(why) => eprintln!("error: {why}\n\n{}", command::HELP),
                Failure::Load(error) => eprintln!("error: {error}"),
                Failure::Write(error) => eprintln!("error: the output can't be written: {error}"),
            }
            ExitCode::from(2)
        }
    }
}

fn help() -> Result<bool, Failure> {
    writeln!(io::stdout(), "{}", command::HELP)?;
    Ok(true)
}

/// Prints the differences and how many there are. True: none.
fn check(check: &Check) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut vectors = Vec::new();
    for file in &check.files {
        vectors.extend(Vector::load(file)?);
    }
    for (vector, verdict) in cede_conformance::check(&vectors, check.backend, check.order) {
        match verdict {
            None => skipped += 1,
            Some(Verdict::Passed) => passed += 1,
            Some(Verdict::Unsupported(_)) if check.only_supported => skipped += 1,
            Some(verdict) => {
                failed += 1;
                let (scenario, level) = (&vector.scenario, vector.level);
                writeln!(out, "{} ({level}): {}", scenario.id(), scenario.about())?;
                writeln!(out, "  {verdict}\n")?;
            }
        }
    }
    write!(out, "{passed} passed, {failed} failed")?;
    if skipped > 0 {
        write!(out, ", {skipped} skipped")?;
    }
    writeln!(out)?;
    Ok(failed == 0)
}

/// Prints cede's own traces. True: it has some for every scenario.
fn show(show: &Show) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    let scenarios = Scenario::load(&show.file)?;
    let known = |id: &String| scenarios.iter().any(|scenario| scenario.id() == id);
    if let Some(id) = show.ids.iter().find(|id| !known(id)) {
        return Err(Failure::Usage(format!(
            "there is no scenario {id:?} in {}",
            show.file.display()
        )));
    }
    let mut all_ended = true;
    for scenario in &scenarios {
        if !show.ids.is_empty() && !show.ids.iter().any(|id| id == scenario.id()) {
            continue;
        }
        writeln!(out, "== {}: {}", scenario.id(), scenario.about())?;
        let ending = run(scenario, show.backend);
        all_ended &= matches!(ending, Ending::Traced(_));
        match ending {
            Ending::Traced(trace) => writeln!(out, "{}", trace.join("\n"))?,
            Ending::Unsupported(what) => writeln!(out, "unsupported: {what}")?,
            Ending::Stuck(trace) => writeln!(out, "{}\nit did not end", trace.join("\n"))?,
        }
    }
    Ok(all_ended)
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Failure::Load(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Write(error)
    }
}
