//! The canonical request and the string to sign.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::borrow::Cow;

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::key::sha256_hex;
use super::{ALGORITHM, is_s3};

/// Everything but the unreserved characters of RFC 3986.
pub(crate) const STRICT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same, leaving the slashes of a path.
pub(crate) const STRICT_PATH: &AsciiSet = &STRICT.remove(b'/');

/// The canonical request of a signature over a canonical `path`.
///
/// `skip` names the query parameters that are not part of it.
pub(super) fn request(
    parts: &Parts,
    path: &str,
    signed_headers: &[String],
    payload: &str,
    skip: &[&str],
) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(parts.method.as_str());
    text.push('\n');
    text.push_str(path);
    text.push('\n');
    text.push_str(&query(parts.uri.query().unwrap_or_default(), skip));
    text.push('\n');
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        text.push_str(&header(parts, name));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&signed_headers.join(";"));
    text.push('\n');
    text.push_str(payload);
    text
}

/// The string to sign: algorithm, time, scope and the canonical request's hash.
pub(super) fn string_to_sign(timestamp: &str, scope: &str, canonical: &str) -> String {
    let hash = sha256_hex(canonical.as_bytes());
    format!("{ALGORITHM}\n{timestamp}\n{scope}\n{hash}")
}

/// S3 signs the path encoded once and as it is; the others normalise it and encode what was sent.
pub(super) fn path(parts: &Parts, service: &str) -> String {
    let sent = parts.uri.path();
    let sent = if sent.is_empty() { "/" } else { sent };
    if is_s3(service) {
        let decoded: Vec<u8> = percent_decode_str(sent).collect();
        return percent_encoding::percent_encode(&decoded, STRICT_PATH).to_string();
    }
    utf8_percent_encode(&normalised(sent), STRICT_PATH).to_string()
}

/// Removes empty and dot segments, as RFC 3986 5.2.4 does; a trailing slash stays.
fn normalised(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let is_directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    let end = if is_directory && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

/// Parameters decoded, encoded strictly, sorted by name and value.
fn query(sent: &str, skip: &[&str]) -> String {
    let mut fields: Vec<(String, String)> = sent
        .split('&')
        .filter(|field| !field.is_empty())
        .map(|field| field.split_once('=').unwrap_or((field, "")))
        .map(|(name, value)| (strict(name), strict(value)))
        .filter(|(name, _)| !skip.contains(&name.as_str()))
        .collect();
    fields.sort();
    let fields: Vec<String> =
        fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    fields.join("&")
}

fn strict(sent: &str) -> String {
    let spaced: Cow<'_, str> =
        if sent.contains('+') { sent.replace('+', " ").into() } else { sent.into() };
    let decoded: Vec<u8> = percent_decode_str(&spaced).collect();
    percent_encoding::percent_encode(&decoded, STRICT).to_string()
}

/// All values of a header, white space collapsed, joined with commas.
fn header(parts: &Parts, name: &str) -> String {
    let mut values: Vec<String> = parts
        .headers
        .get_all(name)
        .iter()
        .map(|value| collapsed(&String::from_utf8_lossy(value.as_bytes())))
        .collect();
    if values.is_empty() && name == "host" {
        // HTTP/2 and absolute URIs carry the host in the target.
        values.extend(parts.uri.authority().map(|authority| authority.as_str().to_owned()));
    }
    values.join(",")
}

fn collapsed(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").trim().to_owned()
}
