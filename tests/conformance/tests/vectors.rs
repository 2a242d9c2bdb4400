//! cede does as asyncio does, on the local backend.

use std::path::Path;

use cede_conformance::{Backend, Vector, Verdict, run};

/// Checks a file of so many vectors.
fn check(file: &str, count: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    let vectors = Vector::load(&path).unwrap();
    assert_eq!(vectors.len(), count);
    let mut failures = Vec::new();
    for vector in vectors {
        match vector.judge(run(&vector.scenario, Backend::Local)) {
            Verdict::Passed => {}
            verdict => failures.push(format!(
                "{}
  {verdict}
",
                vector.scenario.id()
            )),
        }
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

#[test]
fn core() {
    check("core.jsonl", 30);
}

#[test]
fn cancel() {
    check("cancel.jsonl", 43);
}

#[test]
fn structured() {
    check("structured.jsonl", 63);
}

#[test]
fn newest() {
    check("newest.jsonl", 45);
}

#[test]
fn random() {
    check("random.jsonl", 600);
}
