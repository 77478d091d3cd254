//! The AWS side: profiles, sessions, and the one trait through which every API call goes.
//!
//! [`Api`] is what tests replace; [`Client`] is the real one (interface models and signatures of
//! the `wire` crate over a small HTTP transport).
//!
//! Must not know what the calls are for, nor whether a local platform or AWS answers. Start at
//! [`Api`].

mod client;
mod http;
mod message;
mod profiles;
mod roots;
mod secret;
mod sources;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use names::Region;
use serde_json::Value;

pub use client::Client;
pub use message::decode_authorization_message;
pub use profiles::{Profile, ProfileError, Profiles};
pub use roots::{Roots, RootsError};
pub use secret::Secret;

/// The current time, handed in so that tests replay.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Access keys, long-lived or temporary. The secret parts are wiped when dropped.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token of temporary keys.
    pub session_token: Option<Secret>,
}

/// Somebody who can call AWS: keys, a Region, and where the account's endpoint is.
#[derive(Debug, Clone)]
pub struct Session {
    /// For messages: the profile's name or the role's.
    pub label: String,
    /// The keys.
    pub keys: Keys,
    /// The Region that calls go to.
    pub region: Region,
    /// An endpoint for every service; AWS's own when absent.
    pub endpoint: Option<String>,
}

/// A refusal or a failure of one API call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The call, such as `sts AssumeRole`.
    pub call: Box<str>,
    /// AWS's code; `Unreachable` when no answer came.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// The HTTP status; 0 when no answer came.
    pub status: u16,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// The opaque explanation for `sts:DecodeAuthorizationMessage`, when the answer carried one.
    pub authorization_message: Option<String>,
}

impl ApiError {
    /// Whether the thing asked for does not exist (each service says it in its own words).
    pub fn is_missing(&self) -> bool {
        self.status == 404
            || matches!(
                self.code.as_str(),
                "NoSuchEntity"
                    | "NoSuchEntityException"
                    | "NotFoundException"
                    | "ResourceNotFoundException"
                    | "NoSuchBucket"
                    | "NoSuchBucketPolicy"
                    | "NoSuchKey"
                    | "NotFound"
                    | "ClusterNotFound"
                    | "ClusterNotFoundFault"
            )
    }
}

/// Receives an object's bytes, part by part.
pub type Sink<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

/// The AWS APIs as the movement sees them: model member names in, model member names out.
#[async_trait]
pub trait Api: Send + Sync {
    /// One call; blobs are base64 strings, timestamps epoch seconds.
    async fn call(
        &self,
        session: &Session,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError>;

    /// `s3:GetObject` with its body streamed into `sink`; gives the number of bytes.
    async fn download(
        &self,
        session: &Session,
        bucket: &str,
        key: &str,
        sink: Sink<'_>,
    ) -> Result<u64, ApiError>;
}
