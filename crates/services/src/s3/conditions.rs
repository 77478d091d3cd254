//! Conditional requests: `If-Match` and its kin on reading, copying and writing
//! ("Conditional requests", S3 User Guide; RFC 9110 section 13.2.2 for the order).
//!
//! Compares; what is there is read only where a condition asks about it.

use gateway::{Cx, Fault};
use serde::Deserialize;

use super::faults;
use super::state::{self, Object};

/// Conditions on reading; times in seconds since 1970.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReadConditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub if_modified_since: Option<f64>,
    pub if_unmodified_since: Option<f64>,
}

/// Conditions on the source of a copy.
#[derive(Debug, Deserialize)]
pub(super) struct CopyConditions {
    #[serde(rename = "CopySourceIfMatch")]
    if_match: Option<String>,
    #[serde(rename = "CopySourceIfNoneMatch")]
    if_none_match: Option<String>,
    #[serde(rename = "CopySourceIfModifiedSince")]
    if_modified_since: Option<f64>,
    #[serde(rename = "CopySourceIfUnmodifiedSince")]
    if_unmodified_since: Option<f64>,
}

/// Conditions on writing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteConditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
}

enum Outcome {
    Holds,
    Failed(&'static str),
    Unmodified(&'static str),
}

impl ReadConditions {
    /// Whether the object may be sent.
    ///
    /// # Errors
    /// `PreconditionFailed` (412), or `NotModified` (304), which has no body on the wire.
    pub(super) fn check(&self, object: &Object) -> Result<(), Fault> {
        match self.outcome(object) {
            Outcome::Holds => Ok(()),
            Outcome::Failed(condition) => Err(faults::precondition_failed(condition)),
            Outcome::Unmodified(_) => Err(Fault::new("NotModified", "Not Modified")
                .status(304)
                .with("ETag", quoted(&object.etag))),
        }
    }

    fn outcome(&self, object: &Object) -> Outcome {
        let seconds = object.modified as f64;
        match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) if !matches(tags, &object.etag) => return Outcome::Failed("If-Match"),
            (None, Some(since)) if seconds > since => {
                return Outcome::Failed("If-Unmodified-Since");
            }
            _ => {}
        }
        match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) if matches(tags, &object.etag) => Outcome::Unmodified("If-None-Match"),
            (None, Some(since)) if seconds <= since => Outcome::Unmodified("If-Modified-Since"),
            _ => Outcome::Holds,
        }
    }
}

impl CopyConditions {
    /// Whether the source may be copied.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub(super) fn check(&self, source: &Object) -> Result<(), Fault> {
        let conditions = ReadConditions {
            if_match: self.if_match.clone(),
            if_none_match: self.if_none_match.clone(),
            if_modified_since: self.if_modified_since,
            if_unmodified_since: self.if_unmodified_since,
        };
        match conditions.outcome(source) {
            Outcome::Holds => Ok(()),
            Outcome::Failed(condition) | Outcome::Unmodified(condition) => {
                Err(faults::precondition_failed(&format!("x-amz-copy-source-{condition}")))
            }
        }
    }
}

impl WriteConditions {
    /// Whether a key of a bucket may be written now.
    ///
    /// # Errors
    /// As [`WriteConditions::check`].
    pub(super) fn hold(&self, cx: &Cx, bucket: &str, key: &str) -> Result<(), Fault> {
        if self.if_match.is_none() && self.if_none_match.is_none() {
            return Ok(());
        }
        self.check(key, state::find_object(cx, bucket, key)?.as_ref())
    }

    /// Whether the key may be written over `present`.
    ///
    /// # Errors
    /// `PreconditionFailed`; `NoSuchKey` for `If-Match` on an absent key; `NotImplemented` for
    /// `If-None-Match` with anything but `*`.
    pub(super) fn check(&self, key: &str, present: Option<&Object>) -> Result<(), Fault> {
        match (self.if_none_match.as_deref(), present) {
            (None, _) | (Some("*"), None) => {}
            (Some("*"), Some(_)) => return Err(faults::precondition_failed("If-None-Match")),
            (Some(_), _) => return Err(faults::not_implemented("If-None-Match")),
        }
        match (&self.if_match, present) {
            (Some(_), None) => Err(faults::no_such_key(key)),
            (Some(tags), Some(object)) if !matches(tags, &object.etag) => {
                Err(faults::precondition_failed("If-Match"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a list of entity tags, or `*`, names this one.
fn matches(tags: &str, etag: &str) -> bool {
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == etag)
}

/// An entity tag as answers write it.
pub(super) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}
