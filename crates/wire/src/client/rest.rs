//! REST requests and responses of the client.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

use super::{EncodeError, ServiceError, error, header, uri, utf8};
use crate::decode::{self, prefixed_headers, split_list, text_of};
use crate::encode::{self, header_text};
use crate::model::{Kind, Location, Member, Model, Operation, Protocol, Segment, Structure};
use crate::scalar;
use crate::sigv4::{STRICT, STRICT_PATH};
use crate::xml::{self, Writer};

/// Writes the request of a REST operation.
pub(super) fn request(
    model: &Model,
    operation: &Operation,
    input: &Value,
    endpoint: &str,
) -> Result<Request<Vec<u8>>, EncodeError> {
    let empty = Structure::default();
    let shape = operation.input().map_or(&empty, |id| model.structure(id));
    let path = path(shape, operation, input)?;
    let query = query(model, shape, operation, input);
    let mark = if query.is_empty() { "" } else { "?" };
    let target = format!("{}{path}{mark}{query}", endpoint.trim_end_matches('/'));
    let (body, kind) = body(model, operation, shape, input);
    let mut request = Request::new(body);
    *request.method_mut() = operation.method().clone();
    *request.uri_mut() = uri(&target)?;
    if let (Some(kind), false) = (kind, request.body().is_empty()) {
        request.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for member in shape.members() {
        match input.get(&member.name) {
            None | Some(Value::Null) => {}
            Some(value) => bind(model, member, value, request.headers_mut())?,
        }
    }
    Ok(request)
}

fn path(shape: &Structure, operation: &Operation, input: &Value) -> Result<String, EncodeError> {
    let mut path = String::new();
    for segment in &operation.uri.segments {
        path.push('/');
        let (label, set) = match segment {
            Segment::Literal(text) => {
                path.push_str(text);
                continue;
            }
            Segment::Label(label) => (label, STRICT),
            Segment::Greedy(label) => (label, STRICT_PATH),
        };
        let member =
            shape.members().iter().find(|m| m.location == Location::Uri && m.wire_name == *label);
        let text = member.and_then(|m| scalar::to_text(m, input.get(&m.name)?));
        let text = text.filter(|text| !text.is_empty()).ok_or_else(|| EncodeError::Label {
            operation: operation.name().to_owned(),
            label: label.clone(),
        })?;
        path.extend(utf8_percent_encode(&text, set));
    }
    if path.is_empty() || operation.uri.trailing_slash {
        path.push('/');
    }
    Ok(path)
}

fn query(model: &Model, shape: &Structure, operation: &Operation, input: &Value) -> String {
    let mut query = String::new();
    for (name, value) in &operation.uri.literals {
        push(name, value.as_deref(), &mut query);
    }
    for member in shape.members().iter().filter(|m| m.location == Location::Query) {
        match (&model.shape(member.shape).kind, input.get(&member.name)) {
            (_, None | Some(Value::Null)) => {}
            (Kind::List { element, .. }, Some(Value::Array(items))) => {
                for text in items.iter().filter_map(|item| scalar::to_text(element, item)) {
                    push(&member.wire_name, Some(&text), &mut query);
                }
            }
            (Kind::Map { value: held, .. }, Some(Value::Object(entries))) => {
                let is_named = |name: &str| shape.members().iter().any(|m| m.wire_name == name);
                for (name, value) in entries.iter().filter(|(name, _)| !is_named(name)) {
                    push_entry(model, held, name, value, &mut query);
                }
            }
            (_, Some(value)) => {
                push(&member.wire_name, scalar::to_text(member, value).as_deref(), &mut query);
            }
        }
    }
    query
}

fn push_entry(model: &Model, held: &Member, name: &str, value: &Value, query: &mut String) {
    match (&model.shape(held.shape).kind, value) {
        (Kind::List { element, .. }, Value::Array(items)) => {
            for text in items.iter().filter_map(|item| scalar::to_text(element, item)) {
                push(name, Some(&text), query);
            }
        }
        _ => push(name, scalar::to_text(held, value).as_deref(), query),
    }
}

fn push(name: &str, value: Option<&str>, query: &mut String) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, STRICT));
    if let Some(value) = value {
        query.push('=');
        query.extend(utf8_percent_encode(value, STRICT));
    }
}

fn bind(
    model: &Model,
    member: &Member,
    value: &Value,
    headers: &mut HeaderMap,
) -> Result<(), EncodeError> {
    let set = |name: &str, text: &str, headers: &mut HeaderMap| {
        let key = HeaderName::from_bytes(name.as_bytes());
        let key = key.map_err(|_| EncodeError::Header(name.to_owned()))?;
        headers.insert(key, header(name, text)?);
        Ok(())
    };
    match (member.location, value) {
        (Location::Header, value) => match header_text(model, member, value) {
            Some(text) => set(&member.wire_name, &text, headers),
            None => Ok(()),
        },
        (Location::Headers, Value::Object(entries)) => {
            entries.iter().try_for_each(|(name, value)| {
                let text = value.as_str().unwrap_or_default();
                set(&format!("{}{name}", member.wire_name), text, headers)
            })
        }
        _ => Ok(()),
    }
}

/// The body and its content type.
fn body(
    model: &Model,
    operation: &Operation,
    shape: &Structure,
    input: &Value,
) -> (Vec<u8>, Option<&'static str>) {
    if operation.is_streaming_input() {
        return (Vec::new(), None);
    }
    let is_json = model.protocol() == Protocol::RestJson;
    match shape.payload() {
        Some(member) => match input.get(&member.name) {
            None | Some(Value::Null) if is_json && is_structure(model, member) => {
                (b"{}".to_vec(), Some("application/json"))
            }
            None | Some(Value::Null) => (Vec::new(), None),
            Some(value) => payload(model, member, value),
        },
        None if !shape.has_body_members => (Vec::new(), None),
        None if is_json => {
            let body = encode::json::structure(model, shape, input).to_string();
            (body.into_bytes(), Some("application/json"))
        }
        None => document(model, operation, shape, input),
    }
}

fn is_structure(model: &Model, member: &Member) -> bool {
    matches!(model.shape(member.shape).kind, Kind::Structure(_))
}

fn payload(model: &Model, member: &Member, value: &Value) -> (Vec<u8>, Option<&'static str>) {
    match (&model.shape(member.shape).kind, value) {
        (Kind::Blob, Value::String(text)) => {
            (STANDARD.decode(text).unwrap_or_default(), Some("application/octet-stream"))
        }
        (Kind::String, Value::String(text)) => (text.clone().into_bytes(), Some("text/plain")),
        _ if model.protocol() == Protocol::RestJson => {
            let body = encode::json::write(model, member, value).to_string();
            (body.into_bytes(), Some("application/json"))
        }
        _ => {
            let mut writer = Writer::default();
            encode::xml::write(model, member, model.root_name(member), value, &mut writer);
            (writer.finish().into_bytes(), Some("application/xml"))
        }
    }
}

fn document(
    model: &Model,
    operation: &Operation,
    shape: &Structure,
    input: &Value,
) -> (Vec<u8>, Option<&'static str>) {
    let body = shape.members().iter().filter(|member| member.location == Location::Body);
    if !body.into_iter().any(|member| input.get(&member.name).is_some()) {
        return (Vec::new(), None);
    }
    let mut writer = Writer::default();
    let root = &operation.input_root;
    let name = root.name.clone().or_else(|| shape.root_name.clone());
    let name = name.unwrap_or_else(|| format!("{}Request", operation.name()));
    let namespace = root.namespace.as_deref().or(model.xml_namespace());
    encode::xml::document(model, shape, &name, namespace, input, &mut writer);
    (writer.finish().into_bytes(), Some("application/xml"))
}

/// Reads the output of a REST operation.
pub(super) fn output(
    model: &Model,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let empty = Structure::default();
    let shape = operation.output().map_or(&empty, |id| model.structure(id));
    let mut object = Map::new();
    for member in shape.members() {
        let value = match member.location {
            Location::Header => from_header(model, member, headers),
            Location::Headers => {
                let entries = prefixed_headers(&member.wire_name, headers);
                (!entries.is_empty()).then_some(Value::Object(entries))
            }
            Location::StatusCode => Some(Value::from(status)),
            _ => None,
        };
        if let Some(value) = value {
            object.insert(member.name.clone(), value);
        }
    }
    if !operation.is_streaming_output() && !operation.is_head() && !body.is_empty() {
        // S3 may notice a failure after it has answered 200.
        if let Some(failure) = error::inside_success(model.protocol(), status, headers, body) {
            return Err(failure);
        }
        let garbled = || error::garbled(model.protocol(), status, headers);
        let members = body_members(model, operation, shape, body).ok_or_else(garbled)?;
        object.extend(members);
    }
    Ok(Value::Object(object))
}

fn from_header(model: &Model, member: &Member, headers: &HeaderMap) -> Option<Value> {
    let value = headers.get(&member.wire_name)?;
    match &model.shape(member.shape).kind {
        Kind::List { element, .. } => {
            let texts = headers.get_all(&member.wire_name).iter().map(text_of);
            let items = texts.flat_map(|text| split_list(element, &text));
            Some(items.filter_map(|text| scalar::from_text(model, element, &text)).collect())
        }
        _ => scalar::from_text(model, member, &text_of(value)),
    }
}

/// `None` when the body is not what the shape says.
fn body_members(
    model: &Model,
    operation: &Operation,
    shape: &Structure,
    body: &[u8],
) -> Option<Map<String, Value>> {
    let is_json = model.protocol() == Protocol::RestJson;
    let members = match shape.payload() {
        Some(member) => {
            let value = match &model.shape(member.shape).kind {
                Kind::Blob => Value::from(STANDARD.encode(body)),
                Kind::String => Value::from(utf8(body)?),
                _ if is_json => {
                    decode::json::read(model, member, decode::json::parse(body).ok()?, 0).ok()?
                }
                _ => decode::xml::value(model, member, &xml::parse(utf8(body)?).ok()?).ok()?,
            };
            return Some(Map::from_iter([(member.name.clone(), value)]));
        }
        None if is_json => {
            decode::json::structure(model, shape, decode::json::parse(body).ok()?, 0).ok()?
        }
        None if operation.output_unwrapped => {
            unwrapped(model, shape, &xml::parse(utf8(body)?).ok()?)?
        }
        None => decode::xml::structure(model, shape, &xml::parse(utf8(body)?).ok()?).ok()?,
    };
    match members {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// GetBucketLocation's root is its member; empty means us-east-1 and gives no member.
fn unwrapped(model: &Model, shape: &Structure, root: &xml::Element) -> Option<Value> {
    let member = shape.members().iter().find(|member| member.location == Location::Body)?;
    let mut object = Map::new();
    if !root.text.is_empty() {
        object.insert(member.name.clone(), scalar::from_text(model, member, &root.text)?);
    }
    Some(Value::Object(object))
}
