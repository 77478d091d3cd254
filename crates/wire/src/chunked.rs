//! Reader of `aws-chunked` bodies: plain bytes out, signatures and trailers checked on the way.
//!
//! Memory is constant: a chunk's bytes are yielded as they arrive and its signature is checked at
//! its end, so **nothing read counts until `read` has returned `Ok(0)`**. Knows no HTTP server:
//! wrap any [`Read`]. Start at [`ChunkedReader`].
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use std::io::{self, BufRead, BufReader, Read};

use ring::digest;

use crate::fault::WireFault;
use crate::sigv4::{PayloadHash, Verified};

#[cfg(test)]
mod tests;

/// Longest line of chunk size, chunk signature or one trailer, in bytes.
const MAX_LINE: u64 = 4096;

/// Most trailer lines.
const MAX_TRAILERS: usize = 32;

/// SHA-256 of nothing, part of every chunk's string to sign.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Why a chunked body was refused. It travels inside the [`io::Error`] of a read, see
/// [`ChunkError::of`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The framing is not aws-chunked.
    #[error("the body is not aws-chunked")]
    Malformed,
    /// The body ended early, or has another length than `x-amz-decoded-content-length`.
    #[error("the body is incomplete")]
    Incomplete,
    /// A chunk or the trailer is signed otherwise.
    #[error("a chunk's signature does not match")]
    Signature,
}

impl ChunkError {
    /// The refusal inside a read's error, if that is what it was.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }

    /// The refusal in S3's words.
    pub fn fault(&self) -> WireFault {
        match self {
            Self::Malformed => {
                WireFault::sender("InvalidRequest", "The body is not a valid aws-chunked stream.")
            }
            Self::Incomplete => WireFault::sender(
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP \
                 header",
            ),
            Self::Signature => WireFault::sender(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method.",
            )
            .with_status(403),
        }
    }
}

impl From<ChunkError> for io::Error {
    fn from(error: ChunkError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Yields the plain bytes of an aws-chunked body.
pub struct ChunkedReader<R> {
    inner: BufReader<R>,
    state: State,
    signing: Option<Signing>,
    signed_trailer: bool,
    expected: Option<u64>,
    total: u64,
    trailers: Vec<(String, String)>,
}

impl<R> std::fmt::Debug for ChunkedReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkedReader")
            .field("state", &self.state)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a chunk's size.
    Header,
    /// Inside a chunk, with this many bytes to come.
    Data(u64),
    /// After the trailers.
    Done,
}

/// The chain of chunk signatures.
struct Signing {
    verified: Verified,
    previous: String,
    declared: String,
    hash: digest::Context,
}

impl<R: Read> ChunkedReader<R> {
    /// A reader for a payload of a chunked kind. `verified` is the request's own signature, from
    /// which the chain of chunk signatures starts; `expected` is `x-amz-decoded-content-length`.
    pub fn new(
        inner: R,
        payload: &PayloadHash,
        verified: Option<Verified>,
        expected: Option<u64>,
    ) -> Self {
        let signed = matches!(payload, PayloadHash::Streaming | PayloadHash::StreamingTrailer);
        let signing = verified.filter(|_| signed).map(|verified| Signing {
            previous: verified.signature.clone(),
            verified,
            declared: String::new(),
            hash: digest::Context::new(&digest::SHA256),
        });
        Self {
            inner: BufReader::new(inner),
            state: State::Header,
            signing,
            signed_trailer: *payload == PayloadHash::StreamingTrailer,
            expected,
            total: 0,
            trailers: Vec::new(),
        }
    }

    /// The trailers (`x-amz-checksum-…`), lower-case names; complete once `read` returned `Ok(0)`.
    pub fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }

    /// A line without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        (&mut self.inner).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            let short = (line.len() as u64) + 1 < MAX_LINE;
            return Err(if short { ChunkError::Incomplete } else { ChunkError::Malformed }.into());
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        String::from_utf8(line).map_err(|_| ChunkError::Malformed.into())
    }

    /// `1000;chunk-signature=…`
    fn header(&mut self) -> io::Result<u64> {
        let line = self.line()?;
        let (size, extension) = line.split_once(';').unwrap_or((&line, ""));
        let size = u64::from_str_radix(size.trim(), 16).map_err(|_| ChunkError::Malformed)?;
        if let Some(signing) = &mut self.signing {
            let declared = extension.trim().strip_prefix("chunk-signature=");
            signing.declared = declared.ok_or(ChunkError::Malformed)?.to_owned();
        }
        self.total = self.total.saturating_add(size);
        if self.expected.is_some_and(|expected| self.total > expected) {
            return Err(ChunkError::Incomplete.into());
        }
        Ok(size)
    }

    fn end_chunk(&mut self) -> io::Result<()> {
        if !self.line()?.is_empty() {
            return Err(ChunkError::Malformed.into());
        }
        self.check_chunk()?;
        self.state = State::Header;
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        self.signing.as_mut().map_or(Ok(()), Signing::end_chunk)
    }

    /// The last chunk, its trailers and the total.
    fn finish(&mut self) -> io::Result<()> {
        self.check_chunk()?;
        let mut signature = None;
        loop {
            // Unsigned bodies may stop after the last chunk without the empty line.
            let line = match self.line() {
                Err(error) if ChunkError::of(&error) == Some(&ChunkError::Incomplete) => break,
                line => line?,
            };
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(ChunkError::Malformed)?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            if name == "x-amz-trailer-signature" {
                signature = Some(value);
            } else if self.trailers.len() == MAX_TRAILERS {
                return Err(ChunkError::Malformed.into());
            } else {
                self.trailers.push((name, value));
            }
        }
        self.check_trailer(signature.as_deref())?;
        if self.expected.is_some_and(|expected| self.total != expected) {
            return Err(ChunkError::Incomplete.into());
        }
        self.state = State::Done;
        Ok(())
    }

    fn check_trailer(&self, signature: Option<&str>) -> Result<(), ChunkError> {
        let Some(signing) = self.signing.as_ref().filter(|_| self.signed_trailer) else {
            return Ok(());
        };
        let lines: String =
            self.trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let signature = signature.ok_or(ChunkError::Signature)?;
        let text = signing.verified.trailer_string(&signing.previous, &lines);
        let right = signing.verified.key.verify(&text, signature);
        if right { Ok(()) } else { Err(ChunkError::Signature) }
    }
}

impl Signing {
    fn end_chunk(&mut self) -> Result<(), ChunkError> {
        let fresh = digest::Context::new(&digest::SHA256);
        let hash = hex::encode(std::mem::replace(&mut self.hash, fresh).finish());
        let text = self.verified.chunk_string(&self.previous, &hash);
        if !self.verified.key.verify(&text, &self.declared) {
            return Err(ChunkError::Signature);
        }
        self.previous = std::mem::take(&mut self.declared);
        Ok(())
    }
}

impl Verified {
    fn chunk_string(&self, previous: &str, hash: &str) -> String {
        let (timestamp, scope) = (&self.timestamp, &self.scope);
        format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{timestamp}\n{scope}\n{previous}\n{EMPTY_SHA256}\n{hash}"
        )
    }

    fn trailer_string(&self, previous: &str, lines: &str) -> String {
        let (timestamp, scope) = (&self.timestamp, &self.scope);
        let hash = hex::encode(digest::digest(&digest::SHA256, lines.as_bytes()));
        format!("AWS4-HMAC-SHA256-TRAILER\n{timestamp}\n{scope}\n{previous}\n{hash}")
    }
}

impl<R: Read> Read for ChunkedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::Done => return Ok(0),
                State::Header => match self.header()? {
                    0 => self.finish()?,
                    size => self.state = State::Data(size),
                },
                State::Data(0) => self.end_chunk()?,
                State::Data(left) => {
                    let read = (&mut self.inner).take(left).read(buffer)?;
                    if read == 0 {
                        return Err(ChunkError::Incomplete.into());
                    }
                    if let (Some(signing), Some(bytes)) = (&mut self.signing, buffer.get(..read)) {
                        signing.hash.update(bytes);
                    }
                    self.state = State::Data(left.saturating_sub(read as u64));
                    return Ok(read);
                }
            }
        }
    }
}
