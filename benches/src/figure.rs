//! What the rounds come to.

use serde::{Deserialize, Serialize};

use crate::runtimes::{LIST, Role, profile};

/// What a workload takes on a runtime: nanoseconds for an operation, or what the [meters](crate::parked::METERS) say for a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) workload: String,
    pub(crate) runtime: String,
    #[serde(rename = "median_ns")]
    pub(crate) median: f64,
    #[serde(rename = "min_ns")]
    pub(crate) min: f64,
    /// From the first quartile to the third, as a share of the median.
    pub(crate) spread: f64,
    /// The median, over that of the fastest rival of the same class.
    pub(crate) ratio_to_best_rival: Option<f64>,
}

impl Figure {
    /// The figures of one workload, from what was measured on each runtime; in the order of the [list](LIST).
    pub(crate) fn of_workload<R: Into<String>>(
        workload: &str,
        measured: impl IntoIterator<Item = (R, Vec<f64>)>,
    ) -> Vec<Figure> {
        let new = |(runtime, times): (R, Vec<f64>)| Figure::new(workload, runtime.into(), times);
        let mut figures: Vec<_> = measured.into_iter().map(new).collect();
        figures.sort_by_key(|figure| LIST.iter().position(|p| p.name == figure.runtime));
        let ratios: Vec<_> = figures
            .iter()
            .map(|figure| Some(figure.median / best_rival(figure, &figures)?.median))
            .collect();
        for (figure, ratio) in figures.iter_mut().zip(ratios) {
            figure.ratio_to_best_rival = ratio;
        }
        figures
    }

    pub(crate) fn to_json(figures: &[Figure]) -> serde_json::Result<String> {
        serde_json::to_string_pretty(figures)
    }

    fn new(workload: &str, runtime: String, mut times: Vec<f64>) -> Self {
        times.sort_unstable_by(f64::total_cmp);
        let at = |quarter: usize| times[(times.len() - 1) * quarter / 4];
        Figure {
            workload: workload.to_owned(),
            runtime,
            median: at(2),
            min: at(0),
            // Nothing spreads about nothing.
            spread: if at(2) > 0.0 { (at(3) - at(1)) / at(2) } else { 0.0 },
            ratio_to_best_rival: None,
        }
    }
}

/// The fastest rival of the same class among `figures`, which are of one workload.
pub(crate) fn best_rival<'a>(figure: &Figure, figures: &'a [Figure]) -> Option<&'a Figure> {
    let class = profile(&figure.runtime)?.class;
    let rivals = figures.iter().filter(|other| {
        let role = |role| matches!(role, Role::Rival | Role::Other);
        profile(&other.runtime).is_some_and(|other| other.class == class && role(other.role))
    });
    rivals.min_by(|a, b| a.median.total_cmp(&b.median))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up() -> Vec<Figure> {
        let measured = [
            ("cede-local", vec![30.0, 10.0, 20.0, 40.0, 50.0]),
            ("floor", vec![5.0]),
            ("tokio-current", vec![60.0]),
            ("local-executor", vec![40.0]),
            ("tokio-multi", vec![1.0]),
        ];
        Figure::of_workload("w", measured)
    }

    #[test]
    fn the_rounds_come_to_median_minimum_and_spread() {
        let figure = &made_up()[0];
        assert_eq!((figure.median, figure.min), (30.0, 10.0));
        assert!((figure.spread - 20.0 / 30.0).abs() < 1e-9);
    }

    #[test]
    fn the_best_rival_is_of_the_same_class_and_not_the_floor() {
        let figures = made_up();
        assert_eq!(figures[0].ratio_to_best_rival, Some(0.75));
        assert_eq!(best_rival(&figures[0], &figures).unwrap().runtime, "local-executor");
    }

    #[test]
    fn json_has_the_promised_shape() {
        let figures =
            Figure::of_workload("w", [("cede-local", vec![3.0]), ("local-pool", vec![2.0])]);
        let value: serde_json::Value =
            serde_json::from_str(&Figure::to_json(&figures).unwrap()).unwrap();
        let cede = serde_json::json!({
            "workload": "w",
            "runtime": "cede-local",
            "median_ns": 3.0,
            "min_ns": 3.0,
            "spread": 0.0,
            "ratio_to_best_rival": 1.5,
        });
        assert_eq!(value[0], cede);
        assert_eq!(value[1]["runtime"], "local-pool");
    }

    #[test]
    fn without_a_rival_there_is_no_ratio() {
        let figures = Figure::of_workload("w", [("cede-local", vec![1.0]), ("floor", vec![1.0])]);
        assert_eq!(figures[0].ratio_to_best_rival, None);
    }
}
