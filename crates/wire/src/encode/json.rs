//! Values to JSON bodies, by their shapes.

use serde_json::{Map, Number, Value};

use crate::model::{Kind, Location, Member, Model, ShapeId, Structure, TimestampFormat};
use crate::scalar;

/// The body of a structure; `{}` without one.
pub(crate) fn body(model: &Model, shape: Option<ShapeId>, value: &Value) -> String {
    match shape {
        Some(shape) => structure(model, model.structure(shape), value).to_string(),
        None => "{}".to_owned(),
    }
}

/// The body members of a structure as JSON.
pub(crate) fn structure(model: &Model, shape: &Structure, value: &Value) -> Value {
    let mut object = Map::new();
    for member in shape.members().iter().filter(|member| member.location == Location::Body) {
        match value.get(&member.name) {
            None | Some(Value::Null) => {}
            Some(value) => {
                object.insert(member.wire_name.clone(), write(model, member, value));
            }
        }
    }
    Value::Object(object)
}

/// One value of a member's shape as JSON.
pub(crate) fn write(model: &Model, member: &Member, value: &Value) -> Value {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(inner), value) => structure(model, inner, value),
        (Kind::List { element, .. }, Value::Array(items)) => {
            items.iter().map(|item| write(model, element, item)).collect()
        }
        (Kind::Map { value: held, .. }, Value::Object(entries)) => {
            let entries = entries.iter();
            entries.map(|(key, value)| (key.clone(), write(model, held, value))).collect()
        }
        (Kind::Timestamp(_), Value::Number(seconds)) => timestamp(member, seconds),
        (_, value) => value.clone(),
    }
}

fn timestamp(member: &Member, seconds: &Number) -> Value {
    match member.timestamp {
        Some(TimestampFormat::Unix) | None => Value::Number(seconds.clone()),
        Some(format) => Value::from(scalar::timestamp_text(seconds, format)),
    }
}
