//! Values to forms of the query protocol.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use crate::model::{Kind, Member, Model, Operation, Protocol, Structure};
use crate::scalar;
use crate::sigv4::STRICT;

/// The form body of an operation.
pub(super) fn form(model: &Model, operation: &Operation, input: &Value) -> String {
    let mut form = String::new();
    field("Action", operation.name(), &mut form);
    field("Version", model.api_version(), &mut form);
    if let Some(shape) = operation.input() {
        members(model, model.structure(shape), input, "", &mut form);
    }
    form
}

fn members(model: &Model, shape: &Structure, value: &Value, prefix: &str, form: &mut String) {
    for member in shape.members() {
        match value.get(&member.name) {
            None | Some(Value::Null) => {}
            Some(value) => {
                let name = member_name(model, member);
                let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                write(model, member, value, &name, form);
            }
        }
    }
}

/// EC2 writes names with a capital.
fn member_name(model: &Model, member: &Member) -> String {
    match model.protocol() {
        Protocol::Ec2 => crate::decode::capitalised(&member.wire_name),
        _ => member.wire_name.clone(),
    }
}

fn write(model: &Model, member: &Member, value: &Value, name: &str, form: &mut String) {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(inner), value) => members(model, inner, value, name, form),
        (Kind::List { element, .. }, Value::Array(items)) => {
            let flat = member.flattened || model.protocol() == Protocol::Ec2;
            if items.is_empty() && model.protocol() != Protocol::Ec2 {
                return field(name, "", form);
            }
            for (at, item) in items.iter().enumerate() {
                let name = match flat {
                    true => format!("{name}.{}", at + 1),
                    false => format!("{name}.{}.{}", element.wire_name, at + 1),
                };
                write(model, element, item, &name, form);
            }
        }
        (Kind::Map { key, value: held, .. }, Value::Object(entries)) => {
            for (at, (entry_key, entry)) in entries.iter().enumerate() {
                let name = match member.flattened {
                    true => format!("{name}.{}", at + 1),
                    false => format!("{name}.entry.{}", at + 1),
                };
                field(&format!("{name}.{}", key.wire_name), entry_key, form);
                write(model, held, entry, &format!("{name}.{}", held.wire_name), form);
            }
        }
        (_, value) => {
            field(name, &scalar::to_text(member, value).unwrap_or_default(), form);
        }
    }
}

fn field(name: &str, value: &str, form: &mut String) {
    if !form.is_empty() {
        form.push('&');
    }
    form.extend(utf8_percent_encode(name, STRICT));
    form.push('=');
    form.extend(utf8_percent_encode(value, STRICT));
}
