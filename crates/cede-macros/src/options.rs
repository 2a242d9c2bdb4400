//! Reading what stands in the brackets of an attribute.

use proc_macro::{Span, TokenStream, TokenTree};

use crate::error::Error;

/// What is said there.
#[derive(Debug)]
pub(crate) struct Options {
    backend: &'static Backend,
    virtual_clock: bool,
}

/// A backend, by the name that it has in an attribute.
#[derive(Debug)]
struct Backend {
    name: &'static str,
    /// What makes it.
    system: &'static str,
    /// What makes it with a clock that jumps, if it has one.
    virtual_clock: Option<&'static str>,
}

/// All that there are; the first is the default.
const BACKENDS: &[Backend] = &[
    Backend {
        name: "local",
        system: "::cede::local::LocalExecutor::new()",
        virtual_clock: Some(
            "::cede::local::LocalExecutor::builder().virtual_clock(&::cede::local::VirtualClock::new()).build()",
        ),
    },
    Backend { name: "steal", system: "::cede::steal::StealExecutor::new()", virtual_clock: None },
];

impl Options {
    /// Reads them; only those that are `known` may be there.
    pub(crate) fn read(known: &[&str], options: TokenStream) -> Result<Self, Error> {
        let mut said: Vec<String> = Vec::new();
        let mut read = Options { backend: &BACKENDS[0], virtual_clock: false };
        let mut clock_at = Span::call_site();
        let mut tokens = options.into_iter();
        while let Some(name) = tokens.next() {
            let key = name.to_string();
            if !known.contains(&key.as_str()) {
                let text = format!("there is no option `{key}`; there is {}", list(known));
                return Err(Error::new(name.span(), text));
            }
            if said.contains(&key) {
                return Err(Error::new(name.span(), format!("`{key}` is said twice")));
            }
            let value = value(&key, &name, &mut tokens)?;
            if key == "backend" {
                read.backend = backend(&value)?;
            } else {
                read.virtual_clock = truth(&key, &value)?;
                clock_at = value.span();
            }
            said.push(key);
        }
        if read.virtual_clock && read.backend.virtual_clock.is_none() {
            let text = format!("backend `{}` has no virtual clock", read.backend.name);
            return Err(Error::new(clock_at, text));
        }
        Ok(read)
    }

    /// An expression that makes the backend.
    pub(crate) fn backend(&self) -> &'static str {
        let Backend { system, virtual_clock, .. } = self.backend;
        virtual_clock.filter(|_| self.virtual_clock).unwrap_or(system)
    }
}

/// Reads `= value`, and the comma after it.
fn value(
    key: &str,
    name: &TokenTree,
    tokens: &mut impl Iterator<Item = TokenTree>,
) -> Result<TokenTree, Error> {
    let equals = tokens.next().filter(|token| token.to_string() == "=");
    let value = equals.and_then(|_| tokens.next());
    let value = value
        .ok_or_else(|| Error::new(name.span(), format!("`{key}` needs a value: `{key} = …`")))?;
    match tokens.next() {
        Some(token) if token.to_string() != "," => {
            Err(Error::new(token.span(), "a comma is missing before this"))
        }
        _ => Ok(value),
    }
}

fn backend(value: &TokenTree) -> Result<&'static Backend, Error> {
    let text = value.to_string();
    let known = BACKENDS.iter().find(|backend| text == format!("{:?}", backend.name));
    known.ok_or_else(|| {
        let names: Vec<String> = BACKENDS.iter().map(|known| format!("{:?}", known.name)).collect();
        let text = format!("there is no backend {text}; there is {}", names.join(", "));
        Error::new(value.span(), text)
    })
}

fn truth(key: &str, value: &TokenTree) -> Result<bool, Error> {
    let text = value.to_string();
    text.parse().map_err(|_| {
        Error::new(value.span(), format!("`{key}` is `true` or `false`, and not `{text}`"))
    })
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
