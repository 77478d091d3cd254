//! XML elements to values, for request bodies and, on the client's side, for answers.
//!
//! Start at [`structure`].

use serde_json::{Map, Value};

use crate::model::{Kind, Location, Member, Model, Structure};
use crate::scalar;
use crate::xml::{Element, Malformed};

/// Reads a structure's body members out of an element.
pub(crate) fn structure(
    model: &Model,
    shape: &Structure,
    element: &Element,
) -> Result<Value, Malformed> {
    let mut object = Map::new();
    for member in shape.members().iter().filter(|member| member.location == Location::Body) {
        if let Some(value) = member_value(model, member, element)? {
            object.insert(member.name.clone(), value);
        }
    }
    Ok(Value::Object(object))
}

fn member_value(
    model: &Model,
    member: &Member,
    parent: &Element,
) -> Result<Option<Value>, Malformed> {
    if member.xml_attribute {
        let text = parent.attribute(&member.wire_name);
        return text.map(|text| text_value(model, member, text)).transpose();
    }
    match &model.shape(member.shape).kind {
        Kind::List { element, .. } if member.flattened => {
            let items: Vec<_> = parent.all(&member.wire_name).collect();
            if items.is_empty() {
                return Ok(None);
            }
            items.into_iter().map(|item| value(model, element, item)).collect::<Result<_, _>>()
        }
        Kind::Map { .. } if member.flattened => {
            let entries: Vec<_> = parent.all(&member.wire_name).collect();
            if entries.is_empty() {
                return Ok(None);
            }
            map(model, member, entries.into_iter())
        }
        _ => return parent.child(&member.wire_name).map(|e| value(model, member, e)).transpose(),
    }
    .map(Some)
}

/// Reads one element as a member's shape.
pub(crate) fn value(model: &Model, member: &Member, element: &Element) -> Result<Value, Malformed> {
    match &model.shape(member.shape).kind {
        Kind::Structure(inner) => structure(model, inner, element),
        Kind::List { element: item, .. } => {
            // `member` and the list's own name are both in use; any child is an element of it.
            element.children.iter().map(|child| value(model, item, child)).collect()
        }
        Kind::Map { .. } => map(model, member, element.children.iter()),
        _ => text_value(model, member, &element.text),
    }
}

fn map<'e>(
    model: &Model,
    member: &Member,
    entries: impl Iterator<Item = &'e Element>,
) -> Result<Value, Malformed> {
    let Kind::Map { key, value: held, .. } = &model.shape(member.shape).kind else {
        return Err(Malformed);
    };
    let mut object = Map::new();
    for entry in entries {
        let name = entry.child(&key.wire_name).ok_or(Malformed)?.text.clone();
        let element = entry.child(&held.wire_name).ok_or(Malformed)?;
        object.insert(name, value(model, held, element)?);
    }
    Ok(Value::Object(object))
}

fn text_value(model: &Model, member: &Member, text: &str) -> Result<Value, Malformed> {
    scalar::from_text(model, member, text).ok_or(Malformed)
}
