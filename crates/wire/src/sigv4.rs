//! Signature Version 4, both sides: what a request presents, whether it is right, and signing.
//!
//! Knows no clock and no key registry: time and secrets are handed in. Secrets and signing keys
//! are never shown by `Debug`. Start at [`Presented`]; `canonical.rs` holds the canonical request,
//! `error.rs` the words of every refusal.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

mod canonical;
mod error;
mod key;
mod payload;
mod presented;
mod sign;
mod verify;

#[cfg(test)]
mod tests;

pub use error::{Mismatch, SigError};
pub use key::{Credentials, SigningKey};
pub use payload::PayloadHash;
pub use presented::{Form, Presented};
pub use sign::{presign, sign};
pub use verify::Verified;

pub(crate) use canonical::{STRICT, STRICT_PATH};
pub(crate) use presented::scope_service;

/// The one algorithm: HMAC with SHA-256.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far a request's time may be from the server's, in minutes, either way.
pub const MAX_SKEW_MINUTES: i64 = 15;

/// Longest validity of a presigned URL, in seconds: one week.
pub const MAX_EXPIRES: i64 = 604_800;

/// The form of `X-Amz-Date`.
pub(crate) const TIMESTAMP: &str = "%Y%m%dT%H%M%SZ";

/// Whether a service signs its paths once encoded and not normalised.
pub(crate) fn is_s3(service: &str) -> bool {
    matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts")
}
