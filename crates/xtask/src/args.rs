//! From a command line to the recipe it asks for.

use crate::recipe::{self, Failure, Recipe};

#[derive(Debug)]
pub(crate) enum Request<'a> {
    Help,
    Run(&'static Recipe, &'a [String]),
}

/// Only the first word is judged here; what follows belongs to the recipe.
pub(crate) fn parse(args: &[String]) -> Result<Request<'_>, Failure> {
    let Some((name, rest)) = args.split_first() else {
        return Ok(Request::Help);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        return Ok(Request::Help);
    }
    match recipe::find(name) {
        Some(recipe) => Ok(Request::Run(recipe, rest)),
        None => Err(Failure::Usage(format!("there is no recipe `{name}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn nothing_or_a_help_flag_asks_for_help() {
        for line in ["", "help", "--help", "-h"] {
            assert!(matches!(parse(&words(line)), Ok(Request::Help)), "`{line}`");
        }
    }

    #[test]
    fn a_recipe_gets_the_rest_of_the_line() {
        let args = words("bench spawn --help");
        let Ok(Request::Run(recipe, rest)) = parse(&args) else {
            panic!("`bench` is a recipe");
        };
        assert_eq!((recipe.name, rest), ("bench", &args[1..]));
    }

    #[test]
    fn an_unknown_recipe_is_named() {
        let Err(Failure::Usage(why)) = parse(&words("tset")) else {
            panic!("accepted `tset`");
        };
        assert!(why.contains("`tset`"), "{why}");
    }
}
