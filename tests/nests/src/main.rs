//! Compares cede with the rules, on as many random nests as you like.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cede_nests::{Fate, Nest, check, fates, generate, shrink};

const HELP: &str = "\
cede-nests --count N [--seed S] [--threads K]

Runs N random nests, from seed S on (0 if left out), on K threads (as many as there are processors), and
compares what cede does with what the rules say. Prints the first difference, made as small as possible.";

struct Options {
    count: u64,
    seed: u64,
    threads: usize,
}

/// What the threads have found.
#[derive(Default)]
struct Found {
    failed: Vec<u64>,
    fates: BTreeMap<Fate, u64>,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(options) => compare(&options),
        Err(why) => {
            eprintln!("{why}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options { count: 0, seed: 0, threads };
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} wants a number"))?;
        let number: u64 = value.parse().map_err(|_| format!("{value} is no number"))?;
        match arg.as_str() {
            "--count" => options.count = number,
            "--seed" => options.seed = number,
            "--threads" => options.threads = usize::try_from(number).unwrap_or(1).max(1),
            _ => return Err(format!("what is {arg}?")),
        }
    }
    if options.count == 0 { Err("how many nests?".to_string()) } else { Ok(options) }
}

fn compare(options: &Options) -> ExitCode {
    let begin = Instant::now();
    // A panic is a difference, and told as such.
    std::panic::set_hook(Box::new(|_| ()));
    let taken = AtomicU64::new(0);
    let found = Mutex::new(Found::default());
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| work(options, &taken, &found));
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.failed.sort_unstable();
    if let Some(seed) = found.failed.first() {
        explain(*seed);
    }
    let failed = u64::try_from(found.failed.len()).expect("it fits");
    println!("requests: {}", listed(&found.fates));
    println!("{:.1} s", begin.elapsed().as_secs_f64());
    println!("{} passed, {failed} failed", options.count - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Takes nests by the hundred until there are no more.
fn work(options: &Options, taken: &AtomicU64, found: &Mutex<Found>) {
    const STRIDE: u64 = 100;
    let mut mine = Found::default();
    loop {
        let first = taken.fetch_add(STRIDE, Ordering::Relaxed);
        if first >= options.count {
            break;
        }
        for index in first..options.count.min(first + STRIDE) {
            let seed = options.seed.wrapping_add(index);
            let nest = generate(seed);
            match check(&nest) {
                Ok(record) => {
                    for (_, fate) in fates(&nest, &record) {
                        *mine.fates.entry(fate).or_default() += 1;
                    }
                }
                Err(_) => mine.failed.push(seed),
            }
        }
    }
    let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.failed.extend(mine.failed);
    for (fate, count) in mine.fates {
        *found.fates.entry(fate).or_default() += count;
    }
}

/// Prints the smallest nest that fails as that of `seed` does.
fn explain(seed: u64) {
    let nest: Nest = shrink(generate(seed), |nest| check(nest).is_err());
    println!("seed {seed}: cargo run --release -q -p cede-nests -- --count 1 --seed {seed}\n");
    println!("{nest}");
    if let Err(difference) = check(&nest) {
        println!("{difference}");
    }
}

fn listed(fates: &BTreeMap<Fate, u64>) -> String {
    let one = |(fate, count): (&Fate, &u64)| format!("{count} {fate:?}");
    fates.iter().map(one).collect::<Vec<_>>().join(", ").to_lowercase()
}
