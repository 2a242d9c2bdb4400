//! Does cede do what the rules say?

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::predict;
use crate::program::Nest;
use crate::record::Record;
use crate::run::run;

/// What is wrong with cede, or with the model.
#[derive(Debug)]
pub enum Difference {
    /// Something happened that never may.
    Violated(Vec<String>),
    /// The model says something else.
    Differs {
        /// What the model says.
        model: Box<Record>,
        /// What cede does.
        cede: Box<Record>,
    },
}

/// Runs `nest` on cede, and compares that with the rules. The record is cede's.
///
/// # Errors
///
/// The first difference.
pub fn check(nest: &Nest) -> Result<Record, Difference> {
    // Nothing is used again of what a panic has left.
    catch_unwind(AssertUnwindSafe(|| compare(nest))).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().copied().map(str::to_string);
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "something else than a text".to_string());
        Err(Difference::Violated(vec![format!("panicked: {text}")]))
    })
}

fn compare(nest: &Nest) -> Result<Record, Difference> {
    let observed = run(nest);
    if !observed.violations.is_empty() {
        return Err(Difference::Violated(observed.violations));
    }
    let model = predict(nest);
    if model == observed.record {
        Ok(observed.record)
    } else {
        Err(Difference::Differs { model: Box::new(model), cede: Box::new(observed.record) })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Violated(violations) => {
                violations.iter().try_for_each(|violation| writeln!(f, "violated: {violation}"))
            }
            Difference::Differs { model, cede } => show(model, cede, f),
        }
    }
}

fn show(model: &Record, cede: &Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let same = model.facts.iter().zip(&cede.facts).take_while(|(one, other)| one == other).count();
    for fact in &cede.facts[..same] {
        writeln!(f, "         {fact}")?;
    }
    for (who, facts) in [("model", &model.facts), ("cede ", &cede.facts)] {
        for fact in facts.iter().skip(same).take(4) {
            writeln!(f, "  {who}: {fact}")?;
        }
    }
    for (no, (model, cede)) in model.finals.iter().zip(&cede.finals).enumerate() {
        if model != cede {
            writeln!(f, "  model: task {no} ends {model:?}\n  cede : task {no} ends {cede:?}")?;
        }
    }
    if model.expired != cede.expired {
        writeln!(f, "  model: struck {:?}\n  cede : struck {:?}", model.expired, cede.expired)?;
    }
    Ok(())
}
