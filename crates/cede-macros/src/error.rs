//! Errors that the compiler tells of, at the token that is wrong.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Error {
    at: Span,
    text: String,
}

impl Error {
    pub(crate) fn new(at: Span, text: impl Into<String>) -> Self {
        Error { at, text: text.into() }
    }

    /// An invocation of `compile_error`.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let text = TokenTree::from(Literal::string(&self.text));
        let path = [
            Punct::new(':', Spacing::Joint).into(),
            Punct::new(':', Spacing::Alone).into(),
            Ident::new("core", self.at).into(),
            Punct::new(':', Spacing::Joint).into(),
            Punct::new(':', Spacing::Alone).into(),
            Ident::new("compile_error", self.at).into(),
            Punct::new('!', Spacing::Alone).into(),
            Group::new(Delimiter::Brace, text.into()).into(),
        ];
        path.into_iter()
            .map(|mut token: TokenTree| {
                token.set_span(self.at);
                token
            })
            .collect()
    }
}
