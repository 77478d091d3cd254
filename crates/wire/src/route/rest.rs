//! REST operations by method, path and query.
//!
//! Among the operations whose path fits, those whose query literals (`?acl`, `?list-type=2`) are
//! all present stand; the one with most literals wins, then the one whose required parameters and
//! headers are all there (`UploadPart` before `PutObject`, `CopyObject` by its header).

use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::fault::WireFault;
use crate::model::{Model, Operation, Protocol, Segment};
use crate::route::Route;
use crate::route::s3_host::bucket_of_host;

/// Finds the operation of a REST request.
pub(super) fn find<'m>(model: &'m Model, parts: &Parts) -> Result<Route<'m>, WireFault> {
    let path = effective_path(model, parts);
    let query = query_names(parts);
    let best = model
        .operations()
        .filter(|operation| *operation.method() == parts.method)
        .filter_map(|operation| {
            let labels = match_path(&operation.uri.segments, &path)?;
            let rank = rank(operation, parts, &query)?;
            Some((rank, operation, labels))
        })
        // Of equals the first stands: `max_by_key` would take the last.
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    let Some((_, operation, labels)) = best else {
        return Err(not_found(model));
    };
    let labels = labels
        .into_iter()
        .map(|(label, raw)| Ok((label, decode(model, raw)?)))
        .collect::<Result<_, WireFault>>()?;
    Ok(Route { model, operation, labels })
}

/// The path with the bucket of a host-style S3 request in front.
fn effective_path(model: &Model, parts: &Parts) -> String {
    let path = parts.uri.path();
    let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    match host.and_then(bucket_of_host).filter(|_| model.name() == "s3") {
        // The object function of Object Lambda answers on a host of its own.
        Some(_) if path == "/WriteGetObjectResponse" => path.to_owned(),
        Some(bucket) => format!("/{bucket}{path}"),
        None => path.to_owned(),
    }
}

/// Names and values of the query string, still encoded: literals have nothing to decode.
fn query_names(parts: &Parts) -> Vec<(&str, &str)> {
    let query = parts.uri.query().unwrap_or_default();
    let fields = query.split('&').filter(|field| !field.is_empty());
    fields.map(|field| field.split_once('=').unwrap_or((field, ""))).collect()
}

/// Labels of a path in their encoded form; `None` when the path does not fit.
fn match_path<'m, 'p>(segments: &'m [Segment], path: &'p str) -> Option<Vec<(&'m str, &'p str)>> {
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    let mut labels = Vec::new();
    let mut done = rest.is_empty();
    for (at, segment) in segments.iter().enumerate() {
        if done {
            return None;
        }
        match segment {
            Segment::Greedy(label) => {
                let after = segments.get(at + 1..).unwrap_or_default();
                let taken = before_literals(rest, after).filter(|taken| !taken.is_empty())?;
                labels.push((label.as_str(), taken));
                return Some(labels);
            }
            Segment::Label(_) | Segment::Literal(_) => {
                let (head, tail) = rest.split_once('/').map_or((rest, None), |(h, t)| (h, Some(t)));
                match segment {
                    Segment::Literal(text) if text != head => return None,
                    Segment::Label(_) if head.is_empty() => return None,
                    Segment::Label(label) => labels.push((label.as_str(), head)),
                    _ => {}
                }
                // A trailing slash ends the path: `/bucket/` is the bucket.
                done = tail.is_none_or(str::is_empty);
                rest = tail.unwrap_or_default();
            }
        }
    }
    done.then_some(labels)
}

/// What a greedy label takes of `rest`: all but the literals that must end the path.
fn before_literals<'p>(rest: &'p str, literals: &[Segment]) -> Option<&'p str> {
    literals.iter().rev().try_fold(rest, |rest, segment| match segment {
        Segment::Literal(text) => rest.strip_suffix(text.as_str())?.strip_suffix('/'),
        Segment::Label(_) | Segment::Greedy(_) => None,
    })
}

/// How well an operation fits: literals, then literal path segments, then required parameters,
/// then a name in `x-id`, then not being superseded. `None` when a literal is missing.
fn rank(
    operation: &Operation,
    parts: &Parts,
    query: &[(&str, &str)],
) -> Option<(usize, usize, bool, usize, bool, bool)> {
    let has = |name: &str| query.iter().any(|(key, _)| *key == name);
    for (name, value) in &operation.uri.literals {
        let fits = |(key, given): &(&str, &str)| {
            key == name && value.as_ref().is_none_or(|value| value == given)
        };
        if !query.iter().any(fits) {
            return None;
        }
    }
    let queries = operation.required_query.iter().filter(|name| has(name)).count();
    let headers = operation
        .required_headers
        .iter()
        .filter(|name| parts.headers.contains_key(name.as_str()))
        .count();
    let required = operation.required_query.len() + operation.required_headers.len();
    let is_literal = |segment: &&Segment| matches!(segment, Segment::Literal(_));
    let literal_segments = operation.uri.segments.iter().filter(is_literal).count();
    // The listing of directory buckets differs from ListBuckets by its endpoint only.
    let express = operation.name == "ListDirectoryBuckets"
        && crate::sigv4::scope_service(parts).as_deref() == Some("s3express");
    let named =
        express || query.iter().any(|(key, value)| *key == "x-id" && *value == operation.name);
    Some((
        operation.uri.literals.len(),
        literal_segments,
        queries + headers == required,
        queries + headers,
        named,
        !operation.deprecated,
    ))
}

fn decode(model: &Model, raw: &str) -> Result<String, WireFault> {
    let decoded = percent_decode_str(raw).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| match model.protocol() {
        Protocol::RestXml => WireFault::sender("InvalidURI", "Couldn't parse the specified URI."),
        _ => WireFault::sender("SerializationException", "The path is not UTF-8."),
    })
}

fn not_found(model: &Model) -> WireFault {
    match model.protocol() {
        Protocol::RestXml => {
            let message = "The specified method is not allowed against this resource.";
            WireFault::sender("MethodNotAllowed", message).with_status(405)
        }
        _ => WireFault::sender("UnknownOperationException", "").with_status(404),
    }
}
