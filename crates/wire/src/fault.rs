//! Errors as AWS services send them, before they are written in a protocol.
//!
//! Start at [`WireFault`]; `encode` writes it in the caller's [`Dialect`].

use crate::model::{Model, Protocol};

/// An error answer of a service: what every AWS protocol can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct WireFault {
    /// The error code as clients match it, e.g. `AccessDenied`, `ValidationException`.
    pub code: String,
    /// The sentence shown to people.
    pub message: String,
    /// HTTP status.
    pub status: u16,
    /// Whether the caller is at fault (`Sender`) or the service (`Receiver`).
    pub sender: bool,
    /// Further elements beside the message, in order; S3 and some JSON errors have them.
    pub extra: Vec<(String, String)>,
    /// Structured members of the error's shape, by name; the JSON protocols write them.
    pub detail: serde_json::Map<String, serde_json::Value>,
}

impl WireFault {
    /// A fault of the caller, status 400.
    pub fn sender(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
            sender: true,
            extra: Vec::new(),
            detail: serde_json::Map::new(),
        }
    }

    /// A fault of the service, status 500.
    pub fn receiver(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status: 500, sender: false, ..Self::sender(code, message) }
    }

    /// The answer to an operation that the model has and this platform does not (status 501).
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        let message = format!("{operation} of {service} is not implemented.");
        Self { status: 501, sender: false, ..Self::sender("NotImplemented", message) }
    }

    /// The same fault with another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same fault with one more element beside the message.
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.push((name.into(), value.into()));
        self
    }
}

/// The ids every answer carries: `x-amzn-RequestId`, or `x-amz-request-id` with `x-amz-id-2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseIds {
    /// The request id: a UUID for most services, 16 characters for S3.
    pub request_id: String,
    /// S3's second id, `HostId` in its error bodies.
    pub host_id: String,
}

impl ResponseIds {
    /// Both ids.
    pub fn new(request_id: impl Into<String>, host_id: impl Into<String>) -> Self {
        Self { request_id: request_id.into(), host_id: host_id.into() }
    }
}

/// How to write a fault: a protocol and, for the XML ones, its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect<'a> {
    /// The protocol.
    pub protocol: Protocol,
    /// `xmlns` of query answers.
    pub xml_namespace: Option<&'a str>,
}

impl<'a> From<&'a Model> for Dialect<'a> {
    fn from(model: &'a Model) -> Self {
        Self { protocol: model.protocol(), xml_namespace: model.xml_namespace() }
    }
}

impl From<Protocol> for Dialect<'_> {
    fn from(protocol: Protocol) -> Self {
        Self { protocol, xml_namespace: None }
    }
}
