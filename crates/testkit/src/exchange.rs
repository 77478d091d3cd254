//! One HTTP exchange, step by step, for tests that change something on the way.

use std::io::{Cursor, Read};
use std::net::Ipv4Addr;

use gateway::{Incoming, OutgoingBody};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use wire::client::{ServiceError, decode_response, encode_request};
use wire::sigv4::{PayloadHash, sign};

use crate::{Caller, World, must};

const ENDPOINT: &str = "http://127.0.0.1:4566";

/// A request on its way. Change `parts` and `body` as a test needs, before or after signing.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method, URI, headers.
    pub parts: Parts,
    /// The body.
    pub body: Vec<u8>,
    model: &'static wire::Model,
    operation: &'static wire::Operation,
}

impl Request {
    /// Sets a header.
    pub fn header(&mut self, name: &'static str, value: &str) -> &mut Self {
        let value = must(HeaderValue::from_str(value));
        self.parts.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Sets the body, and its length.
    pub fn with_body(&mut self, body: &[u8]) -> &mut Self {
        self.body = body.to_vec();
        self.header("content-length", &body.len().to_string())
    }
}

/// An answer as it left the gateway.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
    model: &'static wire::Model,
    operation: &'static wire::Operation,
}

impl Answer {
    /// The answer read by the client half of `wire`.
    ///
    /// # Errors
    /// What the service answered.
    pub fn result(&self) -> Result<Value, ServiceError> {
        decode_response(self.model, self.operation, self.status, &self.headers, &self.body)
    }

    /// A header's text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer on one line: `ok`, or `STATUS CODE: message`.
    pub fn told(&self) -> String {
        match self.result() {
            Ok(_) => "ok".to_owned(),
            Err(error) => format!("{} {}: {}", error.status, error.code, error.message),
        }
    }
}

impl World {
    /// The unsigned request of an operation.
    #[track_caller]
    pub fn request(&self, service: &str, operation: &str, input: &Value) -> Request {
        let model = must(wire::model(service).ok_or("no such service"));
        let operation = must(model.operation(operation).ok_or("no such operation"));
        let (parts, body) = must(encode_request(model, operation, input, ENDPOINT)).into_parts();
        Request { parts, body, model, operation }
    }

    /// Signs a request over its body, at the world's time.
    pub fn sign(&self, request: &mut Request, caller: &Caller) {
        let payload = PayloadHash::of(&request.body);
        self.sign_as(request, caller, &payload);
    }

    /// Signs a request with any payload hash, such as `UNSIGNED-PAYLOAD`.
    pub fn sign_as(&self, request: &mut Request, caller: &Caller, payload: &PayloadHash) {
        let service = request.model.signing_name();
        let now = self.gateway().world().now();
        sign(&mut request.parts, &caller.credentials, &caller.region, service, payload, now);
    }

    /// Sends a request from 127.0.0.1 and reads the whole answer.
    pub fn send(&self, request: Request) -> Answer {
        let body = Box::new(Cursor::new(request.body.clone()));
        self.send_body(request, body)
    }

    /// Sends a request whose body comes from a reader, which may fail or end early.
    pub fn send_body(&self, request: Request, body: Box<dyn Read + Send>) -> Answer {
        let Request { parts, model, operation, .. } = request;
        let peer = Ipv4Addr::LOCALHOST.into();
        let incoming = Incoming { parts, body, peer, secure_transport: true };
        let outgoing = self.gateway().serve(incoming);
        let (head, ()) = outgoing.head.into_parts();
        let body = match outgoing.body {
            OutgoingBody::Bytes(bytes) => bytes.to_vec(),
            OutgoingBody::Blobs(download) => {
                let mut whole = Vec::new();
                for mut piece in download.pieces {
                    must(piece.read_to_end(&mut whole));
                }
                whole
            }
        };
        Answer { status: head.status.as_u16(), headers: head.headers, body, model, operation }
    }
}
