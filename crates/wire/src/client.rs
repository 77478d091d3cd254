//! The client's half: inputs to requests, responses to outputs.
//!
//! Requests are unsigned; [`crate::sigv4::sign`] signs them. A streaming body travels beside the
//! value: replace the request's empty body, and read the response's as it comes. Idempotency
//! tokens are values like any other: this crate has no randomness to make one. Start at
//! [`encode_request`] and [`decode_response`].

mod error;
mod query;
mod rest;

use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use serde_json::{Map, Value};

use crate::decode;
use crate::encode;
use crate::model::{Model, Operation, Protocol};
use crate::xml;

pub use error::ServiceError;

/// Why an input cannot be written as a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The endpoint and the path do not make a URI.
    #[error("`{0}` is not a URI")]
    Uri(String),
    /// A part of the path is absent or empty.
    #[error("the path of {operation} needs {label}")]
    Label {
        /// The operation.
        operation: String,
        /// The member.
        label: String,
    },
    /// A value has characters that no header can carry.
    #[error("header {0} cannot carry its value")]
    Header(String),
}

/// Writes the request of an operation to an endpoint (`scheme://host[:port]`). S3 buckets stand in
/// the path.
///
/// # Errors
/// [`EncodeError`]; constraints are not checked, that is the service's.
pub fn encode_request(
    model: &Model,
    operation: &Operation,
    input: &Value,
    endpoint: &str,
) -> Result<Request<Vec<u8>>, EncodeError> {
    match model.protocol() {
        Protocol::Query | Protocol::Ec2 => {
            let form = query::form(model, operation, input);
            let kind = "application/x-www-form-urlencoded; charset=utf-8";
            post(endpoint, kind, form.into_bytes())
        }
        Protocol::Json10 | Protocol::Json11 => {
            let body = encode::json::body(model, operation.input(), input);
            let kind = match model.protocol() {
                Protocol::Json10 => "application/x-amz-json-1.0",
                _ => "application/x-amz-json-1.1",
            };
            let mut request = post(endpoint, kind, body.into_bytes())?;
            let prefix = model.target_prefix().unwrap_or_default();
            let target = format!("{prefix}.{}", operation.name());
            request.headers_mut().insert("x-amz-target", header("x-amz-target", &target)?);
            Ok(request)
        }
        Protocol::RestJson | Protocol::RestXml => rest::request(model, operation, input, endpoint),
    }
}

/// Reads the output of an operation. For a streaming output `body` may be empty; the stream is not
/// part of the value.
///
/// # Errors
/// The service's error, or `SerializationError` when the answer is not the protocol's.
pub fn decode_response(
    model: &Model,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, ServiceError> {
    if status >= 300 {
        return Err(error::read(model.protocol(), status, headers, body));
    }
    let Some(output) = operation.output() else {
        return Ok(Value::Object(Map::new()));
    };
    let shape = model.structure(output);
    match model.protocol() {
        Protocol::Query | Protocol::Ec2 if body.is_empty() => Ok(Value::Object(Map::new())),
        Protocol::Query | Protocol::Ec2 => {
            let garbled = || error::garbled(model.protocol(), status, headers);
            let root = utf8(body).and_then(|text| xml::parse(text).ok()).ok_or_else(garbled)?;
            let wrapper = format!("{}Result", operation.name());
            let wrapper = operation.result_wrapper.as_deref().unwrap_or(&wrapper);
            let result = root.child(wrapper).unwrap_or(&root);
            decode::xml::structure(model, shape, result).map_err(|_| garbled())
        }
        Protocol::Json10 | Protocol::Json11 => decode::json::parse(body)
            .and_then(|value| decode::json::structure(model, shape, value, 0))
            .map_err(|_| error::garbled(model.protocol(), status, headers)),
        Protocol::RestJson | Protocol::RestXml => {
            rest::output(model, operation, status, headers, body)
        }
    }
}

fn post(
    endpoint: &str,
    kind: &'static str,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, EncodeError> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri(&format!("{}/", endpoint.trim_end_matches('/')))?;
    request.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(request)
}

fn uri(text: &str) -> Result<Uri, EncodeError> {
    text.parse().map_err(|_| EncodeError::Uri(text.to_owned()))
}

fn header(name: &str, value: &str) -> Result<HeaderValue, EncodeError> {
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| EncodeError::Header(name.to_owned()))
}

fn utf8(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok()
}
