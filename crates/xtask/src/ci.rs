//! All checks in a row, then a table of how each went.

use std::time::{Duration, Instant};

use crate::recipe::{self, Done, Failure, Outcome};

/// What runs, in this order: the quick first, the long ones last. The benchmarks are not among
/// them, for they check nothing.
const ORDER: &[&str] = &[
    "test",
    "without-io",
    "fmt",
    "clippy",
    "docs",
    "examples",
    "conformance",
    "nests",
    "soak",
    "jitter",
    "smoke",
    "counts",
    "deny",
    "book",
    "loom",
    "shuttle",
    "sanitize",
];

struct Row {
    name: &'static str,
    result: &'static str,
    time: Duration,
}

/// Runs everything even if something fails, so that one run tells it all.
pub(crate) fn run(args: &[String]) -> Outcome {
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for name in parse(args)? {
        let recipe = recipe::find(name)
            .ok_or_else(|| Failure::Usage(format!("there is no recipe `{name}`")))?;
        let begin = Instant::now();
        let result = match recipe::start(recipe, &[]) {
            Ok(Done::Passed) => "passed",
            Ok(Done::Skipped(_)) => "skipped",
            Err(failure) => {
                eprintln!("failed: {}", failure.into_text());
                failed.push(name);
                "failed"
            }
        };
        rows.push(Row { name, result, time: begin.elapsed() });
        eprintln!();
    }
    print!("{}", table(&rows));
    if failed.is_empty() { Ok(Done::Passed) } else { Err(Failure::Check(failed.join(", "))) }
}

fn parse(args: &[String]) -> Result<Vec<&'static str>, Failure> {
    let without = match args {
        [] => None,
        [flag] if flag == "--no-test" => Some("test"),
        _ => return Err(Failure::Usage("ci takes `--no-test` or nothing".into())),
    };
    Ok(ORDER.iter().copied().filter(|name| Some(*name) != without).collect())
}

fn table(rows: &[Row]) -> String {
    let mut text = format!("{:<12}  {:<7}  {:>7}\n", "recipe", "result", "seconds");
    text.extend(rows.iter().map(|Row { name, result, time }| {
        format!("{name:<12}  {result:<7}  {:>7.1}\n", time.as_secs_f64())
    }));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_recipes_that_check_something_take_part() {
        let mut all: Vec<&str> = recipe::RECIPES.iter().map(|recipe| recipe.name).collect();
        all.retain(|name| !["ci", "bench", "charts"].contains(name));
        let mut order = ORDER.to_vec();
        all.sort_unstable();
        order.sort_unstable();
        assert_eq!(order, all);
    }

    #[test]
    fn no_test_leaves_out_the_tests_only() {
        assert_eq!(parse(&[]), Ok(ORDER.to_vec()));
        assert_eq!(parse(&["--no-test".to_owned()]), Ok(ORDER[1..].to_vec()));
        assert!(matches!(parse(&["--no-loom".to_owned()]), Err(Failure::Usage(_))));
    }

    #[test]
    fn the_table_lines_up() {
        let rows = [
            Row { name: "fmt", result: "passed", time: Duration::from_millis(420) },
            Row { name: "conformance", result: "skipped", time: Duration::from_secs(61) },
        ];
        assert_eq!(
            table(&rows),
            "recipe        result   seconds\n\
             fmt           passed       0.4\n\
             conformance   skipped     61.0\n"
        );
    }
}
