//! Error answers of services, read in every protocol.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::decode::text_of;
use crate::model::Protocol;
use crate::xml::{self, Element};

/// An error that a service answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The error code, e.g. `AccessDenied`. Without a body (`HEAD`), the status as text.
    pub code: String,
    /// The sentence.
    pub message: String,
    /// HTTP status.
    pub status: u16,
    /// The request id.
    pub request_id: String,
    /// Further elements beside the message.
    pub extra: Vec<(String, String)>,
}

/// Reads an error answer.
pub(super) fn read(
    protocol: Protocol,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> ServiceError {
    let read = match protocol.is_json() {
        true => json(status, headers, body),
        false => from_xml(status, headers, body),
    };
    read.unwrap_or_else(|| {
        let status_code = StatusCode::from_u16(status).unwrap_or_default();
        let message = status_code.canonical_reason().unwrap_or_default();
        error(&status.to_string(), message, status, headers)
    })
}

/// The failure in an answer of status 200 whose body is an error document.
pub(super) fn inside_success(
    protocol: Protocol,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<ServiceError> {
    // Cheap to rule out: a document that is an error says so at its beginning.
    let head = body.get(..body.len().min(200)).unwrap_or_default();
    let is_error = head.windows(6).any(|window| window == b"<Error");
    if protocol != Protocol::RestXml || !is_error {
        return None;
    }
    let root = xml::parse(super::utf8(body)?).ok()?;
    if root.local_name() != "Error" {
        return None;
    }
    from_xml(status, headers, body)
}

/// The error of an answer that is not what the model says.
pub(super) fn garbled(protocol: Protocol, status: u16, headers: &HeaderMap) -> ServiceError {
    let message = format!("The answer is not one of the {protocol:?} protocol.");
    error("SerializationError", &message, status, headers)
}

fn error(code: &str, message: &str, status: u16, headers: &HeaderMap) -> ServiceError {
    let header = |name| headers.get(name).map(text_of);
    let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
    ServiceError {
        code: code.to_owned(),
        message: message.to_owned(),
        status,
        request_id: request_id.unwrap_or_default(),
        extra: Vec::new(),
    }
}

fn json(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<ServiceError> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let header = headers.get("x-amzn-errortype").map(text_of);
    let code = header.as_deref().or_else(|| text("__type")).or_else(|| text("code"))?;
    // `aws.protocoltests#FooError:http://…` is FooError.
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit_once('#').map_or(code, |(_, name)| name);
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    let mut error = error(code, message, status, headers);
    for (name, value) in value.as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "__type" | "code" | "message" | "Message") {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            error.extra.push((name.clone(), text));
        }
    }
    Some(error)
}

/// `<ErrorResponse><Error>…`, `<Response><Errors><Error>…` or `<Error>…`.
fn from_xml(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<ServiceError> {
    let root = xml::parse(super::utf8(body)?).ok()?;
    let inner = root.child("Errors").unwrap_or(&root);
    let element = inner.child("Error").unwrap_or(inner);
    let text = |element: &Element, name: &str| element.child(name).map(|e| e.text.clone());
    let code = text(element, "Code")?;
    let message = text(element, "Message").unwrap_or_default();
    let mut error = error(&code, &message, status, headers);
    let id = ["RequestId", "RequestID"].iter().find_map(|name| text(&root, name));
    error.request_id = id.unwrap_or(error.request_id);
    for child in &element.children {
        let known = ["Code", "Message", "Type", "RequestId", "HostId"];
        if !known.contains(&child.local_name()) && child.children.is_empty() {
            error.extra.push((child.name.clone(), child.text.clone()));
        }
    }
    Some(error)
}
