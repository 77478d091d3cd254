//! REST requests to values: labels, query, headers, and the body in JSON or XML.
//!
//! Start at [`decode`].

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::decode::{json, xml as from_xml};
use crate::fault::WireFault;
use crate::form::Form;
use crate::model::{Kind, Location, Member, Model, Operation, Protocol, ShapeId, Structure};
use crate::route::Route;
use crate::scalar;
use crate::xml;

/// Reads the input of a REST operation.
pub(super) fn decode(
    route: &Route<'_>,
    input: ShapeId,
    parts: &Parts,
    body: &[u8],
) -> Result<Value, WireFault> {
    let model = route.model;
    let shape = model.structure(input);
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes())?;
    let mut object = Map::new();
    for member in shape.members() {
        let value = match member.location {
            Location::Uri => label(route, member)?,
            Location::Query => from_query(model, shape, member, &query)?,
            Location::Header => from_header(model, member, parts)?,
            Location::Headers => from_headers(member, parts),
            Location::Body | Location::StatusCode => None,
        };
        if let Some(value) = value {
            object.insert(member.name.clone(), value);
        }
    }
    add_body(route, shape, body, &mut object)?;
    Ok(Value::Object(object))
}

fn label(route: &Route<'_>, member: &Member) -> Result<Option<Value>, WireFault> {
    let text = route.label(&member.wire_name);
    text.map(|text| scalar_of(route.model, member, text)).transpose()
}

fn scalar_of(model: &Model, member: &Member, text: &str) -> Result<Value, WireFault> {
    scalar::from_text(model, member, text).ok_or_else(|| bad_argument(model, member, text))
}

fn from_query(
    model: &Model,
    shape: &Structure,
    member: &Member,
    query: &Form,
) -> Result<Option<Value>, WireFault> {
    match &model.shape(member.shape).kind {
        Kind::List { element, .. } => {
            let fields = query.iter().filter(|(name, _)| *name == member.wire_name);
            let items: Result<Vec<_>, _> =
                fields.map(|(_, text)| scalar_of(model, element, text)).collect();
            Ok(Some(items?).filter(|items| !items.is_empty()).map(Value::Array))
        }
        Kind::Map { value, .. } => query_map(model, shape, value, query),
        // S3 reads an empty number as none: `?max-keys=`.
        _ => match query.get(&member.wire_name) {
            Some("") if !is_text(model, member) => Ok(None),
            text => text.map(|text| scalar_of(model, member, text)).transpose(),
        },
    }
}

/// A map in the query string takes every parameter that no other member names.
fn query_map(
    model: &Model,
    shape: &Structure,
    held: &Member,
    query: &Form,
) -> Result<Option<Value>, WireFault> {
    let is_named = |name: &str| {
        shape.members().iter().any(|m| m.location == Location::Query && m.wire_name == name)
    };
    let mut object = Map::new();
    for (name, text) in query.iter().filter(|(name, _)| !is_named(name)) {
        match &model.shape(held.shape).kind {
            Kind::List { element, .. } => {
                let value = scalar_of(model, element, text)?;
                let items = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                if let Some(items) = items.as_array_mut() {
                    items.push(value);
                }
            }
            _ => {
                object.insert(name.to_owned(), scalar_of(model, held, text)?);
            }
        }
    }
    Ok(Some(object).filter(|object| !object.is_empty()).map(Value::Object))
}

fn is_text(model: &Model, member: &Member) -> bool {
    matches!(model.shape(member.shape).kind, Kind::String)
}

fn from_header(model: &Model, member: &Member, parts: &Parts) -> Result<Option<Value>, WireFault> {
    if let Some(text) = of_chunked_body(model, member, parts) {
        let text = Some(text).filter(|text| !text.is_empty());
        return text.map(|text| scalar_of(model, member, &text)).transpose();
    }
    let Some(header) = parts.headers.get(&member.wire_name) else { return Ok(None) };
    match &model.shape(member.shape).kind {
        Kind::List { element, .. } => {
            let texts = parts.headers.get_all(&member.wire_name).iter().map(text_of);
            let items: Result<Vec<_>, _> = texts
                .flat_map(|text| split_list(element, &text))
                .map(|text| scalar_of(model, element, &text))
                .collect();
            Ok(Some(Value::Array(items?)))
        }
        // A date of HTTP's own that does not parse counts as absent (RFC 9110, 13.1).
        Kind::Timestamp(_) if !member.wire_name.starts_with("x-amz-") => {
            Ok(scalar::from_text(model, member, &text_of(header)))
        }
        _ => scalar_of(model, member, &text_of(header)).map(Some),
    }
}

/// The two headers that an aws-chunked body changes, as they are for the plain body: its length,
/// and its content encoding (empty when that was `aws-chunked` only).
fn of_chunked_body(model: &Model, member: &Member, parts: &Parts) -> Option<String> {
    if model.protocol() != Protocol::RestXml {
        return None;
    }
    let header = |name: &str| parts.headers.get(name).map(text_of);
    match member.wire_name.as_str() {
        "Content-Length" => header("x-amz-decoded-content-length"),
        "Content-Encoding" => {
            let encodings = header("content-encoding")?;
            let kept = encodings.split(',').map(str::trim).filter(|name| *name != "aws-chunked");
            Some(kept.collect::<Vec<_>>().join(","))
        }
        _ => None,
    }
}

/// Splits a header list at its commas; a date of HTTP has one of its own, and an item may be
/// quoted.
pub(crate) fn split_list(element: &Member, text: &str) -> Vec<String> {
    let dates = element.timestamp == Some(crate::model::TimestampFormat::Rfc822);
    let mut items = Vec::new();
    let mut item = String::new();
    let (mut quoted, mut escaped, mut commas) = (false, false, 0);
    for letter in text.chars() {
        match letter {
            _ if escaped => {
                item.push(letter);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted && dates && commas == 0 => {
                item.push(letter);
                commas = 1;
            }
            ',' if !quoted => {
                items.push(std::mem::take(&mut item).trim().to_owned());
                commas = 0;
            }
            letter => item.push(letter),
        }
    }
    if !item.trim().is_empty() || !items.is_empty() {
        items.push(item.trim().to_owned());
    }
    items
}

fn from_headers(member: &Member, parts: &Parts) -> Option<Value> {
    let object = prefixed_headers(&member.wire_name, &parts.headers);
    (!object.is_empty()).then_some(Value::Object(object))
}

/// The headers that begin with a prefix, without it.
pub(crate) fn prefixed_headers(prefix: &str, headers: &http::HeaderMap) -> Map<String, Value> {
    let prefix = prefix.to_ascii_lowercase();
    let mut object = Map::new();
    for (name, value) in headers {
        if let Some(key) = name.as_str().strip_prefix(&prefix) {
            object.entry(key).or_insert_with(|| Value::from(text_of(value)));
        }
    }
    object
}

/// Header bytes as text: UTF-8 as clients send it, else Latin-1, so that no byte is lost.
pub(crate) fn text_of(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn add_body(
    route: &Route<'_>,
    shape: &Structure,
    body: &[u8],
    object: &mut Map<String, Value>,
) -> Result<(), WireFault> {
    if route.operation.is_streaming_input() {
        return Ok(());
    }
    if let Some(payload) = shape.payload() {
        if let Some(value) = payload_value(route, payload, body)? {
            object.insert(payload.name.clone(), value);
        }
        return Ok(());
    }
    if !shape.has_body_members || body.is_empty() {
        return Ok(());
    }
    let value = match route.model.protocol() {
        Protocol::RestJson => json::structure(route.model, shape, json::parse(body)?, 0)?,
        _ => {
            let element = document(route, body)?;
            from_xml::structure(route.model, shape, &element).map_err(|_| malformed(route))?
        }
    };
    if let Value::Object(members) = value {
        object.extend(members);
    }
    Ok(())
}

fn payload_value(
    route: &Route<'_>,
    payload: &Member,
    body: &[u8],
) -> Result<Option<Value>, WireFault> {
    let model = route.model;
    if body.is_empty() {
        return Ok(None);
    }
    let value = match (&model.shape(payload.shape).kind, model.protocol()) {
        (Kind::Blob, _) => Value::from(STANDARD.encode(body)),
        (Kind::String, _) => Value::from(String::from_utf8_lossy(body).into_owned()),
        (_, Protocol::RestJson) => json::read(model, payload, json::parse(body)?, 0)?,
        _ => {
            let element = document(route, body)?;
            if !element.is(model.root_name(payload)) {
                return Err(malformed(route));
            }
            from_xml::value(model, payload, &element).map_err(|_| malformed(route))?
        }
    };
    Ok(Some(value))
}

fn document(route: &Route<'_>, body: &[u8]) -> Result<xml::Element, WireFault> {
    let text: Cow<'_, str> = match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => return Err(malformed(route)),
    };
    xml::parse(&text).map_err(|_| malformed(route))
}

fn malformed(route: &Route<'_>) -> WireFault {
    malformed_xml(route.operation)
}

/// S3 says the same of a document that does not parse and one that breaks its schema, and names
/// access control lists apart.
pub(crate) fn malformed_xml(operation: &Operation) -> WireFault {
    let code = match operation.name() {
        "PutBucketAcl" | "PutObjectAcl" => "MalformedACLError",
        _ => "MalformedXML",
    };
    let message =
        "The XML you provided was not well-formed or did not validate against our published schema";
    WireFault::sender(code, message)
}

fn bad_argument(model: &Model, member: &Member, text: &str) -> WireFault {
    let name = &member.wire_name;
    if model.protocol() != Protocol::RestXml {
        return WireFault::sender("SerializationException", format!("{name} does not parse"));
    }
    let message = match model.shape(member.shape).kind {
        Kind::Integer | Kind::Long => {
            format!("Provided {name} not an integer or within integer range")
        }
        _ => format!("Invalid value for {name}"),
    };
    WireFault::sender("InvalidArgument", message)
        .with_extra("ArgumentName", name.clone())
        .with_extra("ArgumentValue", text)
}
