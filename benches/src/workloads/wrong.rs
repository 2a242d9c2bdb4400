//! Results that are not as they should be.

use std::fmt::{self, Debug, Display};

/// What a workload found to be wrong. Who ran it adds its name, and the runtime's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong(String);

/// An error unless they are equal.
pub(crate) fn same<T: Copy + PartialEq + Debug>(
    what: &str,
    found: T,
    wanted: T,
) -> Result<(), Wrong> {
    if found == wanted {
        return Ok(());
    }
    Err(Wrong(format!("{what}: {found:?} instead of {wanted:?}")))
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told() {
        assert_eq!(same("tasks", 3, 3), Ok(()));
        let wrong = same("tasks", 2, 3).unwrap_err();
        assert_eq!(wrong.to_string(), "tasks: 2 instead of 3");
    }
}
