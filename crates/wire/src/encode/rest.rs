//! Output values of REST operations: status, headers, and the body in JSON or XML.
//!
//! Start at [`encode`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::{answer, content_type, json, set, xml as to_xml};
use crate::model::{Kind, Location, Member, Model, Operation, Protocol, Structure};
use crate::scalar;
use crate::xml::Writer;

/// Writes the answer of a REST operation.
pub(super) fn encode(model: &Model, operation: &Operation, output: &Value) -> Response<Bytes> {
    let shape = operation.output().map(|id| model.structure(id));
    let body = shape.map(|shape| body(model, operation, shape, output)).unwrap_or_default();
    let kind = match shape.and_then(Structure::payload) {
        Some(member) => payload_type(model, member),
        None => content_type(model.protocol()),
    };
    let mut response = answer(operation.response_code(), kind, body);
    for member in shape.map(Structure::members).unwrap_or_default() {
        match output.get(&member.name) {
            None | Some(Value::Null) => {}
            Some(value) => bind(model, member, value, &mut response),
        }
    }
    response
}

/// The content type of a payload that names none itself.
fn payload_type(model: &Model, member: &Member) -> &'static str {
    match model.shape(member.shape).kind {
        Kind::Blob => "binary/octet-stream",
        // S3 answers policies, its only text payloads, as JSON.
        Kind::String if model.protocol() == Protocol::RestXml => "application/json",
        Kind::String => "text/plain",
        _ => content_type(model.protocol()),
    }
}

fn bind(model: &Model, member: &Member, value: &Value, response: &mut Response<Bytes>) {
    match (member.location, value) {
        (Location::Header, value) => {
            if let Some(text) = header_text(model, member, value) {
                set(response, &member.wire_name, &text);
            }
        }
        (Location::Headers, Value::Object(entries)) => {
            for (name, value) in entries {
                let text = value.as_str().unwrap_or_default();
                set(response, &format!("{}{name}", member.wire_name), text);
            }
        }
        (Location::StatusCode, value) => {
            let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
            let status = status.and_then(|status| http::StatusCode::from_u16(status).ok());
            if let Some(status) = status {
                *response.status_mut() = status;
            }
        }
        _ => {}
    }
}

/// A header's text; a list is joined with commas, and an item that has one is quoted.
pub(crate) fn header_text(model: &Model, member: &Member, value: &Value) -> Option<String> {
    let Value::Array(items) = value else { return scalar::to_text(member, value) };
    let Kind::List { element, .. } = &model.shape(member.shape).kind else { return None };
    let is_text = matches!(model.shape(element.shape).kind, Kind::String);
    let items = items.iter().filter_map(|item| scalar::to_text(element, item));
    let items = items.map(|text| match text.contains([',', '"']) && is_text {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text,
    });
    Some(items.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

fn body(model: &Model, operation: &Operation, shape: &Structure, output: &Value) -> Bytes {
    if operation.is_streaming_output() {
        return Bytes::new();
    }
    match shape.payload() {
        Some(member) => match output.get(&member.name) {
            None | Some(Value::Null) => Bytes::new(),
            Some(value) => payload(model, member, value),
        },
        None if !shape.has_body_members => Bytes::new(),
        None if model.protocol() == Protocol::RestJson => {
            json::structure(model, shape, output).to_string().into()
        }
        None => document(model, operation, shape, output),
    }
}

fn payload(model: &Model, member: &Member, value: &Value) -> Bytes {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Blob, Value::String(text)) => STANDARD.decode(text).unwrap_or_default().into(),
        (Kind::String, Value::String(text)) => text.clone().into(),
        _ if model.protocol() == Protocol::RestJson => {
            json::write(model, member, value).to_string().into()
        }
        (Kind::Structure(inner), value) => {
            let mut writer = Writer::answer();
            let namespace = member.namespace.as_ref().map(|(_, uri)| uri.as_str());
            let namespace = namespace.or(model.xml_namespace());
            let name = model.root_name(member);
            to_xml::document(model, inner, name, namespace, value, &mut writer);
            writer.finish().into()
        }
        _ => {
            let mut writer = Writer::answer();
            to_xml::write(model, member, model.root_name(member), value, &mut writer);
            writer.finish().into()
        }
    }
}

/// A document of the output's own members. GetBucketLocation's root holds its one member's text.
fn document(model: &Model, operation: &Operation, shape: &Structure, output: &Value) -> Bytes {
    let mut writer = Writer::answer();
    let given = operation.output_root.name.clone().or_else(|| shape.root_name.clone());
    let root = given.unwrap_or_else(|| format!("{}Result", operation.name()));
    let namespace = operation.output_root.namespace.as_deref().or(model.xml_namespace());
    if operation.output_unwrapped {
        writer.open_with(&root, namespace.map(|uri| ("xmlns", uri)));
        let member = shape.members().iter().find(|member| member.location == Location::Body);
        let text = member.and_then(|m| scalar::to_text(m, output.get(&m.name)?));
        writer.escaped(&text.unwrap_or_default());
        writer.close(&root);
    } else {
        to_xml::document(model, shape, &root, namespace, output, &mut writer);
    }
    writer.finish().into()
}
