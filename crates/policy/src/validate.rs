//! What AWS refuses to store as a policy, in its own words.
//!
//! The parser reads more than AWS stores; a document that passes here also parses. Texts follow
//! "MalformedPolicyDocument" answers of IAM (CreatePolicy, CreateRole), S3 (PutBucketPolicy), KMS
//! and Secrets Manager. Whether named principals exist is for the service that stores the policy,
//! see [`Document::principals`]. Start at [`validate`].

mod fields;
mod identity;
mod resource_arn;
mod resource_based;

#[cfg(test)]
mod tests;

use crate::document::Document;
use crate::policies::PolicyKind;

/// Where a document is to be stored, which decides its rules and error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// An identity policy, managed or inline, or a permissions boundary (IAM).
    Identity,
    /// A session policy (STS).
    Session,
    /// A role's trust policy (IAM).
    Trust,
    /// The policy of this bucket (S3).
    Bucket(&'a str),
    /// The policy of a key (KMS).
    Key,
    /// The policy of a secret (Secrets Manager).
    Secret,
}

/// A refusal, HTTP status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// `MalformedPolicyDocument`, `MalformedPolicy` or `MalformedPolicyDocumentException`.
    pub code: &'static str,
    /// AWS's text.
    pub message: String,
}

impl From<PolicyKind> for Place<'_> {
    /// The place whose rules a kind follows where the kind is all that is known.
    fn from(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::ServiceControl => {
                Self::Identity
            }
            PolicyKind::Session => Self::Session,
            PolicyKind::Trust => Self::Trust,
            PolicyKind::Key | PolicyKind::Grant => Self::Key,
            PolicyKind::Resource | PolicyKind::ResourceControl | PolicyKind::Endpoint => {
                Self::Secret
            }
        }
    }
}

impl Place<'_> {
    fn code(self) -> &'static str {
        match self {
            Self::Identity | Self::Session | Self::Trust => "MalformedPolicyDocument",
            Self::Bucket(_) => "MalformedPolicy",
            Self::Key | Self::Secret => "MalformedPolicyDocumentException",
        }
    }
}

/// Checks a text for a place and parses it.
///
/// # Errors
/// The first fault in AWS's order of checking.
pub fn validate(place: Place<'_>, text: &str) -> Result<Document, Malformed> {
    let checked = match place {
        Place::Identity | Place::Session => identity::check(text),
        Place::Trust | Place::Bucket(_) | Place::Key | Place::Secret => {
            resource_based::check(place, text)
        }
    };
    checked.map_err(|message| Malformed { code: place.code(), message })
}

/// [`validate`] for callers that keep only the text.
///
/// # Errors
/// As [`validate`].
pub fn check(kind: PolicyKind, text: &str) -> Result<(), Malformed> {
    validate(kind.into(), text).map(drop)
}
