//! Object ownership: who owns what is written into a bucket, and what its ACL then grants
//! ("Controlling ownership of objects and disabling ACLs", S3 User Guide).
//!
//! With the default, `BucketOwnerEnforced`, the bucket's owner owns everything and there are no
//! ACLs. With the two others an object may belong to the account that wrote it; then the bucket's
//! owner may read it only as its ACL says, and the bucket policy only denies. What an ACL is stands
//! in `grants.rs`.

use gateway::{Check, Cx, Fault, Principal};
use names::AccountId;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::grants::{self, Grant, RequestedAcl};
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

impl Bucket {
    /// Whether access control lists are in force.
    pub(super) fn has_acls(&self) -> bool {
        self.ownership != Ownership::BucketOwnerEnforced
    }
}

/// Who will own an object that the caller writes, and its access control list.
///
/// # Errors
/// `AccessControlListNotSupported` where lists are disabled; as [`RequestedAcl::resolve`] and
/// [`grants::refuse_public`].
pub(super) fn of_new(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    requested: &RequestedAcl,
) -> Result<(AccountId, Vec<Grant>), Fault> {
    let full_control = requested.canned.as_deref() == Some("bucket-owner-full-control");
    if !bucket.has_acls() {
        let none = !requested.has_grants() && (full_control || requested.canned.is_none());
        let owned = (bucket.account.clone(), Vec::new());
        return none.then_some(owned).ok_or_else(faults::acl_not_supported);
    }
    let preferred = bucket.ownership == Ownership::BucketOwnerPreferred && full_control;
    let writer = cx.principal().account().filter(|_| !preferred);
    let owner = writer.unwrap_or(&bucket.account).clone();
    let grants = requested.resolve(&owner, &bucket.account)?;
    let resource = access::object_arn(&bucket.name, key);
    grants::refuse_public(cx, bucket, &grants, ("s3:PutObject", &resource))?;
    Ok((owner, grants))
}

/// A check on an object that exists, by the account whose permission counts.
pub(super) fn check_on(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    object: &Object,
    action: &str,
) -> Check {
    let resource = access::object_arn(&bucket.name, key);
    if !bucket.has_acls() {
        return access::check(cx, bucket, action, resource);
    }
    let foreign = object.owner != bucket.account;
    let by_bucket_owner = foreign && cx.principal().account() == Some(&bucket.account);
    let block = access::block(bucket);
    let granted = grants::statements(cx, &block, &object.grants, action, by_bucket_owner);
    if !foreign {
        return access::check_with(cx, bucket, action, resource, granted);
    }
    // Of the bucket policy only what it denies counts for objects of others.
    let guard = access::guard(bucket, access::denials_of(bucket), granted);
    access::check(cx, bucket, action, resource).owned_by(&object.owner).guarded_by(guard)
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
    if !bucket.has_acls() && !bucket.grants.is_empty() {
        let text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Fault::new("InvalidBucketAclWithObjectOwnership", text).status(400));
    }
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
