//! The house rules, checked.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository")
}

/// The files that are in the repository, or about to be, by their paths from its top.
fn files() -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let listed = git.output().ok().filter(|output| output.status.success());
    let paths: Vec<PathBuf> = match listed {
        Some(output) => String::from_utf8(output.stdout)
            .unwrap()
            .split_terminator('\0')
            .map(Into::into)
            .collect(),
        // This is a copy without its history.
        None => walk(Path::new("")),
    };
    paths.into_iter().filter(|path| root().join(path).is_file()).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        if !entry.path().is_dir() {
            found.push(path);
        } else if path != Path::new("target") && path != Path::new("docs/book") {
            found.extend(walk(&path));
        }
    }
    found
}

fn read(path: &Path) -> String {
    let bytes = fs::read(root().join(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The sources, with their text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = files();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(files.len() > 100, "only {} sources were found", files.len());
    files.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// The text of a source without its comments and literals, line by line.
fn code(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if next == '"' {
            string(rest)
        } else if next == 'r' && !is_word(before) && raw_fence(rest).is_some() {
            raw_string(rest)
        } else if next == '\'' {
            character(rest)
        } else {
            0
        };
        let (skipped, kept) = rest.split_at(length);
        code.extend(skipped.chars().filter(|c| *c == '\n'));
        rest = kept;
        if length == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        }
        before = next;
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the block comment at the start of `text`; they nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The length of the string at the start of `text`.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// What ends the raw string at the start of `text`, if one starts there.
fn raw_fence(text: &str) -> Option<String> {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    text[1 + hashes..].starts_with('"').then(|| format!("\"{}", "#".repeat(hashes)))
}

fn raw_string(text: &str) -> usize {
    let fence = raw_fence(text).expect("a raw string");
    let start = 1 + fence.len();
    text[start..].find(&fence).map_or(text.len(), |at| start + at + fence.len())
}

/// The length of the character at the start of `text`; 0 if that is a lifetime.
fn character(text: &str) -> usize {
    let mut inside = text[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => text[3..].find('\'').map_or(0, |at| 4 + at),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

/// Is `word` in `code`, as a word of its own?
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Fails if there are any offenders, and lists them all.
fn none(what: &str, offenders: impl IntoIterator<Item = String>) {
    let offenders: Vec<_> = offenders.into_iter().collect();
    assert!(offenders.is_empty(), "{what}:\n{}", offenders.join("\n"));
}

#[test]
fn code_is_told_from_comments_and_literals() {
    let source =
        "a /* b /* c */ d */ e // f\ng \"h \\\" i\" 'j' '\\'' k<'l>() r#\"m \"n\"# o '\\\\' p";
    let words: Vec<_> = code(source).split_whitespace().map(str::to_owned).collect();
    assert_eq!(words, ["a", "e", "g", "k<'l>()", "o", "p"]);
    assert!(has_word("a b(c)", "b") && !has_word("a_b bc", "b"));
}

#[test]
fn nothing_mentions_places_outside_the_repository() {
    let forbidden = [concat!("../", "shared"), concat!("/wo", "rk/")];
    let mentions = files().into_iter().flat_map(|path| {
        let text = read(&path);
        let found = |(number, line): (usize, &str)| {
            let bad = forbidden.iter().any(|word| line.contains(word));
            bad.then(|| format!("{}:{}: {line}", path.display(), number + 1))
        };
        text.lines().enumerate().filter_map(found).collect::<Vec<_>>()
    });
    none("places outside the repository", mentions);
}

#[test]
fn every_crate_forbids_unsafe_code_or_says_why_it_can_not() {
    let tops = sources().into_iter().filter(|(path, _)| {
        let crate_root = ["src/lib.rs", "src/main.rs"].iter().any(|name| path.ends_with(name));
        crate_root && root().join(path).with_file_name("../Cargo.toml").exists()
    });
    let silent = tops.filter(|(_, text)| {
        let forbids = code(text).contains("#![forbid(unsafe_code)]");
        let mut first = text.lines().take(20).filter(|line| line.starts_with("//!"));
        !forbids && !first.any(|line| line.contains("unsafe"))
    });
    none("crates that do neither", silent.map(|(path, _)| path.display().to_string()));
}

#[test]
fn unsafe_code_lies_in_one_place() {
    let allowed = Path::new("crates/cede-core/src/task/cell");
    let others = sources().into_iter().filter(|(path, text)| {
        !path.starts_with(allowed) && has_word(&code(text), concat!("un", "safe"))
    });
    none("unsafe code", others.map(|(path, _)| path.display().to_string()));
}

#[test]
fn no_source_is_longer_than_500_lines() {
    let long = sources().into_iter().filter_map(|(path, text)| {
        let lines = text.lines().count();
        (lines > 500).then(|| format!("{}: {lines} lines", path.display()))
    });
    none("long sources", long);
}

#[test]
fn nothing_is_left_undone() {
    let undone = sources().into_iter().filter_map(|(path, text)| {
        let code = code(&text);
        let mut signs = ["todo!", "unimplemented!", "#[ignore"].into_iter();
        let found = signs.find(|sign| code.contains(sign))?;
        Some(format!("{}: {found}", path.display()))
    });
    none("left undone", undone);
}

/// Who sleeps on the wall clock guesses. But an example may show code that blocks, and the jitter is there to show who guesses.
#[test]
fn no_thread_sleeps() {
    let sleeps = sources().into_iter().filter(|(path, text)| {
        let ours = path.starts_with("tests") || path.starts_with("crates");
        let example = path.components().any(|part| part.as_os_str() == "examples");
        let jitter = path == Path::new("crates/cede-steal/src/jitter.rs");
        ours && !example && !jitter && code(text).contains("thread::sleep")
    });
    none("threads that sleep", sleeps.map(|(path, _)| path.display().to_string()));
}

#[test]
fn there_is_a_changelog() {
    let changelog = read(Path::new("CHANGELOG.md"));
    assert!(changelog.contains("## Unreleased") || changelog.contains("## ["));
}

/// The pages of the book, with their text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut files = files();
    files.retain(|path| {
        path.starts_with("docs/src") && path.extension().is_some_and(|extension| extension == "md")
    });
    assert!(files.len() > 5, "only {} pages were found", files.len());
    files.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

#[test]
fn every_example_is_on_a_page() {
    let pages = pages();
    let alone = files().into_iter().filter_map(|path| {
        let inside = path.parent()? == Path::new("crates/cede/examples");
        let example = inside && path.extension()? == "rs";
        let name = path.file_name()?.to_str()?;
        let shown = pages.iter().any(|(_, text)| text.contains(&format!("examples/{name}")));
        (example && !shown).then(|| name.to_owned())
    });
    none("examples that no page shows", alone.collect::<Vec<_>>());
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = read(Path::new("docs/src/SUMMARY.md"));
    let unlisted = pages().into_iter().filter_map(|(path, _)| {
        let page = path.strip_prefix("docs/src").unwrap().to_str().unwrap().to_owned();
        (page != "SUMMARY.md" && !summary.contains(&format!("({page})"))).then_some(page)
    });
    none("pages that the summary does not list", unlisted);
}
