//! Access control lists as they are read and refused ("Access control list (ACL) overview", S3
//! User Guide). Which ones count is in `ownership.rs`.

use gateway::{Access, Cx, Fault};
use names::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{self, BucketInput, ObjectInput};
use super::faults;
use super::ownership::{self, Acl, Ownership, RequestedAcl};
use super::state::versions;
use super::state::{self, Bucket};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutBucketInput {
    #[serde(flatten)]
    bucket: BucketInput,
    access_control_policy: Option<Value>,
    #[serde(flatten)]
    acl: RequestedAcl,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutObjectInput {
    #[serde(flatten)]
    object: ObjectInput,
    access_control_policy: Option<Value>,
    #[serde(flatten)]
    acl: RequestedAcl,
}

fn grant(account: &AccountId, permission: &str) -> Value {
    json!({
        "Grantee": { "Type": "CanonicalUser", "ID": ownership::canonical_id(account) },
        "Permission": permission,
    })
}

pub(super) fn get_bucket_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketAcl")
}

/// GetBucketAcl: buckets are always private to their owner.
pub(super) fn get_bucket(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let owner = state::bucket(cx, &input.bucket)?.account;
    Ok(json!({
        "Owner": ownership::owner(&owner),
        "Grants": [grant(&owner, "FULL_CONTROL")],
    }))
}

pub(super) fn put_bucket_access(cx: &Cx, input: &PutBucketInput) -> Result<Access, Fault> {
    let owner = input.bucket.expected_bucket_owner.as_deref();
    let bucket = access::open(cx, &input.bucket.bucket, owner)?;
    Ok(Access::to(input.acl.keys(access::check_bucket(&bucket, "s3:PutBucketAcl"))))
}

/// PutBucketAcl: `private` is what every bucket has; other ACLs are not built.
pub(super) fn put_bucket(cx: &mut Cx, input: PutBucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket.bucket)?;
    refuse_where_disabled(&bucket)?;
    match (input.acl.canned.as_deref(), input.access_control_policy) {
        (Some("private"), None) => Ok(json!({})),
        _ => Err(faults::not_implemented("x-amz-acl")),
    }
}

fn refuse_where_disabled(bucket: &Bucket) -> Result<(), Fault> {
    match bucket.ownership {
        Ownership::BucketOwnerEnforced => Err(faults::acl_not_supported()),
        _ => Ok(()),
    }
}

pub(super) fn get_object_access(cx: &Cx, input: &ObjectInput) -> Result<Access, Fault> {
    access::on_object(cx, input, ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"))
}

/// GetObjectAcl.
pub(super) fn get_object(cx: &Cx, input: ObjectInput) -> Result<Value, Fault> {
    let (bucket, object) = input.find(cx)?;
    let disabled = bucket.ownership == Ownership::BucketOwnerEnforced;
    let owner = if disabled { &bucket.account } else { &object.owner };
    let mut grants = vec![grant(owner, "FULL_CONTROL")];
    if *owner != bucket.account {
        match object.acl {
            Acl::Private => {}
            Acl::BucketOwnerRead => grants.push(grant(&bucket.account, "READ")),
            Acl::BucketOwnerFullControl => grants.push(grant(&bucket.account, "FULL_CONTROL")),
        }
    }
    Ok(json!({ "Owner": ownership::owner(owner), "Grants": grants }))
}

pub(super) fn put_object_access(cx: &Cx, input: &PutObjectInput) -> Result<Access, Fault> {
    let ObjectInput { bucket, key, version_id, expected_bucket_owner } = &input.object;
    let bucket = access::open(cx, bucket, expected_bucket_owner.as_deref())?;
    let action = if version_id.is_some() { "s3:PutObjectVersionAcl" } else { "s3:PutObjectAcl" };
    let object = access::present(cx, &bucket, key, version_id.as_deref())?;
    let check = access::check_object(cx, &bucket, key, object.as_ref(), action)
        .with_some("s3:VersionId", version_id.clone());
    Ok(Access::to(input.acl.keys(check)))
}

/// PutObjectAcl, with the canned ACLs that are built.
pub(super) fn put_object(cx: &mut Cx, input: PutObjectInput) -> Result<Value, Fault> {
    let (bucket, mut object) = input.object.find_to(cx, "PUT")?;
    refuse_where_disabled(&bucket)?;
    if input.access_control_policy.is_some() || !input.acl.is_present() {
        return Err(faults::not_implemented("AccessControlPolicy"));
    }
    object.acl = input.acl.for_object(&bucket)?;
    versions::update(cx, &bucket.name, &input.object.key, &object)?;
    Ok(json!({}))
}
