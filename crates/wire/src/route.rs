//! Which service and operation a request means.
//!
//! A request names its service in its credential scope, its `X-Amz-Target` or its `Action`; what
//! names none is S3's. REST operations are found by method, path and query literals, as the
//! models' URIs say. Knows no bodies. Start at [`route`].

mod rest;
mod s3_host;

use http::request::Parts;

use crate::fault::{Dialect, WireFault};
use crate::form::Form;
use crate::model::{Model, Operation, Protocol, models};
use crate::sigv4;

pub use s3_host::bucket_of_host;

/// A request's operation and the labels of its path.
#[derive(Debug, Clone)]
pub struct Route<'m> {
    /// The service.
    pub model: &'m Model,
    /// The operation.
    pub operation: &'m Operation,
    /// Decoded path labels by name, e.g. `Bucket` and `Key`.
    pub labels: Vec<(&'m str, String)>,
}

impl Route<'_> {
    /// The bucket of an S3 request.
    pub fn bucket(&self) -> Option<&str> {
        self.label("Bucket")
    }

    /// The key of an S3 request.
    pub fn key(&self) -> Option<&str> {
        self.label("Key")
    }

    /// One label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }
}

/// Finds the operation of a request. `form` is [`Form::of_request`] for requests that may be of
/// the query protocol.
///
/// # Errors
/// In the words of the service: query `InvalidAction`, JSON `UnknownOperationException`, S3
/// `MethodNotAllowed`; `UnknownService` (501) for a service that is not modelled.
pub fn route<'m>(parts: &Parts, form: Option<&Form>) -> Result<Route<'m>, WireFault> {
    route_in(service_of(parts, form)?, parts, form)
}

/// Finds the operation of a request to a service that is already known.
///
/// # Errors
/// As [`route`].
pub fn route_in<'m>(
    model: &'m Model,
    parts: &Parts,
    form: Option<&Form>,
) -> Result<Route<'m>, WireFault> {
    match model.protocol() {
        Protocol::Query | Protocol::Ec2 => by_action(model, form),
        Protocol::Json10 | Protocol::Json11 => by_target(model, parts),
        Protocol::RestJson | Protocol::RestXml => rest::find(model, parts),
    }
}

/// How to write a fault for a request, even one that [`route`] refuses.
pub fn dialect_of(parts: &Parts, form: Option<&Form>) -> Dialect<'static> {
    match service_of(parts, form) {
        Ok(model) => model.into(),
        Err(_) if parts.headers.contains_key("x-amz-target") => Protocol::Json11.into(),
        Err(_) if form.is_some() => Protocol::Query.into(),
        Err(_) => Protocol::RestJson.into(),
    }
}

/// The service of a request.
///
/// # Errors
/// `UnknownService` (501) when the request names a service that is not modelled.
pub fn service_of(parts: &Parts, form: Option<&Form>) -> Result<&'static Model, WireFault> {
    if let Some(target) = target(parts) {
        let prefix = target.rsplit_once('.').map_or(target, |(prefix, _)| prefix);
        let found = models().find(|model| model.target_prefix() == Some(prefix));
        return found.ok_or_else(|| unknown_service(prefix));
    }
    if is_s3_control(parts) {
        return crate::model("s3control").ok_or_else(|| unknown_service("s3control"));
    }
    if let Some(name) = sigv4::scope_service(parts) {
        let found = models().find(|model| model.signing_name() == name);
        // Directory buckets sign as `s3express` and are S3's own operations.
        let found = found.or_else(|| (name == "s3express").then(|| crate::model("s3")).flatten());
        return found.ok_or_else(|| unknown_service(&name));
    }
    if let Some(version) = form.and_then(|form| form.get("Version")) {
        let action = form.and_then(|form| form.get("Action")).unwrap_or_default();
        let found = models()
            .find(|model| model.api_version() == version && model.protocol() == Protocol::Query);
        return found.ok_or_else(|| invalid_action(action, version));
    }
    crate::model("s3").ok_or_else(|| unknown_service("s3"))
}

/// S3 Control signs as `s3`; only its version in the path, with the account beside it, tells it
/// from a bucket of that name.
fn is_s3_control(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/v20180820/") && parts.headers.contains_key("x-amz-account-id")
}

fn target(parts: &Parts) -> Option<&str> {
    parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok())
}

fn by_action<'m>(model: &'m Model, form: Option<&Form>) -> Result<Route<'m>, WireFault> {
    let Some(action) = form.and_then(|form| form.get("Action")) else {
        let message = "The request must contain the parameter Action";
        return Err(WireFault::sender("MissingAction", message));
    };
    let version = form.and_then(|form| form.get("Version")).unwrap_or(model.api_version());
    let known = version == model.api_version();
    match model.operation(action).filter(|_| known) {
        Some(operation) => Ok(Route { model, operation, labels: Vec::new() }),
        None => Err(invalid_action(action, version)),
    }
}

fn by_target<'m>(model: &'m Model, parts: &Parts) -> Result<Route<'m>, WireFault> {
    let name = target(parts).and_then(|target| target.rsplit_once('.')).map(|(_, name)| name);
    match name.and_then(|name| model.operation(name)) {
        Some(operation) => Ok(Route { model, operation, labels: Vec::new() }),
        None => Err(WireFault::sender("UnknownOperationException", "")),
    }
}

fn invalid_action(action: &str, version: &str) -> WireFault {
    let message = format!("Could not find operation {action} for version {version}");
    WireFault::sender("InvalidAction", message)
}

fn unknown_service(name: &str) -> WireFault {
    let message = format!("The service {name} is not implemented.");
    WireFault { status: 501, sender: false, ..WireFault::sender("NotImplemented", message) }
}
