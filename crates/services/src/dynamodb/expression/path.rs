//! Document paths: `a.b[2]`. Start at [`Path`].

use std::fmt;

use gateway::Fault;

use super::super::faults::invalid;
use super::super::value::{Attr, Item};

/// One step below an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An entry of a map.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// A place in an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The attribute of the item.
    pub attribute: String,
    /// What lies below it.
    pub steps: Vec<Step>,
}

impl Path {
    /// An attribute of the item.
    pub fn top(attribute: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), steps: Vec::new() }
    }

    /// The value at the place.
    pub fn of<'i>(&self, item: &'i Item) -> Option<&'i Attr> {
        self.steps.iter().try_fold(item.get(&self.attribute)?, |value, step| match (value, step) {
            (Attr::M(entries), Step::Key(key)) => entries.get(key),
            (Attr::L(items), Step::Index(at)) => items.get(*at),
            _ => None,
        })
    }
}

impl fmt::Display for Path {
    /// As error texts show it: `[a, b, [2]]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.attribute)?;
        for step in &self.steps {
            match step {
                Step::Key(key) => write!(f, ", {key}")?,
                Step::Index(at) => write!(f, ", [{at}]")?,
            }
        }
        write!(f, "]")
    }
}

/// Refuses two paths of which one lies in the other, or that want one place to be both a map and a
/// list.
///
/// # Errors
/// `ValidationException`.
pub(super) fn apart(what: &str, paths: &[Path]) -> Result<(), Fault> {
    for (at, later) in paths.iter().enumerate() {
        for earlier in paths.iter().take(at) {
            let Some(how) = meeting(earlier, later) else { continue };
            return Err(invalid(format!(
                "Invalid {what}: Two document paths {how} with each other; must remove or rewrite \
                 one of these paths; path one: {earlier}, path two: {later}"
            )));
        }
    }
    Ok(())
}

fn meeting(one: &Path, two: &Path) -> Option<&'static str> {
    if one.attribute != two.attribute {
        return None;
    }
    let differ = one.steps.iter().zip(&two.steps).find(|(one, two)| one != two);
    match differ {
        None => Some("overlap"),
        Some((Step::Key(_), Step::Index(_)) | (Step::Index(_), Step::Key(_))) => Some("conflict"),
        Some(_) => None,
    }
}
