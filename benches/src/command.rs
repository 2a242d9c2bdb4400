//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::charts;
use crate::compare::{Selection, compare};
use crate::counts::{self, Checked};
use crate::one::{Wanted, one};

const HELP: &str = "\
usage: cede-benches COMMAND

  compare [--only W,...] [--runtimes R,...] [--rounds N] [--smoke] [--json FILE]
      measures the workloads on the runtimes, and compares
  one W R [--smoke] [--counted]
      measures one workload on one runtime once, in this process: nanoseconds for an operation
  counts [--write]
      counts the instructions of cede-local, and fails if they are more than the committed ones; or writes these
  charts FILE
      draws the charts of the book from the file that `compare --json` wrote
";

/// The exit code that says that something could not be done here; automake's.
const SKIPPED: u8 = 77;

/// What the command line asks for.
#[derive(Debug)]
enum Request {
    Help,
    Compare(Selection, Option<PathBuf>),
    One { workload: String, runtime: String, wanted: Wanted },
    Counts { write: bool },
    Charts(PathBuf),
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let done = match parse(Parser::from_env()) {
        Ok(request) => serve(request),
        Err(error) => Err(format!("{error}\n\n{HELP}")),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(request: Request) -> Result<ExitCode, String> {
    match request {
        Request::Help => print!("{HELP}"),
        Request::Compare(selection, json) => compare(&selection, json.as_deref())?,
        Request::One { workload, runtime, wanted } => {
            println!("{}", one(&workload, &runtime, wanted)?);
        }
        Request::Charts(file) => charts::draw(&file)?,
        Request::Counts { write } => {
            let checked = if write { counts::write()? } else { counts::check()? };
            if let Checked::Skipped(why) = checked {
                println!("skipped: {why}");
                return Ok(ExitCode::from(SKIPPED));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let Some(command) = parser.next()? else { return Ok(Request::Help) };
    match command {
        Arg::Value(name) if name == "compare" => compared(parser),
        Arg::Value(name) if name == "one" => measured(parser),
        Arg::Value(name) if name == "charts" => Ok(Request::Charts(parser.value()?.into())),
        Arg::Value(name) if name == "counts" => counted(parser),
        Arg::Value(name) if name == "help" => Ok(Request::Help),
        Arg::Short('h') | Arg::Long("help") => Ok(Request::Help),
        other => Err(other.unexpected()),
    }
}

fn compared(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let (mut selection, mut json) = (Selection::default(), None);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("only") => selection.workloads = words(&mut parser)?,
            Arg::Long("runtimes") => selection.runtimes = words(&mut parser)?,
            Arg::Long("rounds") => selection.rounds = Some(parser.value()?.parse()?),
            Arg::Long("smoke") => selection.smoke = true,
            Arg::Long("json") => json = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Compare(selection, json))
}

fn measured(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let (mut names, mut wanted) = (Vec::new(), Wanted::Time);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(name) => names.push(name.string()?),
            Arg::Long("smoke") => wanted = Wanted::Smoke,
            Arg::Long("counted") => wanted = Wanted::Operations,
            other => return Err(other.unexpected()),
        }
    }
    match <[String; 2]>::try_from(names) {
        Ok([workload, runtime]) => Ok(Request::One { workload, runtime, wanted }),
        Err(_) => Err("`one` takes a workload and a runtime".into()),
    }
}

fn counted(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let mut write = false;
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("write") => write = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Counts { write })
}

fn words(parser: &mut Parser) -> Result<Vec<String>, lexopt::Error> {
    Ok(parser.value()?.string()?.split(',').map(str::to_owned).collect())
}
