//! Requests that a browser makes for a page of another origin (Fetch Standard, "CORS protocol").
//!
//! A preflight is answered before anybody is authenticated, because browsers send it without
//! credentials; ordinary requests take the usual path, and their answers get headers. Which origins
//! are admitted only the service knows. Start reading at [`CrossOrigin::of`].

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{Cx, Fault};

/// What a service is asked about a request from another origin.
#[derive(Debug)]
pub struct CrossOrigin {
    /// The bucket, from the host or the path, still encoded.
    pub bucket: String,
    /// Whether the path goes on to an object.
    pub names_object: bool,
    /// `Origin`.
    pub origin: String,
    /// The method asked for; a preflight that names none has its own, `OPTIONS`.
    pub method: String,
    /// Names of headers asked for, in lower case.
    pub headers: Vec<String>,
    /// Whether the browser only asks.
    pub is_preflight: bool,
}

/// What a service answers: headers, or to a preflight its refusal.
pub type CrossOriginRules = fn(&Cx, &CrossOrigin) -> Result<Vec<(&'static str, String)>, Fault>;

impl CrossOrigin {
    /// What a request asks for, if it says where it comes from and names a bucket.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let origin = text("origin")?.to_owned();
        let is_preflight = parts.method == Method::OPTIONS;
        let path = parts.uri.path().trim_start_matches('/');
        let in_host = text("host").and_then(wire::bucket_of_host);
        let (bucket, key) = match in_host {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        let asked = text("access-control-request-method").filter(|_| is_preflight);
        let names = text("access-control-request-headers").filter(|_| is_preflight);
        let names = names.unwrap_or_default().split(',').map(str::trim);
        Some(Self {
            bucket: Some(bucket).filter(|bucket| !bucket.is_empty())?.to_owned(),
            names_object: !key.is_empty(),
            origin,
            method: asked.unwrap_or(parts.method.as_str()).to_owned(),
            headers: names.filter(|n| !n.is_empty()).map(str::to_ascii_lowercase).collect(),
            is_preflight,
        })
    }
}

/// A preflight that does not say where it comes from.
pub(crate) fn without_origin() -> Fault {
    let text = "Insufficient information. Origin request header needed.";
    Fault::new("BadRequest", text).status(400)
}

/// Adds headers to an answer.
pub(crate) fn add(told: Vec<(&'static str, String)>, headers: &mut HeaderMap) {
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
