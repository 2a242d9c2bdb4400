//! cede does as asyncio does: on the local backend in everything, on cede-steal in what does not depend on the order of ready tasks.

use std::num::NonZeroUsize;
use std::path::Path;

use cede_conformance::{Backend, Vector, Verdict, check};

const FILES: [(&str, usize); 5] = [
    ("core.jsonl", 30),
    ("cancel.jsonl", 43),
    ("structured.jsonl", 63),
    ("newest.jsonl", 45),
    ("random.jsonl", 600),
];

fn load(file: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    Vector::load(&path).unwrap()
}

/// Checks a file of so many vectors on the local backend.
fn local(file: &str) {
    let vectors = load(file);
    assert!(FILES.contains(&(file, vectors.len())));
    assert_eq!(all_pass(&vectors, Backend::Local), vectors.len());
}

/// How many were compared.
fn all_pass(vectors: &[Vector], backend: Backend) -> usize {
    let checked = check(vectors, backend, false);
    let verdicts = checked.iter().filter_map(|(vector, verdict)| Some((vector, verdict.as_ref()?)));
    let (passed, failed): (Vec<_>, Vec<_>) =
        verdicts.partition(|(_, verdict)| **verdict == Verdict::Passed);
    let failed =
        failed.iter().map(|(vector, verdict)| format!("{}\n  {verdict}\n", vector.scenario.id()));
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.concat());
    passed.len()
}

#[test]
fn core() {
    local("core.jsonl");
}

#[test]
fn cancel() {
    local("cancel.jsonl");
}

#[test]
fn structured() {
    local("structured.jsonl");
}

#[test]
fn newest() {
    local("newest.jsonl");
}

#[test]
fn random() {
    local("random.jsonl");
}

/// Those that are free of races, in real time. `cargo xtask conformance` runs them with other numbers of workers.
#[test]
fn on_two_workers() {
    let vectors: Vec<Vector> = FILES.iter().flat_map(|(file, _)| load(file)).collect();
    let workers = NonZeroUsize::new(2).unwrap();
    assert_eq!(all_pass(&vectors, Backend::Steal { workers }), 391);
}
