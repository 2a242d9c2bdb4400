//! cede-steal at random, for as long as one likes.

use crate::command::{cargo, run as run_command};
use crate::recipe::{Done, Failure, Outcome};
use crate::sanitize::Sanitizer;

/// How long, unless the arguments say.
const SECONDS: &str = "30";

#[derive(Debug, PartialEq)]
struct Args<'a> {
    seconds: &'a str,
    sanitizer: Option<Sanitizer>,
}

pub(crate) fn run(args: &[String]) -> Outcome {
    let Args { seconds, sanitizer } = parse(args)?;
    let mut command = match sanitizer {
        None => cargo(["run"]),
        Some(sanitizer) => match sanitizer.lacks() {
            Some(what) => return Ok(Done::Skipped(what)),
            None => sanitizer.cargo("run")?,
        },
    };
    command.args(["--release", "--quiet", "-p", "cede-soak", "--", "--seconds", seconds]);
    run_command(command)?;
    Ok(Done::Passed)
}

fn parse(args: &[String]) -> Result<Args<'_>, Failure> {
    let mut parsed = Args { seconds: SECONDS, sanitizer: None };
    let mut rest = args.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().ok_or_else(|| Failure::Usage(format!("`{option}` of what?")))?;
        match option.as_str() {
            "--seconds" => parsed.seconds = value,
            "--sanitize" => parsed.sanitizer = Some(Sanitizer::from_name(value)?),
            _ => return Err(Failure::Usage(format!("soak knows no `{option}`"))),
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn half_a_minute_unless_told() {
        assert_eq!(parse(&[]), Ok(Args { seconds: "30", sanitizer: None }));
    }

    #[test]
    fn both_options_in_any_order() {
        let expected = Args { seconds: "5", sanitizer: Some(Sanitizer::Thread) };
        for line in ["--seconds 5 --sanitize thread", "--sanitize thread --seconds 5"] {
            assert_eq!(parse(&words(line)).as_ref(), Ok(&expected), "`{line}`");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for line in ["5", "--seconds", "--sanitize memory", "--minutes 5"] {
            assert!(matches!(parse(&words(line)), Err(Failure::Usage(_))), "`{line}`");
        }
    }
}
