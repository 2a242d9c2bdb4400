//! The command line.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use cede_conformance::Backend;

/// What the program is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Check(Check),
    Show(Show),
}

/// Compares cede's traces with asyncio's.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) backend: Backend,
    /// Scenarios that come to something unsupported are no failures.
    pub(crate) only_supported: bool,
    /// Compares the order of all lines, where one queue is enough for that.
    pub(crate) order: bool,
}

/// Prints cede's traces.
#[derive(Debug)]
pub(crate) struct Show {
    pub(crate) file: PathBuf,
    /// Of these scenarios only; if there are none, of all.
    pub(crate) ids: Vec<String>,
    pub(crate) backend: Backend,
}

pub(crate) const HELP: &str = "\
usage: cede-conformance check FILE... [--backend NAME] [--workers N] [--order] [--only-supported]
       cede-conformance show FILE [ID...] [--backend NAME] [--workers N]

check   runs the vectors in FILE... and prints where cede's trace is not asyncio's
show    runs the scenarios in FILE, or those called ID, and prints cede's traces

--backend NAME      what to run them on: local, or steal; local, if left out
--workers N         how many workers steal has; 2, if left out
--order             the vectors of level order only, and the order of all lines
--only-supported    skip the scenarios that come to something that is not supported

On steal, only what is the same in whatever order ready tasks run is compared, and the rest skipped.

Exit codes: 0 nothing differs, 1 something does, 2 the command line or a file is wrong.";

pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut words = Vec::new();
    let mut backend = Backend::Local;
    let mut count = None;
    let (mut only_supported, mut order) = (false, false);
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--help" | "-h") => return Ok(Command::Help),
            Some("--only-supported") => only_supported = true,
            Some("--order") => order = true,
            Some("--backend") => {
                let name = args.next().ok_or("--backend needs a name")?;
                backend = name.to_string_lossy().parse().map_err(|error| format!("{error}"))?;
            }
            Some("--workers") => {
                let text = args.next().ok_or("--workers needs a number")?;
                let number = text.to_string_lossy().parse::<NonZeroUsize>();
                count = Some(number.map_err(|error| format!("--workers: {error}"))?);
            }
            Some(option) if option.starts_with('-') => {
                return Err(format!("there is no option {option}"));
            }
            _ => words.push(arg),
        }
    }
    match (&mut backend, count) {
        (Backend::Steal { workers }, Some(count)) => *workers = count,
        (Backend::Local, Some(_)) => return Err("--workers is for steal".into()),
        (_, None) => {}
    }
    let mut words = words.into_iter();
    let command = words.next().ok_or("no command is given")?;
    let files: Vec<PathBuf> = words.map(PathBuf::from).collect();
    match (command.to_str(), files.as_slice()) {
        (Some("check"), []) => Err("check needs a file".into()),
        (Some("check"), _) => Ok(Command::Check(Check { files, backend, only_supported, order })),
        (Some("show"), _) if only_supported || order => {
            Err("--only-supported and --order are for check".into())
        }
        (Some("show"), [file, ids @ ..]) => Ok(Command::Show(Show {
            file: file.clone(),
            ids: ids.iter().map(|id| id.to_string_lossy().into_owned()).collect(),
            backend,
        })),
        (Some("show"), []) => Err("show needs a file".into()),
        _ => Err(format!("there is no command {}", command.to_string_lossy())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        super::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_may_stand_anywhere() {
        let Ok(Command::Check(check)) =
            parse("check --only-supported a.jsonl --backend local b.jsonl")
        else {
            panic!("it is right")
        };
        assert_eq!(check.files, ["a.jsonl", "b.jsonl"].map(PathBuf::from));
        assert_eq!(check.backend, Backend::Local);
        assert!(check.only_supported);
    }

    #[test]
    fn workers_are_counted() {
        let Ok(Command::Check(check)) = parse("check a --workers 8 --backend steal --order") else {
            panic!("it is right")
        };
        assert!(check.order);
        assert_eq!(check.backend, Backend::Steal { workers: NonZeroUsize::new(8).unwrap() });
    }

    #[test]
    fn show_takes_a_file_and_then_names() {
        let Ok(Command::Show(show)) = parse("show a.jsonl one two") else { panic!("it is right") };
        assert_eq!(show.file, PathBuf::from("a.jsonl"));
        assert_eq!(show.ids, ["one", "two"]);
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (line, why) in [
            ("", "no command"),
            ("dance", "there is no command dance"),
            ("check", "check needs a file"),
            ("show", "show needs a file"),
            ("show a --only-supported", "are for check"),
            ("check a --workers 2", "is for steal"),
            ("check a --backend steal --workers 0", "--workers: "),
            ("check a --fast", "there is no option --fast"),
            ("check a --backend", "--backend needs a name"),
            ("check a --backend moon", "there is no backend \"moon\""),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
