//! Figures for people.

use std::fmt::Write as _;

use crate::figure::{Figure, best_rival};
use crate::runtimes::{Role, profile};

/// The table of one workload.
pub(crate) fn of(figures: &[Figure]) -> String {
    let mut text = String::new();
    let name = figures.first().map_or("", |figure| figure.workload.as_str());
    let _ = writeln!(
        text,
        "{name:<24} {:>10} {:>10} {:>7} {:>7}",
        unit(name),
        "min",
        "spread",
        "ratio"
    );
    for figure in figures {
        let _ = write!(
            text,
            "  {:<22} {:>10.1} {:>10.1} {:>6.0}%",
            figure.runtime,
            figure.median,
            figure.min,
            figure.spread * 100.0
        );
        if let Some(ratio) = figure.ratio_to_best_rival {
            let _ = write!(text, " {ratio:>7.2}");
        }
        let _ = writeln!(text, "{}", verdict(figure, figures));
    }
    text
}

/// What the figures count.
fn unit(workload: &str) -> &'static str {
    match workload {
        "parked_heap" | "parked_rss" => "bytes",
        "parked_allocations" => "count",
        _ => "ns",
    }
}

/// For cede, how it did against the best rival.
fn verdict(figure: &Figure, figures: &[Figure]) -> String {
    let is_cede = profile(&figure.runtime).is_some_and(|runtime| runtime.role == Role::Cede);
    let (true, Some(rival)) = (is_cede, best_rival(figure, figures)) else { return String::new() };
    let word = if figure.median <= rival.median { "won against" } else { "lost to" };
    format!("  {word} {}", rival.runtime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winning_and_losing_are_told_alike() {
        let measured = [
            ("cede-local", vec![1.0]),
            ("tokio-current", vec![2.0]),
            ("cede-steal", vec![3.0]),
            ("tokio-multi", vec![2.0]),
        ];
        let text = of(&Figure::of_workload("w", measured));
        assert!(text.contains("0.50  won against tokio-current\n"), "{text}");
        assert!(text.contains("1.50  lost to tokio-multi\n"), "{text}");
    }
}
