//! What a signature says about the body.

use http::request::Parts;

use super::key::sha256_hex;
use super::presented::{Form, Presented};
use super::{SigError, is_s3};

/// The last line of a canonical request: the body's hash, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadHash {
    /// Lower-case hexadecimal SHA-256 of the body.
    Sha256(String),
    /// `UNSIGNED-PAYLOAD`
    Unsigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: aws-chunked, every chunk signed.
    Streaming,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: the same, with signed trailers.
    StreamingTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: aws-chunked with trailers, nothing signed.
    StreamingUnsignedTrailer,
}

impl PayloadHash {
    /// The hash of a body.
    pub fn of(body: &[u8]) -> Self {
        Self::Sha256(sha256_hex(body))
    }

    /// The line as it stands in the canonical request and in `x-amz-content-sha256`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sha256(hash) => hash,
            Self::Unsigned => "UNSIGNED-PAYLOAD",
            Self::Streaming => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::StreamingTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::StreamingUnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }

    /// Whether the body is aws-chunked and must be read through [`crate::chunked`].
    pub fn is_chunked(&self) -> bool {
        matches!(self, Self::Streaming | Self::StreamingTrailer | Self::StreamingUnsignedTrailer)
    }

    /// What a request says of its body, for [`Presented::verify`]. S3 declares it in
    /// `x-amz-content-sha256`, and a presigned S3 request without it is unsigned. Other services
    /// sign the body itself: give it as `body`.
    ///
    /// A declared hash is the client's claim: the reader of the body must compare it with what
    /// arrives (S3's `XAmzContentSHA256Mismatch`), see [`PayloadHash::matches`].
    ///
    /// # Errors
    /// S3's `InvalidArgument` and `InvalidRequest` for a missing or unknown value.
    pub fn of_request(parts: &Parts, presented: &Presented, body: &[u8]) -> Result<Self, SigError> {
        let declared = parts.headers.get("x-amz-content-sha256");
        let declared = declared.map(|value| value.to_str().unwrap_or_default());
        if !is_s3(presented.service()) {
            return Ok(match declared {
                Some("UNSIGNED-PAYLOAD") => Self::Unsigned,
                _ => Self::of(body),
            });
        }
        match (declared, presented.form()) {
            (Some(text), _) => Self::parse(text),
            (None, Form::Query) => Ok(Self::Unsigned),
            (None, Form::Header) => Err(SigError::MissingContentHash),
        }
    }

    /// Reads a value of `x-amz-content-sha256`.
    ///
    /// # Errors
    /// [`SigError::BadContentHash`] for anything S3 does not list.
    pub fn parse(text: &str) -> Result<Self, SigError> {
        let known = [
            Self::Unsigned,
            Self::Streaming,
            Self::StreamingTrailer,
            Self::StreamingUnsignedTrailer,
        ];
        if let Some(hash) = known.into_iter().find(|hash| hash.as_str() == text) {
            return Ok(hash);
        }
        let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash {
            return Ok(Self::Sha256(text.to_ascii_lowercase()));
        }
        Err(SigError::BadContentHash { given: text.to_owned() })
    }

    /// Whether a body's hexadecimal SHA-256 is the declared one; true when none is declared.
    pub fn matches(&self, sha256: &str) -> bool {
        match self {
            Self::Sha256(hash) => hash == sha256,
            _ => true,
        }
    }
}
