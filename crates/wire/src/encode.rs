//! Output values and faults to responses, in every protocol.
//!
//! What the model does not know is left out of the answer; [`crate::unknown_members`] finds such
//! members in tests. Start at [`encode`] and [`encode_fault`].

pub(crate) mod json;
mod rest;
pub(crate) mod xml;

pub(crate) use rest::header_text;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::fault::{Dialect, ResponseIds, WireFault};
use crate::model::{Model, Operation, Protocol};
use crate::xml::Writer;

/// Writes a successful answer. A streaming output has an empty body here: send the stream in its
/// place (and set `content-length`, which for such an operation is a member of the value).
pub fn encode(
    model: &Model,
    operation: &Operation,
    output: &Value,
    ids: &ResponseIds,
) -> Response<Bytes> {
    let mut response = match model.protocol() {
        Protocol::Query | Protocol::Ec2 => query(model, operation, output, ids),
        Protocol::Json10 | Protocol::Json11 => {
            let body = json::body(model, operation.output(), output);
            answer(operation.response_code(), content_type(model.protocol()), body)
        }
        Protocol::RestJson | Protocol::RestXml => rest::encode(model, operation, output),
    };
    add_ids(&mut response, model.protocol(), ids);
    if operation.is_head() { drop_body(response) } else { response }
}

/// Writes an error answer in a protocol: `encode_fault(model, …)` or `encode_fault(protocol, …)`.
/// For a `HEAD` request pass the result through [`drop_body`].
pub fn encode_fault<'a>(
    dialect: impl Into<Dialect<'a>>,
    fault: &WireFault,
    ids: &ResponseIds,
) -> Response<Bytes> {
    let dialect = dialect.into();
    let protocol = dialect.protocol;
    let body = match protocol {
        Protocol::Query => query_fault(dialect, fault, ids),
        Protocol::Ec2 => ec2_fault(fault, ids),
        Protocol::RestXml => s3_fault(fault, ids),
        Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => json_fault(protocol, fault),
    };
    let mut response = answer(fault.status, content_type(protocol), body);
    if protocol.is_json() {
        set(&mut response, "x-amzn-errortype", &fault.code);
    }
    add_ids(&mut response, protocol, ids);
    response
}

/// An answer without its body and the headers that describe it, as `HEAD` has it.
#[must_use]
pub fn drop_body(response: Response<Bytes>) -> Response<Bytes> {
    response.map(|_| Bytes::new())
}

/// `<NameResponse><NameResult>…</NameResult><ResponseMetadata>…</ResponseMetadata></NameResponse>`
fn query(
    model: &Model,
    operation: &Operation,
    output: &Value,
    ids: &ResponseIds,
) -> Response<Bytes> {
    let mut writer = Writer::default();
    let root = format!("{}Response", operation.name());
    let namespace = model.xml_namespace().map(|uri| ("xmlns", uri));
    writer.open_with(&root, namespace);
    if let Some(output_shape) = operation.output() {
        let wrapper = operation.result_wrapper.as_deref();
        if let Some(wrapper) = wrapper {
            writer.open(wrapper);
        }
        xml::members(model, model.structure(output_shape), output, &mut writer);
        if let Some(wrapper) = wrapper {
            writer.close(wrapper);
        }
    }
    match model.protocol() {
        Protocol::Ec2 => writer.element("requestId", &ids.request_id),
        _ => {
            writer.open("ResponseMetadata");
            writer.element("RequestId", &ids.request_id);
            writer.close("ResponseMetadata");
        }
    }
    writer.close(&root);
    answer(operation.response_code(), content_type(model.protocol()), writer.finish())
}

fn query_fault(dialect: Dialect<'_>, fault: &WireFault, ids: &ResponseIds) -> String {
    let mut writer = Writer::default();
    writer.open_with("ErrorResponse", dialect.xml_namespace.map(|uri| ("xmlns", uri)));
    writer.open("Error");
    writer.element("Type", if fault.sender { "Sender" } else { "Receiver" });
    code_and_message(fault, &mut writer);
    writer.close("Error");
    writer.element("RequestId", &ids.request_id);
    writer.close("ErrorResponse");
    writer.finish()
}

fn ec2_fault(fault: &WireFault, ids: &ResponseIds) -> String {
    let mut writer = Writer::document();
    writer.open("Response");
    writer.open("Errors");
    writer.open("Error");
    code_and_message(fault, &mut writer);
    writer.close("Error");
    writer.close("Errors");
    writer.element("RequestID", &ids.request_id);
    writer.close("Response");
    writer.finish()
}

fn s3_fault(fault: &WireFault, ids: &ResponseIds) -> String {
    let mut writer = Writer::document();
    writer.open("Error");
    code_and_message(fault, &mut writer);
    writer.element("RequestId", &ids.request_id);
    writer.element("HostId", &ids.host_id);
    writer.close("Error");
    writer.finish()
}

fn code_and_message(fault: &WireFault, writer: &mut Writer) {
    writer.element("Code", &fault.code);
    writer.element("Message", &fault.message);
    for (name, value) in &fault.extra {
        writer.element(name, value);
    }
}

/// `__type`, and the message as both spellings that clients of this protocol read.
fn json_fault(protocol: Protocol, fault: &WireFault) -> String {
    let mut body = Map::new();
    if protocol != Protocol::RestJson {
        body.insert("__type".to_owned(), Value::from(fault.code.as_str()));
    }
    if !fault.message.is_empty() {
        // KMS and Secrets Manager write `Message`; of DynamoDB's errors some have the one and some
        // the other, and clients that are strict look for it under its own name.
        body.insert("Message".to_owned(), Value::from(fault.message.as_str()));
        if protocol == Protocol::Json10 {
            body.insert("message".to_owned(), Value::from(fault.message.as_str()));
        }
    }
    for (name, value) in &fault.extra {
        body.insert(name.clone(), Value::from(value.as_str()));
    }
    body.extend(fault.detail.clone());
    Value::Object(body).to_string()
}

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Query => "text/xml",
        Protocol::Ec2 => "text/xml;charset=UTF-8",
        Protocol::Json10 => "application/x-amz-json-1.0",
        Protocol::Json11 => "application/x-amz-json-1.1",
        Protocol::RestJson => "application/json",
        Protocol::RestXml => "application/xml",
    }
}

pub(crate) fn answer(
    status: u16,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let body = body.into();
    let has_body = !body.is_empty();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if has_body {
        set(&mut response, "content-type", content_type);
    }
    response
}

fn add_ids(response: &mut Response<Bytes>, protocol: Protocol, ids: &ResponseIds) {
    if protocol == Protocol::RestXml {
        set(response, "x-amz-request-id", &ids.request_id);
        set(response, "x-amz-id-2", &ids.host_id);
    } else {
        set(response, "x-amzn-requestid", &ids.request_id);
    }
}

/// Sets a header; what cannot stand in one is left out.
pub(crate) fn set(response: &mut Response<Bytes>, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    let value = HeaderValue::from_bytes(value.as_bytes());
    if let (Ok(name), Ok(value)) = (name, value) {
        response.headers_mut().insert(name, value);
    }
}
