//! The list of recipes, and what one run of a recipe comes to.

use crate::{
    bench, book, charts, ci, conformance, counts, deny, examples, jitter, loom, nests, sanitize,
    shuttle, simple, soak,
};

/// One thing that `cargo xtask` can do.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) name: &'static str,
    /// The arguments, as the help shows them.
    pub(crate) usage: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&[String]) -> Outcome,
}

pub(crate) type Outcome = Result<Done, Failure>;

#[derive(Debug)]
pub(crate) enum Done {
    Passed,
    /// The machine lacks something the recipe needs; the text names it.
    Skipped(&'static str),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// The recipe ran, and what it checks is not as it should be.
    Check(String),
    /// The recipe was asked for in a way that it does not understand.
    Usage(String),
}

impl Failure {
    pub(crate) fn into_text(self) -> String {
        match self {
            Failure::Check(text) | Failure::Usage(text) => text,
        }
    }
}

pub(crate) const RECIPES: &[Recipe] = &[
    Recipe { name: "test", usage: "", about: "all tests of the workspace", run: simple::test },
    Recipe {
        name: "without-io",
        usage: "",
        about: "the tests of cede-steal without its feature `io`",
        run: simple::without_io,
    },
    Recipe { name: "fmt", usage: "", about: "formatting, checked only", run: simple::fmt },
    Recipe { name: "clippy", usage: "", about: "lints; a warning fails", run: simple::clippy },
    Recipe { name: "docs", usage: "", about: "API docs; a warning fails", run: simple::docs },
    Recipe {
        name: "examples",
        usage: "",
        about: "runs every example of the crate `cede`",
        run: examples::run,
    },
    Recipe {
        name: "conformance",
        usage: "[ARGS]",
        about: "CPython's traces on the backends",
        run: conformance::run,
    },
    Recipe {
        name: "nests",
        usage: "[--count N] [--seed S] [--threads K]",
        about: "random nests of scopes, timeouts and groups, against a model of the rules",
        run: nests::run,
    },
    Recipe {
        name: "soak",
        usage: "[--seconds N] [--sanitize address|thread]",
        about: "cede-steal at random, counting every task",
        run: soak::run,
    },
    Recipe {
        name: "jitter",
        usage: "[ROUNDS]",
        about: "the suite on cede-steal, whose workers pause at random, 3 times or ROUNDS",
        run: jitter::run,
    },
    Recipe {
        name: "loom",
        usage: "[FILTER]",
        about: "loom models of cede-core and cede-steal, all or those whose name contains FILTER",
        run: loom::run,
    },
    Recipe {
        name: "shuttle",
        usage: "[FILTER]",
        about: "whole pools of cede-steal under random schedules, all tests or those with FILTER",
        run: shuttle::run,
    },
    Recipe {
        name: "sanitize",
        usage: "[address|thread]",
        about: "tests under a sanitizer, or both (nightly)",
        run: sanitize::run,
    },
    Recipe {
        name: "counts",
        usage: "[--write]",
        about: "instructions for an operation, against the committed counts (valgrind)",
        run: counts::run,
    },
    Recipe { name: "book", usage: "", about: "builds the book (mdbook)", run: book::run },
    Recipe {
        name: "deny",
        usage: "",
        about: "licences, sources, bans, advisories (cargo-deny)",
        run: deny::run,
    },
    Recipe {
        name: "smoke",
        usage: "",
        about: "every workload of the comparison on every runtime, in a tiny size",
        run: bench::smoke,
    },
    Recipe {
        name: "bench",
        usage: "[ARGS]",
        about: "measures cede against its rivals",
        run: bench::run,
    },
    Recipe {
        name: "charts",
        usage: "FILE",
        about: "draws the charts of the book from the file that `bench --json FILE` wrote",
        run: charts::run,
    },
    Recipe {
        name: "ci",
        usage: "[--no-test]",
        about: "all checks above, then a table",
        run: ci::run,
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}

/// Runs a recipe under a heading, and says so where it was skipped.
pub(crate) fn start(recipe: &Recipe, args: &[String]) -> Outcome {
    eprintln!("== {}: {}", recipe.name, recipe.about);
    let outcome = (recipe.run)(args);
    if let Ok(Done::Skipped(why)) = &outcome {
        println!("skipped: {} ({why})", recipe.name);
    }
    outcome
}

/// For recipes without arguments: a stray one is an error, not silently ignored.
pub(crate) fn no_args(args: &[String]) -> Result<(), Failure> {
    match args {
        [] => Ok(()),
        [stray, ..] => Err(Failure::Usage(format!("this recipe takes no argument, got `{stray}`"))),
    }
}

pub(crate) fn help() -> String {
    let call = |recipe: &Recipe| format!("{} {}", recipe.name, recipe.usage);
    let width = RECIPES.iter().map(|recipe| call(recipe).len()).max().unwrap_or(0);
    let mut text = String::from("usage: cargo xtask RECIPE [ARGS]\n\n");
    text.extend(
        RECIPES.iter().map(|recipe| format!("  {:width$}  {}\n", call(recipe), recipe.about)),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, recipe) in RECIPES.iter().enumerate() {
            let first = RECIPES.iter().position(|other| other.name == recipe.name);
            assert_eq!(first, Some(index), "`{}` is listed twice", recipe.name);
        }
    }

    #[test]
    fn help_has_one_line_for_each_recipe() {
        let help = help();
        let lines: Vec<&str> = help.lines().skip(2).collect();
        assert_eq!(lines.len(), RECIPES.len());
        for (line, recipe) in lines.iter().zip(RECIPES) {
            assert!(line.trim_start().starts_with(recipe.name) && line.ends_with(recipe.about));
        }
    }

    #[test]
    fn a_stray_argument_is_named() {
        assert_eq!(no_args(&[]), Ok(()));
        let Err(Failure::Usage(why)) = no_args(&["--fix".to_owned()]) else {
            panic!("accepted a stray argument");
        };
        assert!(why.contains("`--fix`"), "{why}");
    }
}
