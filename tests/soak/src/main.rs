//! Works cede-steal at random for a long time, and counts every task: created = finished + cancelled + panicked, every future and every value dropped
//! once, nothing left waiting, memory flat.
//!
//! `cargo xtask soak --seconds N` runs it. A round is one pool, with 1, 2 or 8 workers.
#![forbid(unsafe_code)]

mod ledger;
mod program;
mod round;
mod watchdog;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ledger::Totals;
use watchdog::Watchdog;

const ROUND: Duration = Duration::from_millis(500);
const WORKERS: [usize; 3] = [1, 2, 8];
/// Rounds before memory counts: allocators and thread-locals settle in the first.
const WARM: u64 = 20;
/// How much the memory may grow from then on: nothing but noise.
const NOISE: u64 = 48 << 20;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let seconds = match args.as_slice() {
        [option, seconds] if option == "--seconds" => seconds.parse().ok(),
        _ => None,
    };
    let Some(seconds) = seconds else {
        eprintln!("usage: cede-soak --seconds N");
        return ExitCode::from(2);
    };
    // It panics on purpose, very often; whatever is not on purpose ends the process by an assertion of the main thread.
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref() != Some(&"on purpose") {
            default(info);
        }
    }));
    cede::set_unobserved_hook(|_| {});
    let (watchdog, end) = (Watchdog::start(), Instant::now() + Duration::from_secs(seconds));
    let (mut totals, mut rounds, mut warm) = (Totals::default(), 0, None);
    while Instant::now() < end {
        let workers = WORKERS[fastrand::usize(..WORKERS.len())];
        totals.add(&round::run(workers, ROUND, &watchdog));
        rounds += 1;
        if rounds == WARM {
            warm = memory();
        }
    }
    let Totals { created, finished, cancelled, panicked, .. } = totals;
    println!(
        "{rounds} pools, {created} tasks = {finished} finished + {cancelled} cancelled + {panicked} panicked"
    );
    if let (Some(warm), Some(now)) = (warm, memory()) {
        println!("memory: {} MiB after {WARM} rounds, {} MiB at the end", warm >> 20, now >> 20);
        if now > warm + NOISE {
            eprintln!("memory is not flat");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What the process has in memory, where the system tells.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
}
