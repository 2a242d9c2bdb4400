//! What is left of a trace when times or the order among tasks do not count.

/// The events of each task, without times, in the order in which the tasks first appear.
pub(crate) fn per_task(trace: &[String]) -> Vec<(String, Vec<String>)> {
    let mut split: Vec<(String, Vec<String>)> = Vec::new();
    for line in trace {
        let Some((head, rest)) = line.split_once(' ') else { continue };
        let Some((task, event)) = rest.split_once(' ') else { continue };
        let event = match head {
            "final" => format!("final {event}"),
            _ => event.to_string(),
        };
        match split.iter_mut().find(|(name, _)| name == task) {
            Some((_, events)) => events.push(event),
            None => split.push((task.to_string(), vec![event])),
        }
    }
    split
}

/// The lines without their times.
pub(crate) fn untimed(trace: &[String]) -> Vec<String> {
    let without = |line: &String| match line.split_once(' ') {
        Some((_, event)) if time(line).is_some() => event.to_string(),
        _ => line.clone(),
    };
    trace.iter().map(without).collect()
}

/// When a line's event was, if the line tells.
pub(crate) fn time(line: &str) -> Option<u64> {
    line.split_once(' ')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_left_out() {
        let trace = ["0 main start", "final main done none"].map(String::from);
        assert_eq!(untimed(&trace), ["main start", "final main done none"]);
    }

    #[test]
    fn a_trace_is_split_by_task_and_without_times() {
        let trace = [
            "0 main start",
            "5 a start",
            "7 - closing []",
            "final main done none",
            "final a cancelled",
        ];
        let trace: Vec<String> = trace.map(String::from).to_vec();
        let expected = [
            ("main", vec!["start", "final done none"]),
            ("a", vec!["start", "final cancelled"]),
            ("-", vec!["closing []"]),
        ];
        let own = |(task, events): (&str, Vec<&str>)| {
            (task.to_string(), events.into_iter().map(String::from).collect())
        };
        assert_eq!(per_task(&trace), expected.map(own));
    }
}
