//! Request bodies: bounded when they are held in memory, streamed otherwise, and compared with
//! every digest that the client sent.

use std::io::{self, Read, Write};
use std::sync::Arc;

use ::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wire::chunked::{ChunkError, ChunkedReader};
use wire::sigv4::PayloadHash;

use crate::authenticate::Authenticated;
use crate::digest::{Checksum, Digested, Digesting, Digests};
use crate::dispatch::Gateway;
use crate::upload::{StagedUpload, storage_fault};
use crate::{Fault, Upload};

/// Bytes that are read at a time from a streamed body that is not smaller.
const CHUNK_BYTES: usize = 256 * 1024;

/// A body held in memory, at most [`wire::MAX_BODY`] bytes.
pub(crate) fn read_bounded(body: &mut dyn Read) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let limit = wire::MAX_BODY as u64;
    body.take(limit + 1).read_to_end(&mut bytes).map_err(|e| incomplete(&e))?;
    if bytes.len() > wire::MAX_BODY {
        let text = format!("The request body is larger than {limit} bytes.");
        return Err(Fault::new("RequestEntityTooLarge", text).status(413));
    }
    Ok(bytes)
}

/// Whether a body in memory is what its headers declare; answers the plain bytes.
///
/// `checksum` says whether a checksum header is about this body: with CompleteMultipartUpload it
/// is about the object.
pub(crate) fn check_whole(
    parts: &Parts,
    bytes: Vec<u8>,
    caller: &Authenticated,
    checksum: bool,
) -> Result<Vec<u8>, Fault> {
    let mut plain = Vec::new();
    let mut wanted = wanted(parts, caller);
    wanted.checksum = wanted.checksum.filter(|_| checksum);
    let mut digesting = Digesting::new(&wanted);
    let sink = |piece: &[u8]| {
        digesting.update(piece);
        plain.extend_from_slice(piece);
        Ok(())
    };
    let trailers = pump(bytes.as_slice(), parts, caller, sink)?;
    compare(parts, &trailers, caller, &digesting.finish())?;
    Ok(plain)
}

/// Streams a body into an upload, and stages it if its digests are the declared ones.
pub(crate) fn stream(
    gateway: &Arc<Gateway>,
    parts: &Parts,
    body: &mut dyn Read,
    caller: &Authenticated,
    upload: Upload,
) -> Result<StagedUpload, Fault> {
    upload.receive(
        gateway,
        |upload| pump(body, parts, caller, |piece| upload.write_all(piece)),
        |trailers, got| compare(parts, trailers, caller, got),
    )
}

/// The digests that a request's headers ask to be compared.
pub(crate) fn wanted(parts: &Parts, caller: &Authenticated) -> Digests {
    Digests {
        md5: header(parts, "content-md5").is_some(),
        sha256: matches!(caller.payload, PayloadHash::Sha256(_)),
        checksum: declared(parts),
        fallback: None,
    }
}

/// The checksum algorithm that a request declares, in a header or as a trailer to come.
fn declared(parts: &Parts) -> Option<Checksum> {
    let trailer = header(parts, "x-amz-trailer").unwrap_or_default().to_ascii_lowercase();
    Checksum::ALL.into_iter().find(|checksum| {
        let name = checksum.header();
        parts.headers.contains_key(&name) || trailer.split(',').any(|t| t.trim() == name)
    })
}

type Trailers = Vec<(String, String)>;

fn pump(
    body: impl Read,
    parts: &Parts,
    caller: &Authenticated,
    mut sink: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<Trailers, Fault> {
    let number = |name| header(parts, name).and_then(|n| n.parse().ok());
    // A byte more than a small body has, so that its end is seen at once.
    let buffer = number("content-length").map_or(CHUNK_BYTES, |n: u64| {
        usize::try_from(n.saturating_add(1)).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES)
    });
    if !caller.payload.is_chunked() {
        copy(body, buffer, &mut sink)?;
        return Ok(Vec::new());
    }
    let expected = number("x-amz-decoded-content-length");
    let mut chunks = ChunkedReader::new(body, &caller.payload, caller.verified.clone(), expected);
    copy(&mut chunks, buffer, &mut sink)?;
    Ok(chunks.trailers().to_vec())
}

fn copy(
    mut body: impl Read,
    buffer: usize,
    sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Fault> {
    let mut buffer = vec![0; buffer];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(incomplete(&e)),
        };
        sink(buffer.split_at(count).0).map_err(storage_fault)?;
    }
}

/// A body that ended early or broke its framing.
fn incomplete(error: &io::Error) -> Fault {
    match ChunkError::of(error) {
        Some(chunk) => chunk.fault().into(),
        None => {
            let text = "You did not provide the number of bytes specified by the Content-Length \
                        HTTP header";
            Fault::new("IncompleteBody", text).status(400)
        }
    }
}

fn compare(
    parts: &Parts,
    trailers: &Trailers,
    caller: &Authenticated,
    got: &Digested,
) -> Result<(), Fault> {
    if let Some(hash) = &got.sha256_hex
        && !caller.payload.matches(hash)
    {
        let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(Fault::new("XAmzContentSHA256Mismatch", text).status(400));
    }
    if let (Some(md5), Some(sent)) = (&got.md5, header(parts, "content-md5")) {
        let Ok(sent_bytes) = STANDARD.decode(sent) else {
            let text = "The Content-MD5 you specified was invalid.";
            return Err(Fault::new("InvalidDigest", text).status(400));
        };
        if sent_bytes != md5 {
            let text = "The Content-MD5 you specified did not match what we received.";
            return Err(Fault::new("BadDigest", text).status(400));
        }
    }
    let Some((algorithm, computed)) = &got.checksum else { return Ok(()) };
    let name = algorithm.header();
    let trailer = trailers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
    match header(parts, &name).or(trailer) {
        Some(sent) if sent == computed => Ok(()),
        Some(_) => {
            let text =
                format!("The {algorithm} you specified did not match the calculated checksum.");
            Err(Fault::new("BadDigest", text).status(400))
        }
        // The service wants a checksum that the client never spoke of.
        None if declared(parts) != Some(*algorithm) => Ok(()),
        None => Err(Fault::new(
            "MalformedTrailerError",
            "The request contained trailing data that \
                     was not well-formed or did not conform to our published schema.",
        )
        .status(400)),
    }
}

fn header<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}
