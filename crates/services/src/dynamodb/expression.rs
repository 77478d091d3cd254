//! The expression language: conditions, filters, key conditions, projections and updates
//! ("Using expressions in DynamoDB", Developer Guide).
//!
//! Expressions are parsed against the request's `#names` and `:values`, so that what comes out
//! names attributes and holds values; then they are applied to items. Knows nothing of tables,
//! callers or storage. Start at [`Placeholders`], then `parse.rs`.

mod apply;
mod condition;
mod lexer;
mod parse;
mod path;
mod projection;
mod update;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use gateway::Fault;
use serde_json::{Map, Value};

use super::faults::invalid;
use super::value::{Attr, read_value};

pub use condition::{Comparison, Condition, Operand};
pub use path::{Path, Step};
pub use projection::Projection;
pub use update::Update;

/// Bytes of one expression.
const MAX_BYTES: usize = 4096;

/// What an expression may name beside attributes, and which of it was named.
#[derive(Debug, Default)]
pub struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Attr>,
    used_names: RefCell<BTreeSet<String>>,
    used_values: RefCell<BTreeSet<String>>,
    attributes: RefCell<BTreeSet<String>>,
}

impl Placeholders {
    /// Reads `ExpressionAttributeNames` and `ExpressionAttributeValues`.
    ///
    /// # Errors
    /// `ValidationException` for empty maps, keys that are no placeholders, and wrong values.
    pub fn read(
        names: Option<&BTreeMap<String, String>>,
        values: Option<&Map<String, Value>>,
    ) -> Result<Self, Fault> {
        let empty = |what: &str| invalid(format!("{what} must not be empty"));
        let wrong = |what: &str, key: &str| {
            invalid(format!("{what} contains invalid key: Syntax error; key: \"{key}\""))
        };
        if names.is_some_and(BTreeMap::is_empty) {
            return Err(empty("ExpressionAttributeNames"));
        }
        if values.is_some_and(Map::is_empty) {
            return Err(empty("ExpressionAttributeValues"));
        }
        let mut read = Self::default();
        for (key, name) in names.into_iter().flatten() {
            if !lexer::is_placeholder(key, '#') {
                return Err(wrong("ExpressionAttributeNames", key));
            }
            read.names.insert(key.clone(), name.clone());
        }
        for (key, value) in values.into_iter().flatten() {
            if !lexer::is_placeholder(key, ':') {
                return Err(wrong("ExpressionAttributeValues", key));
            }
            let contains = |fault: Fault| {
                invalid(format!(
                    "ExpressionAttributeValues contains invalid value: {} for key {key}",
                    fault.message
                ))
            };
            read.values.insert(key.clone(), read_value(value).map_err(contains)?);
        }
        Ok(read)
    }

    /// Refuses placeholders that no expression of the request named. Call it when all are parsed.
    ///
    /// # Errors
    /// `ValidationException`.
    pub fn all_used(&self) -> Result<(), Fault> {
        let (used_names, used_values) = (self.used_names.borrow(), self.used_values.borrow());
        let unused = |what: &str, keys: Vec<&str>| {
            invalid(format!(
                "Value provided in {what} unused in expressions: keys: {{{}}}",
                keys.join(", ")
            ))
        };
        let of = |used: &BTreeSet<String>, key: &String| !used.contains(key);
        let names: Vec<_> =
            self.names.keys().filter(|key| of(&used_names, key)).map(String::as_str).collect();
        if !names.is_empty() {
            return Err(unused("ExpressionAttributeNames", names));
        }
        let values: Vec<_> =
            self.values.keys().filter(|key| of(&used_values, key)).map(String::as_str).collect();
        if !values.is_empty() {
            return Err(unused("ExpressionAttributeValues", values));
        }
        Ok(())
    }

    /// The attributes at the top of an item that the parsed expressions name.
    pub fn attributes(&self) -> BTreeSet<String> {
        self.attributes.borrow().clone()
    }

    fn name(&self, key: &str) -> Option<String> {
        let name = self.names.get(key)?;
        self.used_names.borrow_mut().insert(key.to_owned());
        Some(name.clone())
    }

    fn value(&self, key: &str) -> Option<Attr> {
        let value = self.values.get(key)?;
        self.used_values.borrow_mut().insert(key.to_owned());
        Some(value.clone())
    }

    fn touch(&self, attribute: &str) {
        self.attributes.borrow_mut().insert(attribute.to_owned());
    }
}

/// Parses a `ConditionExpression`, `FilterExpression` or `KeyConditionExpression`; `what` is the
/// parameter's name.
///
/// # Errors
/// `ValidationException` in DynamoDB's words.
pub fn condition(what: &'static str, text: &str, known: &Placeholders) -> Result<Condition, Fault> {
    parse::Parser::new(what, text, known)?.condition()
}

/// Parses a `ProjectionExpression`.
///
/// # Errors
/// As [`condition`].
pub fn projection(text: &str, known: &Placeholders) -> Result<Projection, Fault> {
    let what = "ProjectionExpression";
    let paths = parse::Parser::new(what, text, known)?.paths()?;
    path::apart(what, &paths)?;
    Ok(Projection::new(paths))
}

/// Parses an `UpdateExpression`.
///
/// # Errors
/// As [`condition`].
pub fn update(text: &str, known: &Placeholders) -> Result<Update, Fault> {
    let update = parse::Parser::new("UpdateExpression", text, known)?.update()?;
    let paths: Vec<Path> = update.paths().cloned().collect();
    path::apart("UpdateExpression", &paths)?;
    Ok(update)
}

#[cfg(test)]
mod tests;
