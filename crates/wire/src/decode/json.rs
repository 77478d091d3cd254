//! JSON bodies to values, checked against their shapes.
//!
//! AWS's JSON services refuse a value of another type with `SerializationException` before any
//! constraint is looked at. Unknown members and nulls are dropped. Start at [`decode`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::fault::WireFault;
use crate::limits::MAX_DEPTH;
use crate::model::{Kind, Location, Member, Model, ShapeId, Structure};
use crate::scalar;

/// A value that is not of its member's shape, in the words AWS uses.
#[derive(Debug)]
pub(crate) struct Mismatch(pub(crate) String);

impl From<Mismatch> for WireFault {
    fn from(mismatch: Mismatch) -> Self {
        Self::sender("SerializationException", mismatch.0)
    }
}

/// Reads a body as an input structure; an empty body is `{}`.
pub(super) fn decode(model: &Model, input: ShapeId, body: &[u8]) -> Result<Value, WireFault> {
    let object = parse(body)?;
    Ok(structure(model, model.structure(input), object, 0)?)
}

/// A body as a JSON object.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Mismatch> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|_| Mismatch(String::new()))
}

/// Reads a structure's body members out of a JSON object.
pub(crate) fn structure(
    model: &Model,
    shape: &Structure,
    value: Value,
    depth: usize,
) -> Result<Value, Mismatch> {
    let mut object = match value {
        Value::Object(object) => object,
        Value::Array(_) => {
            return Err(Mismatch("Start of list found where not expected".to_owned()));
        }
        _ => return Err(Mismatch("Unexpected field type".to_owned())),
    };
    let mut members = Map::new();
    for member in shape.members().iter().filter(|member| member.location == Location::Body) {
        match object.remove(&member.wire_name) {
            None | Some(Value::Null) => {}
            Some(value) => {
                members.insert(member.name.clone(), read(model, member, value, depth + 1)?);
            }
        }
    }
    Ok(Value::Object(members))
}

/// Reads one value of a member's shape.
pub(crate) fn read(
    model: &Model,
    member: &Member,
    value: Value,
    depth: usize,
) -> Result<Value, Mismatch> {
    if depth > MAX_DEPTH {
        return Err(Mismatch("The request is nested too deeply.".to_owned()));
    }
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(inner), value) => structure(model, inner, value, depth),
        (Kind::List { element, .. }, Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::Null => Ok(Value::Null),
                item => read(model, element, item, depth + 1),
            })
            .collect(),
        (Kind::List { .. }, _) => Err(Mismatch("Expected list or null".to_owned())),
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => entries
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| Ok((key, read(model, entry, value, depth + 1)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        (Kind::Map { .. }, _) => Err(Mismatch("Expected map or null".to_owned())),
        (_, value) => scalar(model, member, value),
    }
}

fn scalar(model: &Model, member: &Member, value: Value) -> Result<Value, Mismatch> {
    let kind = &model.shape(member.shape).kind;
    let read = match (kind, &value) {
        (Kind::String, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => Some(value.clone()),
        (Kind::Blob, Value::String(text)) => {
            if STANDARD.decode(text).is_err() {
                return Err(Mismatch("Invalid Base64 string".to_owned()));
            }
            Some(value.clone())
        }
        (Kind::Integer, Value::Number(number)) => {
            whole(number).filter(|value| i32::try_from(*value).is_ok()).map(Value::from)
        }
        (Kind::Long, Value::Number(number)) => whole(number).map(Value::from),
        (Kind::Double, Value::Number(_)) => Some(value.clone()),
        (Kind::Double, Value::String(text)) if is_special(text) => Some(value.clone()),
        (Kind::Timestamp(_), Value::Number(number)) => number.as_f64().and_then(scalar::seconds),
        (Kind::Timestamp(_), Value::String(text)) => scalar::timestamp(text, member.timestamp),
        _ => None,
    };
    read.ok_or_else(|| mismatch(kind, &value))
}

fn is_special(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
}

/// `5` and `5.0` are whole.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let value = number.as_f64()?;
        (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
    })
}

fn mismatch(kind: &Kind, value: &Value) -> Mismatch {
    let wanted = match kind {
        Kind::String => "a String",
        Kind::Blob => "a Blob",
        Kind::Boolean => "a Boolean",
        Kind::Integer => "an Integer",
        Kind::Long => "a Long",
        Kind::Double => "a Double",
        _ => "a Timestamp",
    };
    let given = match value {
        Value::String(_) => "STRING_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Null => "NULL_VALUE",
        Value::Array(_) => return Mismatch("Start of list found where not expected".to_owned()),
        Value::Object(_) => {
            return Mismatch("Start of structure or map found where not expected.".to_owned());
        }
    };
    Mismatch(format!("{given} can not be converted to {wanted}"))
}
