//! The bars: what cede wants to reach, and whether it does.

use std::fmt::{self, Display};

use crate::figure::Figure;
use crate::parked::METERS;
use crate::runtimes::{Class, Role, profile};

/// What became of one workload at one bar.
#[derive(Debug, PartialEq)]
pub(crate) struct Judged {
    /// From 1 to 5.
    pub(crate) bar: usize,
    pub(crate) workload: String,
    pub(crate) held: bool,
    /// The figures, with their limits.
    pub(crate) why: String,
}

/// What each bar demands.
pub(crate) const BARS: [&str; 5] = [
    "cede-local is at least as fast as the fastest of tokio-current, tokio-local-set and local-executor, and takes at most twice the floor",
    "cede-steal is at least as fast as the faster of tokio-multi and executor",
    "a parked task takes at most 192 bytes of heap and 240 of RSS, handle included, and 2 allocations",
    "among 1,000,000 tasks, one costs at most 1.3 times what it costs among 1,000",
    "a cancel that nobody catches costs no more than tokio's abort; a caught one that cleans up at most twice that",
];

/// The limits of bar 3, in the order of [`METERS`].
const MEMORY: [f64; 3] = [192.0, 240.0, 2.0];
const CEDE: [&str; 2] = ["cede-local", "cede-steal"];

/// Judges all that can be judged by these figures.
pub(crate) fn judge(figures: &[Figure]) -> Vec<Judged> {
    let mut judged = Vec::new();
    for figure in figures.iter().filter(|figure| CEDE.contains(&figure.runtime.as_str())) {
        judged.extend(speed(figure, figures));
        judged.extend(memory(figure));
        judged.extend(flatness(figure, figures));
        judged.extend(cancelling(figure, figures));
    }
    judged.sort_by_key(|judged| judged.bar);
    judged
}

/// Bars 1 and 2. Memory and flatness have bars of their own.
fn speed(figure: &Figure, figures: &[Figure]) -> Option<Judged> {
    let workload = figure.workload.as_str();
    let special =
        METERS.contains(&workload) || workload.ends_with("_1e3") || workload.ends_with("_1e6");
    let class = profile(&figure.runtime)?.class;
    let others = |role| fastest(figures, workload, class, role);
    let rival = others(Role::Rival).filter(|_| !special)?;
    let mut limits = vec![Limit::new(figure, rival, 1.0)];
    if let (Class::Single, Some(floor)) = (class, others(Role::Floor)) {
        limits.push(Limit::new(figure, floor, 2.0));
    }
    let bar = if class == Class::Single { 1 } else { 2 };
    Some(Judged::new(bar, workload.to_owned(), &limits))
}

/// Bar 3.
fn memory(figure: &Figure) -> Option<Judged> {
    let meter = METERS.iter().position(|meter| *meter == figure.workload)?;
    let limit = Limit { ratio: figure.median, most: MEMORY[meter], of: "for each task".into() };
    Some(Judged::new(3, on(figure, &figure.workload), &[limit]))
}

/// Bar 4.
fn flatness(figure: &Figure, figures: &[Figure]) -> Option<Judged> {
    let workload = figure.workload.strip_suffix("_1e6")?;
    let few = find(figures, &format!("{workload}_1e3"), &figure.runtime)?;
    let mut limit = Limit::new(figure, few, 1.3);
    limit.of = String::from("of that among 1,000");
    Some(Judged::new(4, on(figure, workload), &[limit]))
}

/// Bar 5. tokio's abort is its way to cancel sleeping tasks.
fn cancelling(figure: &Figure, figures: &[Figure]) -> Option<Judged> {
    let limit = match figure.workload.as_str() {
        "cancel_sleeping" => 1.0,
        "catch_cancel" => 2.0,
        _ => return None,
    };
    let class = profile(&figure.runtime)?.class;
    let abort = figures.iter().filter(|other| {
        let tokio = other.runtime.starts_with("tokio");
        let same = profile(&other.runtime).is_some_and(|other| other.class == class);
        tokio && same && other.workload == "cancel_sleeping"
    });
    let abort = abort.min_by(|a, b| a.median.total_cmp(&b.median))?;
    let mut limit = Limit::new(figure, abort, limit);
    limit.of = format!("of the abort of {}", abort.runtime);
    Some(Judged::new(5, on(figure, &figure.workload), &[limit]))
}

/// A ratio that must not be above its limit. Hundredths count, and no more: that is what is shown.
struct Limit {
    ratio: f64,
    most: f64,
    of: String,
}

impl Limit {
    fn new(figure: &Figure, other: &Figure, most: f64) -> Self {
        let ratio = figure.median / other.median;
        Limit { ratio, most, of: format!("of {}", other.runtime) }
    }

    fn holds(&self) -> bool {
        (self.ratio * 100.0).round() <= self.most * 100.0
    }
}

impl Judged {
    fn new(bar: usize, workload: String, limits: &[Limit]) -> Self {
        let why = limits
            .iter()
            .map(|Limit { ratio, most, of }| format!("{ratio:.2} {of} (at most {most})"));
        Judged {
            bar,
            workload,
            held: limits.iter().all(Limit::holds),
            why: why.collect::<Vec<_>>().join(", "),
        }
    }
}

impl Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.held { "held" } else { "missed" };
        write!(f, "  {word:<7} {:<30} {}", self.workload, self.why)
    }
}

fn on(figure: &Figure, workload: &str) -> String {
    format!("{workload} on {}", figure.runtime)
}

fn find<'a>(figures: &'a [Figure], workload: &str, runtime: &str) -> Option<&'a Figure> {
    figures.iter().find(|figure| figure.workload == workload && figure.runtime == runtime)
}

fn fastest<'a>(
    figures: &'a [Figure],
    workload: &str,
    class: Class,
    role: Role,
) -> Option<&'a Figure> {
    let those = figures.iter().filter(|figure| {
        let fits = profile(&figure.runtime).is_some_and(|p| p.class == class && p.role == role);
        fits && figure.workload == workload
    });
    those.min_by(|a, b| a.median.total_cmp(&b.median))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made-up figures of a workload: one measurement each.
    fn figures(workload: &str, measured: &[(&str, f64)]) -> Vec<Figure> {
        Figure::of_workload(workload, measured.iter().map(|(name, time)| (*name, vec![*time])))
    }

    fn verdicts(figures: &[Figure]) -> Vec<(usize, String, bool)> {
        judge(figures).into_iter().map(|j| (j.bar, j.workload, j.held)).collect()
    }

    #[test]
    fn cede_local_must_beat_its_rivals_and_stay_near_the_floor() {
        let rivals = [("tokio-current", 100.0), ("local-executor", 90.0), ("local-pool", 10.0)];
        for (cede, floor, held) in
            [(90.0, 45.0, true), (91.0, 80.0, false), (90.0, 44.0, false), (90.4, 80.0, true)]
        {
            let mut all = rivals.to_vec();
            all.extend([("cede-local", cede), ("floor", floor)]);
            assert_eq!(
                verdicts(&figures("w", &all)),
                [(1, "w".to_owned(), held)],
                "{cede} {floor}"
            );
        }
    }

    #[test]
    fn cede_steal_is_measured_against_pools_alone() {
        let all = [
            ("cede-steal", 100.0),
            ("tokio-multi", 100.0),
            ("static-executor", 50.0),
            ("tokio-current", 10.0),
            ("floor", 1.0),
        ];
        assert_eq!(verdicts(&figures("w", &all)), [(2, "w".to_owned(), true)]);
        assert_eq!(verdicts(&figures("w", &all[..1])), []);
    }

    #[test]
    fn memory_has_limits_of_its_own() {
        let mut all = figures("parked_heap", &[("cede-local", 192.0), ("tokio-current", 1.0)]);
        all.extend(figures("parked_allocations", &[("cede-steal", 2.1)]));
        let parked = |what: &str, held| (3, format!("parked_{what}"), held);
        assert_eq!(
            verdicts(&all),
            [parked("heap on cede-local", true), parked("allocations on cede-steal", false)]
        );
    }

    #[test]
    fn flat_is_a_million_against_a_thousand() {
        for (many, held) in [(130.0, true), (132.0, false)] {
            let mut all = figures("spawn_1e3", &[("cede-local", 100.0), ("tokio-current", 1.0)]);
            all.extend(figures("spawn_1e6", &[("cede-local", many), ("tokio-current", 1.0)]));
            assert_eq!(verdicts(&all), [(4, "spawn on cede-local".to_owned(), held)]);
        }
    }

    #[test]
    fn cancelling_is_measured_against_aborting() {
        let mut all = figures("cancel_sleeping", &[("cede-steal", 90.0), ("tokio-multi", 90.0)]);
        all.extend(figures("catch_cancel", &[("cede-steal", 190.0), ("tokio-multi", 500.0)]));
        let bar = |bar, what: &str, held| (bar, what.to_owned(), held);
        assert_eq!(
            verdicts(&all),
            [
                bar(2, "cancel_sleeping", true),
                bar(2, "catch_cancel", true),
                bar(5, "cancel_sleeping on cede-steal", true),
                bar(5, "catch_cancel on cede-steal", false),
            ]
        );
    }
}
