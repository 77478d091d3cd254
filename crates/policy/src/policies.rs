//! The policies of one decision, by where they are attached.
//!
//! Knows nothing of how they are evaluated. Start at [`Policies`].

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::Document;

/// Where a policy is attached, which decides how it counts
/// ("Policies and permissions in IAM", IAM User Guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// Attached to a user, group or role: grants.
    Identity,
    /// Attached to a bucket, secret, queue, …: grants to the principals it names.
    Resource,
    /// A role's trust policy: the role's resource policy for `sts:*`.
    Trust,
    /// A KMS key's policy: without its consent nothing else counts.
    Key,
    /// A KMS grant: counts like a statement of the key's policy for its one grantee, and cannot
    /// deny ("Grants in AWS KMS", KMS Developer Guide).
    Grant,
    /// A permissions boundary: limits, never grants.
    Boundary,
    /// A session policy: limits one session, never grants.
    Session,
    /// A service control policy: limits the principals of member accounts.
    ServiceControl,
    /// A resource control policy: limits access to the resources of member accounts.
    ResourceControl,
    /// A VPC endpoint policy: limits the requests that pass the endpoint.
    Endpoint,
}

impl PolicyKind {
    /// The kind and a policy's name, the kind once: names such as `trust policy of role R` say it
    /// themselves.
    pub fn with_name(self, name: &str) -> String {
        let says_itself = name.starts_with("inline policy ") || name.starts_with("grant ");
        if name.contains("policy of ") || says_itself {
            return name.to_owned();
        }
        format!("{self} {name}")
    }

    /// Whether statements of this kind name principals.
    pub fn has_principal(self) -> bool {
        matches!(
            self,
            Self::Resource
                | Self::Trust
                | Self::Key
                | Self::Grant
                | Self::ResourceControl
                | Self::Endpoint
        )
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Key => "key policy",
            Self::Grant => "grant",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::Endpoint => "VPC endpoint policy",
        })
    }
}

/// A policy document in its place.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Where it is attached.
    pub kind: PolicyKind,
    /// Its ARN, or words such as `inline policy S3Write of role X`; stands in explanations.
    pub name: String,
    /// What it says.
    pub document: Arc<Document>,
}

impl Policy {
    /// A policy of this kind and name.
    pub fn new(kind: PolicyKind, name: impl Into<String>, document: Arc<Document>) -> Self {
        Self { kind, name: name.into(), document }
    }
}

/// The control policies attached at one level of the organization (root, OU or account).
#[derive(Debug, Clone)]
pub struct Level {
    /// Id or name of the root, OU or account.
    pub name: String,
    /// What is attached there; a level that allows nothing denies.
    pub policies: Vec<Policy>,
}

/// S3 Block Public Access, the most restrictive of the bucket's and the account's settings
/// ("Blocking public access to your Amazon S3 storage", S3 User Guide).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Refuses calls that set public ACLs. Not a policy matter: the S3 service checks it.
    pub block_public_acls: bool,
    /// Public ACLs have no effect. Not a policy matter: the S3 service checks it.
    pub ignore_public_acls: bool,
    /// Refuses to store a public bucket policy. The S3 service checks it with
    /// [`is_public`](crate::public::is_public).
    pub block_public_policy: bool,
    /// A bucket with a public policy is open only to AWS services and its own account.
    pub restrict_public_buckets: bool,
}

/// Facts beside the policies that change what counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// The caller belongs to the organization's management account: SCPs do not apply.
    pub principal_account_is_management_account: bool,
    /// The resource belongs to the organization's management account: RCPs do not apply.
    pub resource_account_is_management_account: bool,
    /// The caller is a service-linked role: neither SCPs nor RCPs apply.
    pub principal_is_service_linked_role: bool,
    /// Block Public Access of the bucket asked for.
    pub public_access_block: PublicAccessBlock,
    /// Whether attribute-based access is enabled on the bucket; `Some(false)` hides bucket tags
    /// from conditions, `None` leaves the context as it is.
    pub bucket_abac_enabled: Option<bool>,
}

/// Every policy that counts for one request.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// The caller's own: user, group and role policies together.
    pub identity: Vec<Policy>,
    /// The policy of the resource: bucket policy, trust policy, key policy, …
    pub resource: Option<Policy>,
    /// KMS grants on the key, each written as a policy: they count beside the key's policy.
    pub grants: Vec<Policy>,
    /// The caller's permissions boundary; empty means none.
    pub boundaries: Vec<Policy>,
    /// Session policies; empty means none, several form a union.
    pub session: Vec<Policy>,
    /// Service control policies of the caller's account, root first; empty means no organization.
    pub scps: Vec<Level>,
    /// Resource control policies of the resource's account, root first.
    pub rcps: Vec<Level>,
    /// Policies of the VPC endpoint the request came through; empty means none.
    pub endpoint: Vec<Policy>,
    /// Facts beside the policies.
    pub settings: Settings,
}
