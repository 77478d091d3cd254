//! The smallest input that an operation's interface model admits.
//!
//! Each scalar meets its own constraints where one of the candidates does; what a handler needs
//! beyond the model (that a key exists, say) is the test's to give by member name.

use regex::Regex;
use serde_json::{Map, Value, json};
use wire::{Kind, Member, Model, Operation, Shape};

/// Texts of which one fits most patterns.
const CANDIDATES: [&str; 12] = [
    "a",
    "abcdefgh",
    "arn:aws:iam::111111111111:role/reader",
    "11111111-2222-3333-4444-555555555555",
    "111111111111",
    "AKIAIOSFODNN7EXAMPLE",
    "alias/reader",
    "v1",
    "/",
    "us-east-1",
    "2026-01-15T08:00:00Z",
    "s3://bucket/key",
];

/// The required members of an operation's input; a member at the top that `given` names has its
/// value from there, whether it is required or not.
pub fn smallest(model: &Model, operation: &Operation, given: &Value) -> Value {
    let Some(input) = operation.input() else { return json!({}) };
    let mut made = structure(model, model.shape(input), 0);
    let known = model.shape(input).structure();
    for (name, value) in given.as_object().into_iter().flatten() {
        if known.is_some_and(|structure| structure.member(name).is_some()) {
            made.insert(name.clone(), value.clone());
        }
    }
    Value::Object(made)
}

fn structure(model: &Model, shape: &Shape, depth: usize) -> Map<String, Value> {
    let mut object = Map::new();
    for member in shape.structure().into_iter().flat_map(|structure| structure.members()) {
        // Deeper than this only structures that contain themselves go.
        if member.is_required() && !member.is_streaming() && depth < 8 {
            object.insert(member.name().to_owned(), value(model, member, depth));
        }
    }
    object
}

fn value(model: &Model, member: &Member, depth: usize) -> Value {
    let shape = model.shape(member.shape());
    let limits = shape.constraints();
    match shape.kind() {
        Kind::Structure(_) => Value::Object(structure(model, shape, depth + 1)),
        Kind::List { element, .. } => json!([value(model, element, depth + 1)]),
        Kind::Map { key, value: held, .. } => {
            let key = text(model.shape(key.shape()));
            json!({ key: value(model, held, depth + 1) })
        }
        Kind::String => text(shape).into(),
        Kind::Blob => "AAECAw==".into(),
        Kind::Boolean => true.into(),
        Kind::Integer | Kind::Long => (limits.min.unwrap_or(1.0) as i64).into(),
        Kind::Double => 1.5.into(),
        Kind::Timestamp(_) => 1_768_464_000.into(),
    }
}

fn text(shape: &Shape) -> String {
    let limits = shape.constraints();
    if let Some(first) = limits.values.first() {
        return first.clone();
    }
    let pattern = limits.pattern.as_ref().and_then(|p| Regex::new(&format!("^(?:{p})$")).ok());
    let fits = |text: &String| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
    let sized = CANDIDATES.map(|text| {
        let missing = (limits.min.unwrap_or(0.0) as usize).saturating_sub(text.len());
        format!("{text}{}", "1".repeat(missing))
    });
    sized.iter().find(|text| fits(text)).or(sized.first()).cloned().unwrap_or_default()
}
