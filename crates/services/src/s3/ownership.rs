//! Object ownership: who owns what is written into a bucket, and what its ACL then grants
//! ("Controlling ownership of objects and disabling ACLs", S3 User Guide).
//!
//! With the default, `BucketOwnerEnforced`, the bucket's owner owns everything and there are no
//! ACLs. With the two others an object may belong to the account that wrote it; then the bucket's
//! owner may read it only as its canned ACL says, and the bucket policy only denies. Of the canned
//! ACLs those are built that concern the two accounts; grants to others are refused as not
//! implemented, never accepted without effect.

use gateway::{Check, Cx, Fault, Principal};
use names::AccountId;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::state::{self, Bucket, Object};

/// A bucket's setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ownership {
    /// The bucket's owner owns everything; ACLs are disabled.
    #[default]
    BucketOwnerEnforced,
    /// The bucket's owner owns what is written with `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// The writer owns what it writes.
    ObjectWriter,
}

/// A canned ACL of an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Acl {
    /// Only the owner.
    #[default]
    Private,
    /// The bucket's owner may read.
    BucketOwnerRead,
    /// The bucket's owner may do everything.
    BucketOwnerFullControl,
}

/// What a request says of ACLs.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RequestedAcl {
    #[serde(rename = "ACL")]
    pub canned: Option<String>,
    #[serde(rename = "GrantFullControl")]
    full_control: Option<String>,
    #[serde(rename = "GrantRead")]
    read: Option<String>,
    #[serde(rename = "GrantReadACP")]
    read_acp: Option<String>,
    #[serde(rename = "GrantWrite")]
    write: Option<String>,
    #[serde(rename = "GrantWriteACP")]
    write_acp: Option<String>,
}

impl RequestedAcl {
    /// The grant headers with their condition keys.
    fn grants(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("s3:x-amz-grant-full-control", &self.full_control),
            ("s3:x-amz-grant-read", &self.read),
            ("s3:x-amz-grant-read-acp", &self.read_acp),
            ("s3:x-amz-grant-write", &self.write),
            ("s3:x-amz-grant-write-acp", &self.write_acp),
        ]
    }

    /// Whether the request has any ACL header, which needs `s3:PutObjectAcl`.
    pub(super) fn is_present(&self) -> bool {
        self.canned.is_some() || self.grants().iter().any(|(_, grant)| grant.is_some())
    }

    /// Adds the condition keys of the ACL headers.
    pub(super) fn keys(&self, check: Check) -> Check {
        let check = check.with_some("s3:x-amz-acl", self.canned.clone());
        self.grants()
            .into_iter()
            .fold(check, |check, (key, grant)| check.with_some(key, grant.clone()))
    }

    /// The ACL for an object in this bucket.
    ///
    /// # Errors
    /// `AccessControlListNotSupported` where ACLs are disabled; `NotImplemented`,
    /// `InvalidArgument`.
    pub(super) fn for_object(&self, bucket: &Bucket) -> Result<Acl, Fault> {
        let granted = self.grants().iter().any(|(_, grant)| grant.is_some());
        let enforced = bucket.ownership == Ownership::BucketOwnerEnforced;
        match self.canned.as_deref() {
            Some("bucket-owner-full-control") if !granted => Ok(Acl::BucketOwnerFullControl),
            None if !granted => Ok(Acl::Private),
            _ if enforced => Err(faults::acl_not_supported()),
            Some("private") if !granted => Ok(Acl::Private),
            Some("bucket-owner-read") if !granted => Ok(Acl::BucketOwnerRead),
            _ => Err(faults::not_implemented("x-amz-acl")),
        }
    }
}

/// Who owns an object that the caller writes with this ACL.
pub(super) fn owner_of_new(cx: &Cx, bucket: &Bucket, acl: Acl) -> AccountId {
    let writer = cx.principal().account().unwrap_or(&bucket.account);
    match (bucket.ownership, acl) {
        (Ownership::BucketOwnerEnforced, _)
        | (Ownership::BucketOwnerPreferred, Acl::BucketOwnerFullControl) => bucket.account.clone(),
        _ => writer.clone(),
    }
}

/// A check on an object that exists, by the account whose permission counts.
pub(super) fn check_on(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    object: &Object,
    action: &str,
) -> Check {
    let check = access::check(bucket, action, access::object_arn(&bucket.name, key));
    if object.owner == bucket.account || bucket.ownership == Ownership::BucketOwnerEnforced {
        return check;
    }
    let reads = ["s3:GetObject", "s3:GetObjectVersion"].contains(&action);
    let granted = match object.acl {
        Acl::BucketOwnerFullControl => true,
        Acl::BucketOwnerRead => reads,
        Acl::Private => false,
    };
    let by_bucket_owner = cx.principal().account() == Some(&bucket.account);
    let owner = if granted && by_bucket_owner { &bucket.account } else { &object.owner };
    check.owned_by(owner).guarded_by(access::denials_of(bucket))
}

/// The canonical user id of an account: 64 hexadecimal digits, always the same.
pub(super) fn canonical_id(account: &AccountId) -> String {
    hex::encode(digest(&SHA256, format!("canonical user id of {account}").as_bytes()))
}

/// An account as `Owner` or `Grantee` shows it.
pub(super) fn owner(account: &AccountId) -> Value {
    json!({ "ID": canonical_id(account) })
}

/// Who began an upload: an account's canonical id for root users, else the caller's ARN.
pub(super) fn initiator(principal: &Principal) -> String {
    match principal {
        Principal::Root { account } => canonical_id(account),
        other => other.arn(),
    }
}

/// Input of PutBucketOwnershipControls.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    ownership_controls: Controls,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Controls {
    rules: Vec<Rule>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    object_ownership: String,
}

/// By the name of the interface.
///
/// # Errors
/// `MalformedXML`.
pub(super) fn parse(name: &str) -> Result<Ownership, Fault> {
    serde_json::from_value(name.into()).map_err(|_| faults::malformed_xml())
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<gateway::Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketOwnershipControls")
}

/// PutBucketOwnershipControls.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(faults::malformed_xml());
    };
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    bucket.ownership = parse(&rule.object_ownership)?;
    bucket.has_ownership_controls = true;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<gateway::Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketOwnershipControls")
}

/// GetBucketOwnershipControls.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    if !bucket.has_ownership_controls {
        let text = "The bucket ownership controls were not found";
        return Err(Fault::new("OwnershipControlsNotFoundError", text)
            .status(404)
            .with("BucketName", bucket.name));
    }
    Ok(json!({ "OwnershipControls": { "Rules": [{ "ObjectOwnership": bucket.ownership }] } }))
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<gateway::Access, Fault> {
    access::on_bucket(cx, input, "s3:PutBucketOwnershipControls")
}

/// DeleteBucketOwnershipControls: without controls a bucket behaves as `ObjectWriter`.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket)?;
    bucket.ownership = Ownership::ObjectWriter;
    bucket.has_ownership_controls = false;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}
