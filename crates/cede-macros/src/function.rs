//! Reading the function that an attribute stands on.

use std::iter::Peekable;

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::error::Error;

/// An `async fn` without arguments and generics, in its parts.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its attributes and visibility, as they stood there.
    pub(crate) before: TokenStream,
    pub(crate) name: Ident,
    /// `-> Type`, or nothing.
    pub(crate) output: TokenStream,
    pub(crate) body: TokenTree,
}

type Tokens = Peekable<proc_macro::token_stream::IntoIter>;

impl Function {
    /// Reads it; `attribute` is what stands on it, for the texts.
    pub(crate) fn read(attribute: &str, function: TokenStream) -> Result<Self, Error> {
        let tokens = &mut function.into_iter().peekable();
        let mut before = attributes(tokens);
        before.extend(visibility(tokens));
        qualifiers(attribute, tokens)?;
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return Err(not_a_function(attribute, Span::call_site()));
        };
        arguments(attribute, &name, tokens)?;
        let mut output: Vec<TokenTree> = tokens.collect();
        let body = output.pop().filter(is_body);
        let body = body.ok_or_else(|| not_a_function(attribute, name.span()))?;
        Ok(Function { before, name, output: output.into_iter().collect(), body })
    }
}

fn attributes(tokens: &mut Tokens) -> TokenStream {
    let mut read = TokenStream::new();
    while is_punct(tokens.peek(), '#') {
        read.extend(tokens.next());
        read.extend(tokens.next_if(|token| matches!(token, TokenTree::Group(_))));
    }
    read
}

fn visibility(tokens: &mut Tokens) -> TokenStream {
    let mut read = TokenStream::new();
    // A macro by example hands on even an empty one as a group.
    read.extend(tokens.next_if(|token| is_group(token, Delimiter::None)));
    if let Some(public) = tokens.next_if(|token| is_ident(token, "pub")) {
        read.extend([public]);
        read.extend(tokens.next_if(|token| is_group(token, Delimiter::Parenthesis)));
    }
    read
}

/// Reads up to `fn`, and past it.
fn qualifiers(attribute: &str, tokens: &mut Tokens) -> Result<(), Error> {
    let is_async = tokens.next_if(|token| is_ident(token, "async")).is_some();
    match tokens.next() {
        Some(token) if is_ident(&token, "fn") => {
            let text = format!("`#[{attribute}]` needs an `async fn`: write `async` before this");
            if is_async { Ok(()) } else { Err(Error::new(token.span(), text)) }
        }
        Some(token) if ["unsafe", "const", "extern"].iter().any(|word| is_ident(&token, word)) => {
            let text = format!("`#[{attribute}]` needs a plain `async fn`, without `{token}`");
            Err(Error::new(token.span(), text))
        }
        Some(token) => Err(not_a_function(attribute, token.span())),
        None => Err(not_a_function(attribute, Span::call_site())),
    }
}

fn arguments(attribute: &str, name: &Ident, tokens: &mut Tokens) -> Result<(), Error> {
    match tokens.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            no_arguments(attribute, &group)
        }
        Some(token) if is_punct(Some(&token), '<') => {
            let text = format!("`#[{attribute}]` needs a function without generics");
            Err(Error::new(token.span(), text))
        }
        _ => Err(not_a_function(attribute, name.span())),
    }
}

fn no_arguments(attribute: &str, group: &Group) -> Result<(), Error> {
    if group.stream().is_empty() {
        return Ok(());
    }
    let text =
        format!("`#[{attribute}]` needs a function without arguments: nobody would give it any");
    Err(Error::new(group.span(), text))
}

fn not_a_function(attribute: &str, at: Span) -> Error {
    Error::new(at, format!("`#[{attribute}]` stands on an `async fn`, and this is none"))
}

fn is_body(token: &TokenTree) -> bool {
    is_group(token, Delimiter::Brace) || is_group(token, Delimiter::None)
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

fn is_ident(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == text)
}

fn is_punct(token: Option<&TokenTree>, text: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == text)
}
