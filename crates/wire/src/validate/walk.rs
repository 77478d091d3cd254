//! The walk over a value and its shape that finds every violation.
//!
//! Knows no words: `validate.rs` has them. Paths are written as AWS writes them:
//! `tags.1.member.tagKey`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::{Kind, Location, Member, Model, Operation, ShapeId, Structure};

/// Constraints that a value breaks.
pub(super) enum Broken<'m> {
    Missing,
    TooShort(f64),
    TooLong(f64),
    TooSmall(f64),
    TooLarge(f64),
    Pattern(&'m str),
    Enum(&'m [String]),
    MapKey(Box<Self>),
}

/// One broken constraint and where.
pub(super) struct Violation<'m> {
    /// `tags.1.member.tagKey`
    pub(super) path: String,
    /// The member's own name in the model.
    pub(super) member: String,
    /// Its name on the wire.
    pub(super) wire_name: String,
    /// Where the outermost member travels.
    pub(super) location: Location,
    /// The value as AWS shows it (`'x'`, `null`); `None` when it is secret.
    pub(super) shown: Option<String>,
    /// The value's text, for S3's `ArgumentValue`.
    pub(super) text: String,
    pub(super) broken: Broken<'m>,
}

struct Walk<'m> {
    model: &'m Model,
    found: Vec<Violation<'m>>,
    location: Location,
}

/// Every violation of an input, in the order of the members.
pub(super) fn violations<'m>(
    model: &'m Model,
    operation: &Operation,
    shape: &'m Structure,
    input: &Value,
) -> Vec<Violation<'m>> {
    let mut walk = Walk { model, found: Vec::new(), location: Location::Body };
    for member in shape.members() {
        walk.location = member.location;
        // The stream travels beside the value, so nothing can be said of it here.
        let streamed = member.streaming && operation.is_streaming_input();
        if !streamed {
            walk.member(member, input.get(&member.name), &member.lower_name);
        }
    }
    walk.found
}

impl<'m> Walk<'m> {
    fn member(&mut self, member: &'m Member, value: Option<&Value>, path: &str) {
        match value {
            None | Some(Value::Null) if member.required => {
                self.add(member, path, Some("null".to_owned()), "", Broken::Missing);
            }
            None | Some(Value::Null) => {}
            Some(value) => self.value(member, value, path),
        }
    }

    fn value(&mut self, member: &'m Member, value: &Value, path: &str) {
        match (&self.model.shape(member.shape).kind, value) {
            (Kind::Structure(inner), value) => {
                for member in inner.members() {
                    let path = format!("{path}.{}", member.lower_name);
                    self.member(member, value.get(&member.name), &path);
                }
            }
            (Kind::List { element, .. }, Value::Array(items)) => {
                self.length(member, items.len(), value, path);
                for (at, item) in items.iter().enumerate() {
                    self.value(element, item, &format!("{path}.{}.member", at + 1));
                }
            }
            (Kind::Map { key, value: held, .. }, Value::Object(entries)) => {
                self.length(member, entries.len(), value, path);
                for (name, entry) in entries {
                    self.map_key(member, key, name, value, path);
                    self.value(held, entry, &format!("{path}.{name}.member"));
                }
            }
            (_, value) => self.scalar(member, value, path),
        }
    }

    fn scalar(&mut self, member: &'m Member, value: &Value, path: &str) {
        match (&self.model.shape(member.shape).kind, value) {
            (Kind::String, Value::String(text)) => {
                self.length(member, text.chars().count(), value, path);
                self.text(member, text, path);
            }
            (Kind::Blob, Value::String(text)) => {
                let bytes = STANDARD.decode(text).map(|bytes| bytes.len());
                self.length(member, bytes.unwrap_or_default(), value, path);
            }
            (Kind::Integer | Kind::Long | Kind::Double, Value::Number(number)) => {
                let number = number.as_f64().unwrap_or_default();
                let limits = self.model.shape(member.shape).constraints();
                if let Some(min) = limits.min.filter(|min| number < *min) {
                    self.add_value(member, value, path, Broken::TooSmall(min));
                }
                if let Some(max) = limits.max.filter(|max| number > *max) {
                    self.add_value(member, value, path, Broken::TooLarge(max));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, member: &'m Member, text: &str, path: &str) {
        if let Some(broken) = self.broken_text(member, text) {
            self.add_value(member, &Value::from(text), path, broken);
        }
    }

    fn broken_text(&self, member: &Member, text: &str) -> Option<Broken<'m>> {
        let limits = self.model.shape(member.shape).constraints();
        let matches = |pattern: &regex::Regex| pattern.is_match(text);
        if !limits.values.is_empty() && !limits.values.iter().any(|value| value == text) {
            return Some(Broken::Enum(&limits.values));
        }
        let pattern = limits.pattern.as_deref()?;
        (!limits.regex().is_none_or(matches)).then_some(Broken::Pattern(pattern))
    }

    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
    fn length(&mut self, member: &'m Member, length: usize, value: &Value, path: &str) {
        let limits = self.model.shape(member.shape).constraints();
        let length = length as f64;
        if let Some(min) = limits.min.filter(|min| length < *min) {
            self.add_value(member, value, path, Broken::TooShort(min));
        }
        if let Some(max) = limits.max.filter(|max| length > *max) {
            self.add_value(member, value, path, Broken::TooLong(max));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
    fn map_key(
        &mut self,
        member: &'m Member,
        key: &'m Member,
        name: &str,
        map: &Value,
        path: &str,
    ) {
        let limits = self.model.shape(key.shape).constraints();
        let length = name.chars().count() as f64;
        let broken = match (limits.min, limits.max) {
            (Some(min), _) if length < min => Some(Broken::TooShort(min)),
            (_, Some(max)) if length > max => Some(Broken::TooLong(max)),
            _ => self.broken_text(key, name),
        };
        if let Some(broken) = broken {
            self.add_value(member, map, path, Broken::MapKey(Box::new(broken)));
        }
    }

    fn add_value(&mut self, member: &'m Member, value: &Value, path: &str, broken: Broken<'m>) {
        let shape = self.model.shape(member.shape);
        let hidden = shape.sensitive || matches!(shape.kind, Kind::Blob);
        let text = if hidden { String::new() } else { plain(value) };
        let shown = (!hidden).then(|| format!("'{text}'"));
        self.add(member, path, shown, &text, broken);
    }

    fn add(
        &mut self,
        member: &'m Member,
        path: &str,
        shown: Option<String>,
        text: &str,
        broken: Broken<'m>,
    ) {
        self.found.push(Violation {
            path: path.to_owned(),
            member: member.name.clone(),
            wire_name: member.wire_name.clone(),
            location: self.location,
            shown,
            text: text.to_owned(),
            broken,
        });
    }
}

/// A value as AWS prints it in a sentence: `x`, `5`, `[a, b]`, `{k=v}`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}={}", plain(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Paths of members that the model does not have.
pub(super) fn unknown(model: &Model, shape: Option<ShapeId>, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    match shape {
        Some(shape) => unknown_in(model, model.structure(shape), value, "", &mut found),
        None => found.extend(value.as_object().into_iter().flatten().map(|(key, _)| key.clone())),
    }
    found
}

fn unknown_in(
    model: &Model,
    shape: &Structure,
    value: &Value,
    path: &str,
    found: &mut Vec<String>,
) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match shape.member(name) {
            Some(member) => unknown_below(model, member, value, &path, found),
            None => found.push(path),
        }
    }
}

fn unknown_below(
    model: &Model,
    member: &Member,
    value: &Value,
    path: &str,
    found: &mut Vec<String>,
) {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(inner), value) => unknown_in(model, inner, value, path, found),
        (Kind::List { element, .. }, Value::Array(items)) => {
            items.iter().for_each(|item| unknown_below(model, element, item, path, found));
        }
        (Kind::Map { value: held, .. }, Value::Object(entries)) => {
            entries.values().for_each(|item| unknown_below(model, held, item, path, found));
        }
        _ => {}
    }
}
