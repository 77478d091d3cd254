//! What the targets share: requests written as text, so that a fuzzer can change every part.

#[cfg(feature = "files")]
mod files;

#[cfg(feature = "files")]
pub use files::{Memory, NESTED, columns, drain};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use wire::{Model, Operation};

/// Reads `METHOD URI`, header lines, an empty line and a body; `None` for what no HTTP server
/// would hand on.
pub fn request(bytes: &[u8]) -> Option<(Parts, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, uri) = first.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(uri).body(()).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some((request.into_parts().0, body.get(2..).unwrap_or_default()))
}

/// The operation that the first two bytes choose among those that `of` admits, and the rest.
pub fn operation(
    bytes: &[u8],
    of: impl Fn(&Model) -> bool,
) -> Option<(&'static Model, &'static Operation, &[u8])> {
    let (chosen, rest) = bytes.split_at_checked(2)?;
    let number = usize::from(u16::from_le_bytes(chosen.try_into().ok()?));
    let all: Vec<_> = wire::models()
        .filter(|model| of(model))
        .flat_map(|model| model.operations().map(move |operation| (model, operation)))
        .collect();
    let (model, operation) = *all.get(number % all.len())?;
    Some((model, operation, rest))
}
