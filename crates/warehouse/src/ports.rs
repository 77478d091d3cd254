//! What the warehouse needs from the world around it: its cluster's facts, the cloud as a role
//! sees it, the clock and randomness.
//!
//! Everything here is a trait or a plain value, so that a statement can be run against the
//! gateway or against an in-memory fake without knowing which. Nothing here decides anything:
//! each call of [`Cloud`] and [`RoleSession`] is authenticated, authorized and audited behind it.
//! Start reading at [`Cloud`].

#![allow(
    clippy::result_large_err,
    reason = "a refusal ends its statement: it is made once, and its parts are public strings"
)]

use std::any::Any;
use std::fmt;
use std::io;

use chrono::{DateTime, Utc};
use names::{AccountId, Region};

/// Which cluster: the three parts that make a cluster identifier unique in the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterRef {
    /// The account that owns the cluster.
    pub account: AccountId,
    /// The Region the cluster runs in.
    pub region: Region,
    /// The cluster identifier, as `CreateCluster` was given it (lower case).
    pub identifier: String,
}

impl ClusterRef {
    /// `arn:aws:redshift:REGION:ACCOUNT:dbuser:CLUSTER/USER`: the external id of every hop of a
    /// role chain, and the caller named in Redshift's refusals.
    /// Redshift Management Guide, "Restricting access to IAM roles".
    pub fn db_user_arn(&self, user: &str) -> String {
        format!(
            "arn:aws:redshift:{}:{}:dbuser:{}/{user}",
            self.region, self.account, self.identifier
        )
    }
}

/// A cluster's state, as far as a session cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterStatus {
    /// `available`: logins and statements pass.
    Available,
    /// `modifying`: open sessions live on and new ones are admitted.
    Modifying,
    /// `creating`: not yet reachable.
    Creating,
    /// `deleting`: sessions end.
    Deleting,
}

/// What the control plane knows of a cluster and the warehouse needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterFacts {
    /// ARNs of the roles associated with the cluster (`ModifyClusterIamRoles`).
    pub attached_roles: Vec<String>,
    /// The role of `IAM_ROLE default`, when one is set.
    pub default_role: Option<String>,
    /// `require_ssl` of the cluster's parameter group.
    pub require_ssl: bool,
    /// The cluster's state.
    pub status: ClusterStatus,
}

/// What the warehouse needs to know of its cluster's control plane.
pub trait Directory: Send + Sync {
    /// The facts of now; `None` when there is no such cluster.
    fn cluster(&self, id: &ClusterRef) -> Option<ClusterFacts>;
}

/// Long-lived or temporary access keys, as COPY and UNLOAD accept them instead of a role.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeys {
    /// `ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `SESSION_TOKEN`, for temporary keys.
    pub session_token: Option<String>,
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The cloud as seen by the cluster: role chains and object storage, each call decided and
/// audited by the gateway behind it.
pub trait Cloud: Send + Sync {
    /// Assumes a chain of roles as `redshift.amazonaws.com` for this database user, with
    /// `sts:ExternalId` = [`ClusterRef::db_user_arn`] on every hop.
    /// The error's hop is [`Hop::Assume`] with the role that could not be assumed.
    fn assume_chain(
        &self,
        cluster: &ClusterRef,
        db_user: &str,
        roles: &[String],
    ) -> Result<Box<dyn RoleSession>, CloudError>;

    /// A session with the caller's own access keys (`ACCESS_KEY_ID …`, `CREDENTIALS '…'`).
    /// Unknown keys answer `InvalidAccessKeyId` (403), a wrong secret `SignatureDoesNotMatch`.
    fn use_keys(
        &self,
        cluster: &ClusterRef,
        keys: &AccessKeys,
    ) -> Result<Box<dyn RoleSession>, CloudError>;
}

/// Object storage with the permissions of the chain's last role.
pub trait RoleSession: Send + Sync {
    /// The Region a bucket is in. A public fact of the bucket, as `HeadBucket` tells it even to
    /// those it refuses; `NoSuchBucket` (404) when there is none.
    fn bucket_region(&self, bucket: &str) -> Result<Region, CloudError>;

    /// At most `max` objects whose keys start with `prefix`, in key order (`s3:ListBucket`).
    fn list(
        &self,
        bucket: &str,
        prefix: &str,
        max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError>;

    /// Opens an object for reading, whole or `length` bytes from an offset on (`s3:GetObject`,
    /// and `kms:Decrypt` of its key). The decision is made now; the body streams.
    fn open(
        &self,
        bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError>;

    /// Asks for a DynamoDB table of the role's account (`dynamodb:DescribeTable`): its
    /// provisioned read capacity in units a second, none where it is on demand.
    fn describe_table(&self, region: &Region, table: &str) -> Result<Option<f64>, CloudError>;

    /// The next items of a DynamoDB table (`dynamodb:Scan`), from the beginning or from where
    /// the page before ended.
    fn scan_table(
        &self,
        region: &Region,
        table: &str,
        from: Option<&serde_json::Value>,
    ) -> Result<ItemPage, CloudError>;

    /// Checks `s3:PutObject` (and the key's `kms:GenerateDataKey`) now and returns a writer;
    /// nothing is visible until [`RoleSession::commit`], and dropping the writer discards it.
    fn create(
        &self,
        bucket: &str,
        key: &str,
        options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError>;

    /// Makes all objects appear together, or none of them (one transaction). The objects of
    /// `delete`, as (bucket, key), are removed first (`s3:DeleteObject`, for CLEANPATH).
    fn commit(
        &self,
        delete: Vec<(String, String)>,
        staged: Vec<StagedObject>,
    ) -> Result<(), CloudError>;
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSummary {
    /// The whole key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// The entity tag, without quotes.
    pub etag: String,
}

/// An object, or a part of it, being read.
pub struct OpenObject {
    /// Bytes that the body has.
    pub bytes: u64,
    /// The bytes.
    pub body: Box<dyn io::Read + Send>,
}

/// Some items of a DynamoDB table.
#[derive(Debug, Default)]
pub struct ItemPage {
    /// Each item's attributes.
    pub items: Vec<Vec<(String, Attribute)>>,
    /// Where the next page begins; none behind the last.
    pub next: Option<serde_json::Value>,
    /// Read capacity units that the page consumed.
    pub units: f64,
}

/// An attribute's value, as far as COPY can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// `S`.
    Text(String),
    /// `N`, in DynamoDB's own text.
    Number(String),
    /// `NULL`.
    Null,
    /// Any other type, by its name in the API: `B`, `SS`, `M`, ….
    Other(String),
}

/// How an object is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutOptions {
    /// Encryption at rest.
    pub sse: Sse,
    /// The `Content-Type`; S3's own default when absent.
    pub content_type: Option<String>,
}

/// The `x-amz-server-side-encryption` headers of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sse {
    /// No header: the bucket's default encryption applies (`ENCRYPTED AUTO`).
    BucketDefault,
    /// `AES256`.
    S3,
    /// `aws:kms`.
    Kms {
        /// Key id, key ARN or alias; the AWS managed key `aws/s3` when absent.
        key_id: Option<String>,
    },
}

/// A body being written. Errors of the cloud inside `write` arrive as [`io::Error`] whose inner
/// error is a [`CloudError`].
pub trait ObjectWriter: io::Write + Send {
    /// Ends the body. The object stays invisible until it is committed.
    fn finish(self: Box<Self>) -> Result<StagedObject, CloudError>;
}

/// A finished body that waits for [`RoleSession::commit`]; dropping it discards the body.
pub struct StagedObject {
    /// The bucket.
    pub bucket: String,
    /// The whole key.
    pub key: String,
    /// Bytes of the body.
    pub bytes: u64,
    /// The entity tag, without quotes.
    pub etag: String,
    /// The store's own handle; its `Drop` discards what was not committed.
    pub handle: Box<dyn Any + Send>,
}

impl fmt::Debug for StagedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagedObject")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// A refusal or failure of the cloud, in AWS's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service}: {code}: {message}")]
pub struct CloudError {
    /// The service that answered, by its signing name: `sts`, `s3`, `kms`.
    pub service: String,
    /// The error code, such as `AccessDenied`.
    pub code: String,
    /// The message, as the service gives it.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// The request id.
    pub request_id: String,
    /// S3's `x-amz-id-2`; empty elsewhere.
    pub extended_request_id: String,
    /// Which step of the path it was.
    pub hop: Hop,
    /// The encoded authorization message of a denial: opaque here, opened by
    /// `sts:DecodeAuthorizationMessage`.
    pub authorization_message: Option<String>,
}

/// The step of a statement's path through the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// Assuming the chain's role number `index` (from 0).
    Assume {
        /// Position in the chain.
        index: usize,
        /// The role's ARN.
        role: String,
    },
    /// A call on a bucket or an object.
    Storage,
    /// The encryption key of an object.
    Key {
        /// The key's ARN, or what the caller named.
        key: String,
    },
}

/// Time and randomness, handed in so that a seed replays a run.
pub trait World: Send + Sync {
    /// The time of now.
    fn now(&self) -> DateTime<Utc>;
    /// Fills the buffer with random bytes.
    fn random_bytes(&self, buffer: &mut [u8]);
}
