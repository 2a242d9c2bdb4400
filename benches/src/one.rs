//! One measurement, in this process.

use crate::workloads;

/// Measures `workload` on `runtime`: nanoseconds an operation.
///
/// # Errors
///
/// Names that are not known, and a wrong result, with both names.
pub(crate) fn one(workload: &str, runtime: &str, smoke: bool) -> Result<f64, String> {
    let rows = workloads::list();
    let row = rows.iter().find(|row| row.name == workload);
    let row = row.ok_or_else(|| format!("there is no workload `{workload}`"))?;
    let cell = row.cells.iter().find(|cell| cell.runtime == runtime);
    let cell = cell.ok_or_else(|| format!("`{workload}` does not run on `{runtime}`"))?;
    row.measure(cell, smoke).map_err(|wrong| format!("{workload} on {runtime} is wrong: {wrong}"))
}
