//! The door for bytes: one HTTP request to one HTTP response.
//!
//! Synchronous: a listener runs it on a pool of threads and bridges the bodies.

use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;

use ::http::header::{HeaderName, HeaderValue};
use ::http::request::Parts;
use ::http::{Method, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use wire::{Dialect, Form, ResponseIds, Route};

use crate::authenticate::{Authenticated, authenticate};
use crate::body::{check_whole, read_bounded, stream, wanted};
use crate::cross_origin::{self, CrossOrigin, CrossOriginRules};
use crate::dispatch::{Gateway, Output};
use crate::operation::{Download, Handler};
use crate::{Fault, Origin};

/// Where a call without a credential scope is taken to be.
const DEFAULT_REGION: &str = "us-east-1";
/// The header that carries the encoded authorization message of a denial.
const AUTHORIZATION_MESSAGE: &str = "x-landbridge-authorization-message";

/// Elements of S3's error answers that stand in a header too, where a body cannot (`HEAD`, 304).
const ELEMENTS_IN_HEADERS: [(&str, &str); 2] =
    [("Region", "x-amz-bucket-region"), ("ETag", "etag")];

/// A request as a listener hands it over.
pub struct Incoming {
    /// Method, URI, headers.
    pub parts: Parts,
    /// The body.
    pub body: Box<dyn Read + Send>,
    /// The client's address.
    pub peer: IpAddr,
    /// What `aws:SecureTransport` says of the connection.
    pub secure_transport: bool,
}

/// The response: status and headers, and its body.
pub struct Outgoing {
    /// Status and headers.
    pub head: Response<()>,
    /// The body.
    pub body: OutgoingBody,
}

/// A response body.
pub enum OutgoingBody {
    /// In memory.
    Bytes(Bytes),
    /// Streamed from blobs.
    Blobs(Download),
}

/// What is known of the service asked, for answering in its protocol.
struct Asked {
    model: Option<&'static wire::Model>,
    dialect: Dialect<'static>,
}

impl Asked {
    fn of(parts: &Parts, form: Option<&Form>) -> Self {
        let model = wire::service_of(parts, form).ok();
        Self { model, dialect: wire::dialect_of(parts, form) }
    }
}

impl Gateway {
    /// Takes one request through the whole path. Never fails: every failure is an answer in the
    /// protocol of the service that was asked.
    pub fn serve(self: &Arc<Self>, incoming: Incoming) -> Outgoing {
        let host_id = STANDARD.encode(self.world().bytes::<42>());
        let ids = ResponseIds::new(self.world().uuid(), host_id);
        let head_request = incoming.parts.method == Method::HEAD;
        let mut asked = Asked::of(&incoming.parts, None);
        let rules = asked.model.and_then(|model| self.cross_origin_rules(model.name()));
        let foreign = rules.and_then(|rules| Some((rules, CrossOrigin::of(&incoming.parts)?)));
        let answer = match rules {
            Some(_) if incoming.parts.method == Method::OPTIONS => {
                self.preflight(foreign.as_ref(), &ids)
            }
            _ => self.answer(incoming, &ids, &mut asked),
        };
        let mut outgoing = answer.unwrap_or_else(|fault| refuse(&asked, fault, &ids, head_request));
        if let Some((rules, asked)) = foreign.filter(|(_, asked)| !asked.is_preflight) {
            let told = self.ask(rules, &asked);
            cross_origin::add(told.unwrap_or_default(), outgoing.head.headers_mut());
        }
        outgoing
    }

    /// Whether a request, whose whole body is here, asks for an operation that is
    /// [brief](crate::Operation::brief): handing it to another thread would cost more than
    /// answering it.
    pub fn is_brief(&self, parts: &Parts, body: &[u8]) -> bool {
        let route =
            Form::of_request(parts, body).and_then(|form| wire::route(parts, form.as_ref()));
        let built = route.map(|route| self.built(route.model.name(), route.operation.name()));
        matches!(built, Ok(Ok((_, operation))) if operation.brief)
    }

    fn cross_origin_rules(&self, service: &str) -> Option<CrossOriginRules> {
        self.services().find(|known| known.name() == service)?.cross_origin
    }

    fn ask(
        &self,
        rules: CrossOriginRules,
        asked: &CrossOrigin,
    ) -> Result<Vec<(&'static str, String)>, Fault> {
        let region = DEFAULT_REGION.parse().map_err(Fault::internal)?;
        self.inspect(self.own_origin(region), |cx| rules(cx, asked))
    }

    /// A browser's question before a request from another origin; it comes without credentials.
    fn preflight(
        &self,
        foreign: Option<&(CrossOriginRules, CrossOrigin)>,
        ids: &ResponseIds,
    ) -> Result<Outgoing, Fault> {
        let (rules, asked) = foreign.ok_or_else(cross_origin::without_origin)?;
        let told = self.ask(*rules, asked)?;
        let mut head = Response::new(());
        cross_origin::add(told, head.headers_mut());
        let id = [("x-amz-request-id", ids.request_id.clone())];
        cross_origin::add(id.into(), head.headers_mut());
        Ok(Outgoing { head, body: OutgoingBody::Bytes(Bytes::new()) })
    }

    fn answer(
        self: &Arc<Self>,
        incoming: Incoming,
        ids: &ResponseIds,
        asked: &mut Asked,
    ) -> Result<Outgoing, Fault> {
        let Incoming { parts, mut body, peer, secure_transport } = incoming;
        let early = if Form::is_expected(&parts) { read_bounded(&mut body)? } else { Vec::new() };
        let form = Form::of_request(&parts, &early)?;
        *asked = Asked::of(&parts, form.as_ref());
        let route = wire::route(&parts, form.as_ref())?;
        let streams = route.operation.is_streaming_input();
        let mut bytes = early;
        if !streams {
            bytes.extend(read_bounded(&mut body)?);
        }
        let asked_for = (route.model, route.operation.name());
        let caller = authenticate(self, asked_for, &parts, &bytes)?;
        if !streams && route.model.name() == "s3" {
            let checksum = route.operation.requires_checksum();
            bytes = check_whole(&parts, bytes, &caller, checksum)?;
        }
        // Only the authenticated learn what is built.
        let (service, operation) = self.built(route.model.name(), route.operation.name())?;
        let input = wire::decode(&route, &parts, &bytes)?;
        wire::validate(route.model, route.operation, &input)?;
        let origin = self.origin(&parts, &caller, peer, secure_transport, ids)?;
        let output = if let Handler::Upload { .. } = operation.handler {
            let names = (service.name, operation.name);
            self.take_upload(&parts, &mut body, &caller, origin, names, input)?
        } else {
            let principal = caller.principal.clone();
            self.call(principal, origin, service.name, operation.name, input)?
        };
        Ok(respond(&route, output, ids))
    }

    fn take_upload(
        self: &Arc<Self>,
        parts: &Parts,
        body: &mut dyn Read,
        caller: &Authenticated,
        origin: Origin,
        (service, operation): (&'static str, &'static str),
        input: Value,
    ) -> Result<Output, Fault> {
        let principal = caller.principal.clone();
        let digests = wanted(parts, caller);
        let upload = self.begin_upload(
            principal.clone(),
            origin.clone(),
            service,
            operation,
            input,
            &digests,
        )?;
        let staged = stream(self, parts, body, caller, upload)?;
        let outputs = self.commit_uploads(principal, origin, vec![staged], |_| Ok(()))?;
        let value = outputs.into_iter().next().unwrap_or_default();
        Ok(Output { value, body: None })
    }

    fn origin(
        &self,
        parts: &Parts,
        caller: &Authenticated,
        source_ip: IpAddr,
        secure_transport: bool,
        ids: &ResponseIds,
    ) -> Result<Origin, Fault> {
        let agent = parts.headers.get("user-agent").and_then(|v| v.to_str().ok());
        let region = caller.region.as_deref().unwrap_or(DEFAULT_REGION);
        let region = region.parse().map_err(|_| {
            let text = format!("Credential should be scoped to a valid region, not '{region}'.");
            Fault::new("SignatureDoesNotMatch", text).status(403)
        })?;
        Ok(Origin {
            request_id: ids.request_id.clone(),
            region,
            source_ip,
            user_agent: agent.unwrap_or_default().to_owned(),
            access_key_id: caller.access_key_id.clone(),
            secure_transport,
            called_via: Vec::new(),
            time: self.world().now(),
            extra_context: Vec::new(),
        })
    }
}

fn respond(route: &Route, output: Output, ids: &ResponseIds) -> Outgoing {
    let response = wire::encode(route.model, route.operation, &output.value, ids);
    let (mut head, bytes) = response.into_parts();
    // RFC 9110, 15.3.7: part of a representation. The interface model knows one status only.
    if output.value.get("ContentRange").is_some_and(Value::is_string) {
        head.status = StatusCode::PARTIAL_CONTENT;
    }
    let body = match output.body {
        Some(download) => OutgoingBody::Blobs(download),
        None => OutgoingBody::Bytes(bytes),
    };
    Outgoing { head: Response::from_parts(head, ()), body }
}

fn refuse(asked: &Asked, mut fault: Fault, ids: &ResponseIds, head_request: bool) -> Outgoing {
    let message = fault.authorization_message.clone();
    let told = headers_of(&mut fault);
    let fault = fault.into_wire(asked.model);
    let mut response = wire::encode_fault(asked.dialect, &fault, ids);
    // RFC 9110: neither an answer to HEAD nor a 304 has a body.
    if head_request || fault.status == StatusCode::NOT_MODIFIED.as_u16() {
        response = wire::drop_body(response);
    }
    let (mut head, bytes) = response.into_parts();
    for (header, value) in told {
        let header = HeaderName::from_bytes(header.as_bytes());
        if let (Ok(header), Ok(value)) = (header, HeaderValue::from_str(&value)) {
            head.headers.insert(header, value);
        }
    }
    if let Some(value) = message.and_then(|text| HeaderValue::from_str(&text).ok()) {
        head.headers.insert(AUTHORIZATION_MESSAGE, value);
    }
    Outgoing { head: Response::from_parts(head, ()), body: OutgoingBody::Bytes(bytes) }
}

/// The headers that a fault carries: elements that stand in a header too, and what has a header's
/// lower-case name, which no element has.
fn headers_of(fault: &mut Fault) -> Vec<(String, String)> {
    let is_header = |name: &str| name.starts_with(|first: char| first.is_ascii_lowercase());
    let (mut headers, elements): (Vec<_>, Vec<_>) =
        std::mem::take(&mut fault.extra).into_iter().partition(|(name, _)| is_header(name));
    for (element, header) in ELEMENTS_IN_HEADERS {
        if let Some((_, value)) = elements.iter().find(|(name, _)| name == element) {
            headers.push((header.to_owned(), value.clone()));
        }
    }
    fault.extra = elements;
    headers
}
