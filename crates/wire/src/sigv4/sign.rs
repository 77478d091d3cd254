//! Signing requests and URLs, as a client does.

use chrono::{DateTime, Utc};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::utf8_percent_encode;

use super::canonical::{self, STRICT};
use super::key::{Credentials, SigningKey};
use super::payload::PayloadHash;
use super::verify::Verified;
use super::{ALGORITHM, TIMESTAMP, is_s3};

/// Headers that proxies and HTTP libraries change; signing them would break the signature.
const UNSIGNED: [&str; 5] =
    ["authorization", "expect", "user-agent", "x-amzn-trace-id", "transfer-encoding"];

/// Signs a request in its headers: adds `x-amz-date`, the session token, for S3
/// `x-amz-content-sha256`, and `authorization`. A missing `host` is taken from the URI.
///
/// The result verifies the chunks of an aws-chunked body.
pub fn sign(
    parts: &mut Parts,
    credentials: &Credentials,
    region: &str,
    service: &str,
    payload: &PayloadHash,
    now: DateTime<Utc>,
) -> Verified {
    let timestamp = now.format(TIMESTAMP).to_string();
    parts.headers.remove(http::header::AUTHORIZATION);
    add_host(parts);
    set(parts, "x-amz-date", &timestamp);
    if let Some(token) = &credentials.session_token {
        set(parts, "x-amz-security-token", token);
    }
    if is_s3(service) {
        set(parts, "x-amz-content-sha256", payload.as_str());
    }
    let mut names: Vec<String> = parts
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .filter(|name| !UNSIGNED.contains(&name.as_str()))
        .collect();
    names.sort();
    let signed = Signer::new(credentials, region, service, now);
    let canonical =
        canonical::request(parts, &canonical::path(parts, service), &names, payload.as_str(), &[]);
    let verified = signed.finish(&canonical);
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
        credentials.access_key_id,
        verified.scope,
        names.join(";"),
        verified.signature
    );
    set(parts, "authorization", &authorization);
    verified
}

/// Signs a request in its query string, valid for `expires` seconds (at most
/// [`super::MAX_EXPIRES`], which is the server's to check). Only the headers present are signed;
/// a missing `host` is taken from the URI.
pub fn presign(
    parts: &mut Parts,
    credentials: &Credentials,
    region: &str,
    service: &str,
    expires: u32,
    now: DateTime<Utc>,
) {
    add_host(parts);
    let mut names: Vec<String> =
        parts.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    let signer = Signer::new(credentials, region, service, now);
    let mut query = vec![
        ("X-Amz-Algorithm", ALGORITHM.to_owned()),
        ("X-Amz-Credential", format!("{}/{}", credentials.access_key_id, signer.scope)),
        ("X-Amz-Date", signer.timestamp.clone()),
        ("X-Amz-Expires", expires.to_string()),
        ("X-Amz-SignedHeaders", names.join(";")),
    ];
    query.extend(credentials.session_token.clone().map(|token| ("X-Amz-Security-Token", token)));
    for (name, value) in query {
        append_query(parts, name, &value);
    }
    let payload = if is_s3(service) { PayloadHash::Unsigned } else { PayloadHash::of(b"") };
    let canonical =
        canonical::request(parts, &canonical::path(parts, service), &names, payload.as_str(), &[]);
    let signature = signer.finish(&canonical).signature;
    append_query(parts, "X-Amz-Signature", &signature);
}

/// The parts of a signature that do not depend on the request.
struct Signer {
    key: SigningKey,
    timestamp: String,
    scope: String,
}

impl Signer {
    fn new(credentials: &Credentials, region: &str, service: &str, now: DateTime<Utc>) -> Self {
        let date = now.format("%Y%m%d").to_string();
        let secret = credentials.secret_access_key.as_bytes();
        Self {
            key: SigningKey::derive(secret, &date, region, service),
            timestamp: now.format(TIMESTAMP).to_string(),
            scope: format!("{date}/{region}/{service}/aws4_request"),
        }
    }

    fn finish(self, canonical: &str) -> Verified {
        let text = canonical::string_to_sign(&self.timestamp, &self.scope, canonical);
        let signature = self.key.sign(&text);
        Verified { key: self.key, signature, timestamp: self.timestamp, scope: self.scope }
    }
}

fn add_host(parts: &mut Parts) {
    let host = parts.uri.authority().map(|authority| authority.as_str().to_owned());
    if let (Some(host), false) = (host, parts.headers.contains_key(http::header::HOST)) {
        set(parts, "host", &host);
    }
}

/// Sets a header. What cannot stand in one is left out; the server then refuses the signature.
fn set(parts: &mut Parts, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        parts.headers.insert(HeaderName::from_static(name), value);
    }
}

fn append_query(parts: &mut Parts, name: &str, value: &str) {
    let separator = if parts.uri.query().is_some() { "&" } else { "?" };
    let value = utf8_percent_encode(value, STRICT);
    if let Ok(uri) = format!("{}{separator}{name}={value}", parts.uri).parse::<Uri>() {
        parts.uri = uri;
    }
}
