//! The few places excused from a rule: `crates/xtask/exceptions.toml`.
//!
//! The list may only shrink: an entry that excuses nothing any more is itself a problem, so a
//! place that was put right cannot go wrong again unnoticed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::check::Problem;
use crate::read;

const FILE: &str = "crates/xtask/exceptions.toml";

/// Excused places by rule, and whether each was needed in this run.
pub struct Exceptions(BTreeMap<(String, String), bool>);

impl Exceptions {
    /// Reads the list: a table per rule, in it `"place" = "reason"`.
    pub fn load(root: &Path) -> Result<Self, String> {
        let text = read(&root.join(FILE))?;
        let table: toml::Table = text.parse().map_err(|error| format!("{FILE}: {error}"))?;
        let mut entries = BTreeMap::new();
        for (rule, places) in table {
            let places = places.as_table().ok_or(format!("{FILE}: {rule} is not a table"))?;
            for (place, reason) in places {
                if reason.as_str().is_none_or(str::is_empty) {
                    return Err(format!("{FILE}: {rule}: {place} has no reason"));
                }
                entries.insert((rule.clone(), place.clone()), false);
            }
        }
        Ok(Self(entries))
    }

    /// Whether `place` is excused from `rule`; remembers that the entry was needed.
    pub fn excuse(&mut self, rule: &str, place: &str) -> bool {
        match self.0.get_mut(&(rule.to_owned(), place.to_owned())) {
            Some(needed) => {
                *needed = true;
                true
            }
            None => false,
        }
    }

    /// A problem for each entry that excused nothing.
    pub fn unused(&self) -> Vec<Problem> {
        let unneeded = self.0.iter().filter(|(_, needed)| !**needed);
        unneeded
            .map(|((rule, place), _)| {
                Problem::at(FILE, format!("{rule}: `{place}` is not needed any more: remove it"))
            })
            .collect()
    }
}
