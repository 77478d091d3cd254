//! Values to XML elements, by their shapes: answers of query and REST services, and the bodies
//! that clients send.
//!
//! Start at [`members`].

use serde_json::Value;

use crate::model::{Kind, Location, Member, Model, Protocol, Structure, TimestampFormat};
use crate::scalar;
use crate::xml::Writer;

/// Writes the body members of a structure that is already open.
pub(crate) fn members(model: &Model, shape: &Structure, value: &Value, writer: &mut Writer) {
    for member in shape.members().iter().filter(|member| member.location == Location::Body) {
        if member.xml_attribute {
            continue;
        }
        match value.get(&member.name) {
            None | Some(Value::Null) => {}
            Some(value) => write(model, member, &member.wire_name, value, writer),
        }
    }
}

/// Writes one value as an element of a name (or several, when it is flattened).
pub(crate) fn write(
    model: &Model,
    member: &Member,
    name: &str,
    value: &Value,
    writer: &mut Writer,
) {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(inner), value) => {
            open(member, inner, name, value, writer);
            members(model, inner, value, writer);
            writer.close(name);
        }
        (Kind::List { element, .. }, Value::Array(items)) => {
            list(model, member, element, name, items, writer);
        }
        (Kind::Map { key, value: held, .. }, Value::Object(entries)) => {
            if !member.flattened {
                open_plain(member, name, writer);
            }
            let entry_name = if member.flattened { name } else { "entry" };
            for (entry_key, entry) in entries {
                writer.open(entry_name);
                writer.element(&key.wire_name, entry_key);
                write(model, held, &held.wire_name, entry, writer);
                writer.close(entry_name);
            }
            if !member.flattened {
                writer.close(name);
            }
        }
        (_, value) => {
            open_plain(member, name, writer);
            writer.escaped(&text(member, value, writer.millis()));
            writer.close(name);
        }
    }
}

fn list(
    model: &Model,
    member: &Member,
    element: &Member,
    name: &str,
    items: &[Value],
    writer: &mut Writer,
) {
    if member.flattened {
        items.iter().for_each(|item| write(model, element, name, item, writer));
        return;
    }
    open_plain(member, name, writer);
    for item in items {
        write(model, element, list_element(model, element), item, writer);
    }
    writer.close(name);
}

/// EC2 calls every element `item`.
fn list_element<'m>(model: &Model, element: &'m Member) -> &'m str {
    match model.protocol() {
        Protocol::Ec2 if !element.explicit_name => "item",
        _ => &element.wire_name,
    }
}

/// Writes a structure as the root element of a document.
pub(crate) fn document(
    model: &Model,
    shape: &Structure,
    name: &str,
    namespace: Option<&str>,
    value: &Value,
    writer: &mut Writer,
) {
    let namespace = shape.namespace.as_deref().or(namespace);
    let declared = namespace.map(|uri| ("xmlns", uri));
    writer.open_with(name, declared.into_iter().chain(attributes(shape, value)));
    members(model, shape, value, writer);
    writer.close(name);
}

/// Opens a structure with its namespace and those of its members that are attributes.
fn open(member: &Member, shape: &Structure, name: &str, value: &Value, writer: &mut Writer) {
    let given = member.namespace.as_ref();
    let declared = given.map(|(prefix, uri)| (xmlns(prefix.as_deref()), uri.as_str()));
    let declared = declared.as_ref().map(|(name, uri)| (name.as_str(), *uri));
    writer.open_with(name, declared.into_iter().chain(attributes(shape, value)));
}

fn attributes<'a>(
    shape: &'a Structure,
    value: &'a Value,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let members = shape.members().iter().filter(|member| member.xml_attribute);
    members
        .filter_map(|member| Some((member.wire_name.as_str(), value.get(&member.name)?.as_str()?)))
}

fn open_plain(member: &Member, name: &str, writer: &mut Writer) {
    match &member.namespace {
        Some((prefix, uri)) => {
            writer.open_with(name, [(xmlns(prefix.as_deref()).as_str(), uri.as_str())]);
        }
        None => writer.open(name),
    }
}

fn xmlns(prefix: Option<&str>) -> String {
    prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"))
}

fn text(member: &Member, value: &Value, millis: bool) -> String {
    match (value, member.timestamp) {
        (Value::Number(seconds), Some(TimestampFormat::Iso8601)) if millis => {
            scalar::iso8601_millis(seconds)
        }
        _ => scalar::to_text(member, value).unwrap_or_default(),
    }
}
