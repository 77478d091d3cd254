//! Requests to input values, in every protocol.
//!
//! The value has the model's member names; what the model does not know is dropped, as AWS does.
//! Limits and types are checked here, the model's constraints in `validate.rs`. Start at
//! [`decode`]; one file per body form beside this one.

pub(crate) mod json;
mod query;
mod rest;
pub(crate) mod xml;

pub(crate) use query::capitalised;
pub(crate) use rest::{malformed_xml, prefixed_headers, split_list, text_of};

use http::request::Parts;
use serde_json::{Map, Value};

use crate::fault::WireFault;
use crate::form::Form;
use crate::limits::{MAX_BODY, MAX_HEADERS};
use crate::model::Protocol;
use crate::route::Route;

/// Reads the input of a routed request. For an operation with a streaming input `body` is not
/// looked at: pass an empty slice and read the stream beside the value.
///
/// # Errors
/// In the service's own words: query `MalformedInput` and `MalformedQueryString`, JSON
/// `SerializationException`, S3 `MalformedXML`, `InvalidArgument`, `InvalidURI`; and when a
/// limit of this crate is passed, `RequestEntityTooLarge` (413) or S3's `MaxMessageLengthExceeded`.
pub fn decode(route: &Route<'_>, parts: &Parts, body: &[u8]) -> Result<Value, WireFault> {
    let (model, operation) = (route.model, route.operation);
    check_size(model.protocol(), parts, body)?;
    let Some(input) = operation.input() else {
        return Ok(Value::Object(Map::new()));
    };
    match model.protocol() {
        Protocol::Query | Protocol::Ec2 => {
            let form = Form::of_request(parts, body)?.unwrap_or_default();
            query::decode(model, input, &form)
        }
        Protocol::Json10 | Protocol::Json11 => json::decode(model, input, body),
        Protocol::RestJson | Protocol::RestXml => rest::decode(route, input, parts, body),
    }
}

fn check_size(protocol: Protocol, parts: &Parts, body: &[u8]) -> Result<(), WireFault> {
    if parts.headers.len() > MAX_HEADERS {
        let message = "Your request has too many headers.";
        return Err(WireFault::sender("RequestHeaderSectionTooLarge", message));
    }
    if body.len() <= MAX_BODY {
        return Ok(());
    }
    Err(match protocol {
        Protocol::RestXml => {
            let message = "Your request was too big.";
            WireFault::sender("MaxMessageLengthExceeded", message)
        }
        _ => {
            let message = format!("The request body is longer than {MAX_BODY} bytes.");
            WireFault::sender("RequestEntityTooLarge", message).with_status(413)
        }
    })
}
