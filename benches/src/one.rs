//! One measurement, in this process.

use crate::workloads::{self, Effort, Row};

/// What of a measurement is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nanoseconds for an operation.
    Time,
    /// The same in a tiny size, only to see that it works.
    Smoke,
    /// How many operations it has, in a size that callgrind can bear: it counts what they take.
    Operations,
}

/// The largest size of a smoke run.
pub(crate) const SMOKE: usize = 100;
/// The largest size under callgrind.
const COUNTED: usize = 1_000;

/// Runs `workload` on `runtime`.
///
/// # Errors
///
/// Names that are not known, and a wrong result, with both names.
pub(crate) fn one(workload: &str, runtime: &str, wanted: Wanted) -> Result<f64, String> {
    let rows = workloads::list();
    let row = rows.iter().find(|row| row.name == workload);
    measured(row.ok_or_else(|| format!("there is no workload `{workload}`"))?, runtime, wanted)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn measured(row: &Row, runtime: &str, wanted: Wanted) -> Result<f64, String> {
    let cell = row.cells.iter().find(|cell| cell.runtime == runtime);
    let cell = cell.ok_or_else(|| format!("`{}` does not run on `{runtime}`", row.name))?;
    let effort = match wanted {
        Wanted::Time => Effort::Full,
        Wanted::Smoke => Effort::AtMost(SMOKE),
        Wanted::Operations => Effort::AtMost(COUNTED),
    };
    let wrong = |wrong| format!("{} on {runtime} is wrong: {wrong}", row.name);
    let (took, operations) = row.measure(cell, effort).map_err(wrong)?;
    match wanted {
        Wanted::Operations => Ok(operations as f64),
        Wanted::Time | Wanted::Smoke => Ok(took.as_secs_f64() * 1e9 / operations as f64),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runtimes::Runtime;
    use crate::workloads::{Timed, Workload, same};

    #[test]
    fn names_that_are_not_known_are_told() {
        let error = |workload, runtime| one(workload, runtime, Wanted::Smoke).unwrap_err();
        assert!(error("spwan", "floor").contains("`spwan`"));
        assert!(error("spawn_join", "flor").contains("`flor`"));
        assert!(error("spawn_outside", "floor").contains("`floor`"));
    }

    /// Finds one task too few.
    enum AlwaysWrong {}

    impl Workload for AlwaysWrong {
        async fn body<R: Runtime>(size: usize) -> Timed {
            same("tasks", size - 1, size)?;
            Ok(Duration::ZERO)
        }
    }

    #[test]
    fn a_wrong_result_names_workload_and_runtime() {
        let row = Row::new("always_wrong", 3).on_cede::<AlwaysWrong>();
        for runtime in ["cede-local", "cede-steal"] {
            let error = measured(&row, runtime, Wanted::Time).unwrap_err();
            let told = format!("always_wrong on {runtime} is wrong: tasks: 2 instead of 3");
            assert_eq!(error, told);
        }
    }

    #[test]
    fn operations_are_counted_in_a_size_that_callgrind_can_bear() {
        assert_eq!(one("yield_many", "floor", Wanted::Operations), Ok(100_000.0));
        assert_eq!(one("spawn_join", "floor", Wanted::Operations), Ok(1_000.0));
    }
}
