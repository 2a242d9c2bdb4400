//! Measuring all of them, in turn.

use std::fs;
use std::path::Path;

use crate::bars::{BARS, judge};
use crate::child;
use crate::figure::Figure;
use crate::one::SMOKE;
use crate::parked::{self, METERS};
use crate::python;
use crate::runtimes::profile;
use crate::table;
use crate::workloads::{self, Row};

/// What is to be measured, and how often.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// All, if empty.
    pub(crate) workloads: Vec<String>,
    /// All, if empty.
    pub(crate) runtimes: Vec<String>,
    pub(crate) rounds: Option<usize>,
    /// Once and in a tiny size: does it work at all?
    pub(crate) smoke: bool,
}

/// How often, unless the command line says.
const ROUNDS: usize = 15;
/// How often, at most, where a round takes long.
const FEW: usize = 5;

/// Measures, prints, and writes the figures to the file.
pub(crate) fn compare(selection: &Selection, json: Option<&Path>) -> Result<(), String> {
    let (rows, parked) = (selection.rows()?, selection.parked());
    let loops = selection.loops();
    let mut figures = Vec::new();
    for row in rows {
        let measured = measure(&row, &loops, selection)?;
        println!("{}", table::of(&measured));
        figures.extend(measured);
    }
    for measured in measure_parked(&parked, selection)? {
        println!("{}", table::of(&measured));
        figures.extend(measured);
    }
    if selection.smoke {
        println!("everything works; the figures of a smoke run mean nothing");
    } else {
        print_bars(&figures);
    }
    if let Some(path) = json {
        let text = Figure::to_json(&figures).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

impl Selection {
    /// The workloads that are wanted, with the runtimes that are.
    fn rows(&self) -> Result<Vec<Row>, String> {
        let mut rows = workloads::list();
        for name in &self.workloads {
            if !rows.iter().map(|row| row.name).chain(METERS).any(|known| known == name) {
                let known: Vec<_> = rows.iter().map(|row| row.name).chain(METERS).collect();
                return Err(format!("no workload `{name}`; there are: {}", known.join(", ")));
            }
        }
        for name in &self.runtimes {
            profile(name).ok_or_else(|| format!("there is no runtime `{name}`"))?;
        }
        rows.retain(|row| is_wanted(&self.workloads, row.name));
        for row in &mut rows {
            row.cells.retain(|cell| is_wanted(&self.runtimes, cell.runtime));
        }
        let python = python::LOOPS.iter().any(|name| is_wanted(&self.runtimes, name));
        rows.retain(|row| !row.cells.is_empty() || python && python::knows(row.name));
        Ok(rows)
    }

    /// The runtimes of which the memory is wanted.
    fn parked(&self) -> Vec<&'static str> {
        let wanted = METERS.iter().any(|meter| is_wanted(&self.workloads, meter));
        let runtimes = parked::runtimes().filter(|name| wanted && is_wanted(&self.runtimes, name));
        runtimes.collect()
    }

    /// Those of Python's event loops that are wanted and found.
    fn loops(&self) -> Vec<&'static str> {
        let mut loops = python::LOOPS.to_vec();
        loops.retain(|name| is_wanted(&self.runtimes, name));
        loops.retain(|name| {
            let there = python::is_there(name);
            if !there {
                println!("skipped: {name} (python3 is missing, too old, or can't import it)\n");
            }
            there
        });
        loops
    }

    fn rounds(&self, few: bool) -> usize {
        let wanted = self.rounds.unwrap_or(ROUNDS);
        match (self.smoke, few) {
            (true, _) => 1,
            (false, true) => wanted.min(FEW),
            (false, false) => wanted,
        }
    }
}

fn is_wanted(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|wanted| wanted == name)
}

/// One workload on its runtimes and on Python's event loops, round by round.
fn measure(
    row: &Row,
    loops: &[&'static str],
    selection: &Selection,
) -> Result<Vec<Figure>, String> {
    let rounds = selection.rounds(row.few);
    let loops = loops.iter().copied().filter(|_| python::knows(row.name));
    let names = row.cells.iter().map(|cell| cell.runtime);
    let mut times: Vec<_> = names.chain(loops).map(|name| (name, Vec::new())).collect();
    for round in 0..rounds {
        for (name, times) in &mut times {
            let [time] = if !python::LOOPS.contains(name) {
                child::workload(row.name, name, selection.smoke)?
            } else if round < python::ROUNDS {
                let size = if selection.smoke { SMOKE } else { row.size };
                child::python(name, row.name, size)?
            } else {
                continue;
            };
            times.push(time);
        }
    }
    Ok(Figure::of_workload(row.name, times))
}

/// What parked tasks take of memory, by each meter.
fn measure_parked(runtimes: &[&str], selection: &Selection) -> Result<Vec<Vec<Figure>>, String> {
    if runtimes.is_empty() {
        return Ok(Vec::new());
    }
    child::build_parked()?;
    let mut read = vec![[const { Vec::new() }; METERS.len()]; runtimes.len()];
    for _ in 0..selection.rounds(true) {
        for (runtime, read) in runtimes.iter().zip(&mut read) {
            for (value, read) in child::parked(runtime, selection.smoke)?.into_iter().zip(read) {
                read.push(value);
            }
        }
    }
    let figures = METERS.iter().enumerate().map(|(meter, name)| {
        let values = read.iter().map(|read| read[meter].clone());
        Figure::of_workload(name, runtimes.iter().copied().zip(values))
    });
    Ok(figures.collect())
}

fn print_bars(figures: &[Figure]) {
    let judged = judge(figures);
    for (number, text) in (1..).zip(BARS) {
        println!("bar {number}: {text}");
        for judged in judged.iter().filter(|judged| judged.bar == number) {
            println!("{judged}");
        }
    }
    let held = judged.iter().filter(|judged| judged.held).count();
    println!("\n{held} held, {} missed", judged.len() - held);
}
