//! Which bytes of an object a request asks for: `Range` (RFC 9110 section 14) or a part number.
//!
//! Pure arithmetic. Start at [`of_request`].

use std::ops::Range;

use gateway::Fault;

use super::faults;
use super::state::Object;

/// A run of bytes of an object.
#[derive(Debug, PartialEq)]
pub(super) struct Slice {
    /// Offsets of plain bytes.
    pub range: Range<u64>,
    /// Whether the request named a range or part, so that the answer is `206 Partial Content`.
    pub is_partial: bool,
}

impl Slice {
    /// All of an object.
    pub(super) fn whole(bytes: u64) -> Self {
        Self { range: 0..bytes, is_partial: false }
    }

    /// Bytes in it.
    pub(super) fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// `Content-Range`, for a partial answer.
    pub(super) fn content_range(&self, bytes: u64) -> Option<String> {
        let last = self.range.end.checked_sub(1).filter(|_| self.is_partial)?;
        Some(format!("bytes {}-{last}/{bytes}", self.range.start))
    }
}

/// The bytes asked for. A header that is no single range of bytes is ignored, as S3 does.
///
/// # Errors
/// `InvalidRange`, `InvalidPartNumber` (both 416), `InvalidRequest` for both at once.
pub(super) fn of_request(
    object: &Object,
    range: Option<&str>,
    part: Option<u32>,
) -> Result<Slice, Fault> {
    match (range, part) {
        (Some(_), Some(_)) => Err(faults::invalid_request(
            "Cannot specify both Range header and partNumber query parameter",
        )),
        (Some(text), None) => of_header(text, object.bytes),
        (None, Some(number)) => of_part(object, number),
        (None, None) => Ok(Slice::whole(object.bytes)),
    }
}

/// The bytes of a `Range` header.
///
/// # Errors
/// `InvalidRange`.
pub(super) fn of_header(text: &str, bytes: u64) -> Result<Slice, Fault> {
    let Some((first, last)) = parse(text) else { return Ok(Slice::whole(bytes)) };
    let range = match (first, last) {
        (Some(first), last) => first..last.map_or(bytes, |last| last.saturating_add(1).min(bytes)),
        (None, last) => bytes.saturating_sub(last.unwrap_or_default())..bytes,
    };
    if range.is_empty() {
        return Err(Fault::new("InvalidRange", "The requested range is not satisfiable")
            .status(416)
            .with("ActualObjectSize", bytes.to_string())
            .with("RangeRequested", text));
    }
    Ok(Slice { range, is_partial: true })
}

/// `bytes=a-b`, `bytes=a-`, `bytes=-n`.
fn parse(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits => digits.parse().ok().map(Some),
    };
    match (number(first)?, number(last)?) {
        (None, None) => None,
        (Some(first), Some(last)) if first > last => None,
        range => Some(range),
    }
}

fn of_part(object: &Object, number: u32) -> Result<Slice, Fault> {
    let mut begin = 0;
    for piece in &object.pieces {
        let end = begin + piece.bytes;
        // Parts are counted as they were uploaded; an object in one piece is its part 1.
        if piece.part == number {
            return Ok(Slice { range: begin..end, is_partial: true });
        }
        begin = end;
    }
    Err(Fault::new("InvalidPartNumber", "The requested partnumber is not satisfiable")
        .status(416)
        .with("ActualPartCount", object.pieces.len().to_string())
        .with("PartNumberRequested", number.to_string()))
}
