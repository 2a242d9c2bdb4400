//! What the attributes become.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::error::Error;
use crate::function::Function;
use crate::options::Options;

/// `fn main() -> ExitCode`, around the `async fn` as it was.
pub(crate) fn main(options: TokenStream, function: TokenStream) -> TokenStream {
    let is_main = is_main(function.clone());
    expand_main(options, function).unwrap_or_else(|error| {
        let mut tokens = error.into_tokens();
        if is_main {
            // With this beside it, that there is no `main` is not one more error.
            tokens.extend(code("fn main() {}"));
        }
        tokens
    })
}

/// `#[test] fn`, around the `async fn` as it was.
pub(crate) fn test(options: TokenStream, function: TokenStream) -> TokenStream {
    expand_test(options, function).unwrap_or_else(Error::into_tokens)
}

fn expand_main(options: TokenStream, function: TokenStream) -> Result<TokenStream, Error> {
    let options = Options::read(&["backend"], options)?;
    let function = Function::read("cede::main", function)?;
    let name = function.name.clone();
    if name.to_string() != "main" {
        let text = format!("`#[cede::main]` stands on `main`: nobody would call `{name}`");
        return Err(Error::new(name.span(), text));
    }
    let before = function.before.clone();
    let output = code("-> ::std::process::ExitCode");
    let run = format!("::cede::exit_code({})", run(&options, &name));
    Ok(around(before, function, output, &run))
}

fn expand_test(options: TokenStream, function: TokenStream) -> Result<TokenStream, Error> {
    let options = Options::read(&["backend", "virtual_clock"], options)?;
    let function = Function::read("cede::test", function)?;
    let mut before = code("#[::core::prelude::v1::test]");
    before.extend(function.before.clone());
    let output = function.output.clone();
    let run = format!(
        "match {} {{
            ::core::result::Result::Ok(value) => value,
            ::core::result::Result::Err(::cede::TaskError::Panicked(panicked)) => panicked.resume(),
            ::core::result::Result::Err(error) => ::core::panic!(\"{{error}}\"),
        }}",
        run(&options, &function.name)
    );
    Ok(around(before, function, output, &run))
}

/// An expression that runs the function called `name`.
fn run(options: &Options, name: &Ident) -> String {
    let backend = options.backend();
    format!("::cede::Runner::builder().backend({backend}).build().run_to_end({name}())")
}

/// A function of the same name with `output`, which has `function` in it, and runs it.
fn around(
    mut before: TokenStream,
    function: Function,
    output: TokenStream,
    run: &str,
) -> TokenStream {
    let name = TokenStream::from(TokenTree::from(function.name));
    let mut body = code("async fn");
    body.extend(name.clone());
    body.extend(code("()"));
    body.extend(function.output);
    body.extend([function.body]);
    body.extend(code(run));
    before.extend(code("fn"));
    before.extend(name);
    before.extend(code("()"));
    before.extend(output);
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(Span::call_site());
    before.extend([TokenTree::from(body)]);
    before
}

/// Does it say `fn main` somewhere?
fn is_main(function: TokenStream) -> bool {
    let words: Vec<String> = function.into_iter().map(|token| token.to_string()).collect();
    words.windows(2).any(|words| words == ["fn", "main"])
}

fn code(text: &str) -> TokenStream {
    text.parse().expect("this crate writes what can be read")
}
