//! Whether a presented signature is right.

use chrono::{DateTime, Duration, Utc};
use http::request::Parts;

use super::canonical;
use super::error::{Mismatch, SigError};
use super::key::SigningKey;
use super::payload::PayloadHash;
use super::presented::{Form, Presented};
use super::{MAX_SKEW_MINUTES, TIMESTAMP, is_s3};

/// A signature that holds, with what the chunks of its body are verified by.
#[derive(Debug, Clone)]
pub struct Verified {
    pub(crate) key: SigningKey,
    pub(crate) signature: String,
    pub(crate) timestamp: String,
    pub(crate) scope: String,
}

impl Presented {
    /// Whether the credential scope is for this service and, where the endpoint has one, Region.
    ///
    /// # Errors
    /// [`SigError::WrongService`] and [`SigError::WrongRegion`].
    pub fn check_scope(&self, service: &str, region: Option<&str>) -> Result<(), SigError> {
        let same_service = self.service == service || (is_s3(service) && is_s3(&self.service));
        if !same_service {
            return Err(SigError::WrongService {
                given: self.service.clone(),
                expected: service.to_owned(),
            });
        }
        match region.filter(|region| *region != self.region) {
            Some(expected) => Err(SigError::WrongRegion {
                given: self.region.clone(),
                expected: expected.to_owned(),
                form: self.form,
            }),
            None => Ok(()),
        }
    }

    /// Verifies the signature with the secret of its access key at a time.
    ///
    /// `payload` is what the canonical request says of the body, see [`PayloadHash::of_request`].
    /// The caller has looked up the key and checks token, scope and, for a declared hash, body.
    ///
    /// # Errors
    /// Skew of more than [`MAX_SKEW_MINUTES`], a presigned URL that has expired, headers that must
    /// be signed and are not, and a signature that does not match.
    pub fn verify(
        &self,
        parts: &Parts,
        payload: &PayloadHash,
        secret: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Verified, SigError> {
        self.check_time(now)?;
        self.check_signed_headers(parts)?;
        let timestamp = self.timestamp.format(TIMESTAMP).to_string();
        let scope = self.scope();
        let key = SigningKey::derive(secret, &self.date, &self.region, &self.service);
        let path = canonical::path(parts, &self.service);
        let canonical = |path: &str, skip: &[&str]| {
            canonical::request(parts, path, &self.signed_headers, payload.as_str(), skip)
        };
        let matches = |canonical: &str| {
            let text = canonical::string_to_sign(&timestamp, &scope, canonical);
            key.verify(&text, &self.signature)
        };
        let signed = canonical(&path, &["X-Amz-Signature"]);
        // A session token may have been appended to the URL after signing.
        let appended = self.form == Form::Query && self.session_token.is_some();
        let without = ["X-Amz-Signature", "X-Amz-Security-Token"];
        // Some S3 clients sign the path as they send it, with `=` or `(` in it not encoded.
        let sent = parts.uri.path();
        let as_sent = is_s3(&self.service) && sent != path;
        let right = matches(&signed)
            || (appended && matches(&canonical(&path, &without)))
            || (as_sent && matches(&canonical(sent, &["X-Amz-Signature"])))
            || (as_sent && appended && matches(&canonical(sent, &without)));
        if !right {
            return Err(SigError::Mismatch(Box::new(Mismatch {
                access_key_id: self.access_key_id.clone(),
                string_to_sign: canonical::string_to_sign(&timestamp, &scope, &signed),
                signature: self.signature.clone(),
                canonical_request: signed,
            })));
        }
        Ok(Verified { key, signature: self.signature.clone(), timestamp, scope })
    }

    fn check_time(&self, now: DateTime<Utc>) -> Result<(), SigError> {
        let day = self.timestamp.format("%Y%m%d").to_string();
        if day != self.date {
            let timestamp = self.timestamp;
            return Err(SigError::DateMismatch { date: self.date.clone(), timestamp });
        }
        let skew = Duration::minutes(MAX_SKEW_MINUTES);
        match self.expires {
            Some(_) if self.timestamp > now + skew => {
                Err(SigError::NotYetValid { timestamp: self.timestamp, now })
            }
            Some(seconds) if now > self.timestamp + Duration::seconds(seconds) => {
                Err(SigError::Expired { timestamp: self.timestamp, seconds, now })
            }
            Some(_) => Ok(()),
            None if (now - self.timestamp).abs() > skew => {
                Err(SigError::Skewed { timestamp: self.timestamp, now })
            }
            None => Ok(()),
        }
    }

    /// The host must be signed; S3 also wants every `x-amz-*` header signed that is present. The
    /// session token may be appended after signing.
    fn check_signed_headers(&self, parts: &Parts) -> Result<(), SigError> {
        let is_signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        if !is_signed("host") && !is_signed(":authority") {
            return Err(SigError::HostNotSigned);
        }
        if !is_s3(&self.service) {
            return Ok(());
        }
        let unsigned: Vec<String> = parts
            .headers
            .keys()
            .map(http::HeaderName::as_str)
            .filter(|name| name.starts_with("x-amz-") && *name != "x-amz-security-token")
            .filter(|name| !is_signed(name))
            .map(str::to_owned)
            .collect();
        if unsigned.is_empty() { Ok(()) } else { Err(SigError::HeadersNotSigned(unsigned)) }
    }
}
