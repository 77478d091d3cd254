//! The operations on access control lists. What a list is and what it grants is in `grants.rs`,
//! where lists are in force at all in `ownership.rs`.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{self, BucketInput, ObjectInput};
use super::faults;
use super::grants::{self, Document, RequestedAcl};
use super::ownership::{self, Ownership};
use super::state::versions;
use super::state::{self, Bucket};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutBucketInput {
    #[serde(flatten)]
    bucket: BucketInput,
    access_control_policy: Option<Document>,
    #[serde(flatten)]
    acl: RequestedAcl,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutObjectInput {
    #[serde(flatten)]
    object: ObjectInput,
    access_control_policy: Option<Document>,
    #[serde(flatten)]
    acl: RequestedAcl,
}

pub(super) fn get_bucket_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketAcl")
}

/// GetBucketAcl.
pub(super) fn get_bucket(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let grants = if bucket.has_acls() { bucket.grants.as_slice() } else { &[] };
    Ok(json!({
        "Owner": ownership::owner(&bucket.account),
        "Grants": grants::shown(&bucket.account, grants),
    }))
}

pub(super) fn put_bucket_access(cx: &Cx, input: &PutBucketInput) -> Result<Access, Fault> {
    let owner = input.bucket.expected_bucket_owner.as_deref();
    let bucket = access::open(cx, &input.bucket.bucket, owner)?;
    access::refuse_settings(&bucket, "s3:PutBucketAcl")?;
    let check = access::check_bucket(cx, &bucket, "s3:PutBucketAcl");
    Ok(Access::to(input.acl.keys(check)))
}

/// PutBucketAcl.
pub(super) fn put_bucket(cx: &mut Cx, input: PutBucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let owner = &bucket.account;
    let grants = grants::of_request(&input.acl, input.access_control_policy, owner, owner)?;
    refuse_where_disabled(&bucket)?;
    let resource = access::bucket_arn(&bucket.name);
    grants::refuse_public(cx, &bucket, &grants, ("s3:PutBucketAcl", &resource))?;
    bucket.grants = grants;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
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
    let (owner, grants) = match bucket.has_acls() {
        true => (&object.owner, object.grants.as_slice()),
        false => (&bucket.account, [].as_slice()),
    };
    Ok(json!({ "Owner": ownership::owner(owner), "Grants": grants::shown(owner, grants) }))
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

/// PutObjectAcl.
pub(super) fn put_object(cx: &mut Cx, input: PutObjectInput) -> Result<Value, Fault> {
    let (bucket, mut object) = input.object.find_to(cx, "PUT")?;
    let (owner, document) = (&object.owner, input.access_control_policy);
    let grants = grants::of_request(&input.acl, document, owner, &bucket.account)?;
    refuse_where_disabled(&bucket)?;
    let resource = access::object_arn(&bucket.name, &input.object.key);
    grants::refuse_public(cx, &bucket, &grants, ("s3:PutObjectAcl", &resource))?;
    object.grants = grants;
    versions::update(cx, &bucket.name, &input.object.key, &object)?;
    Ok(json!({}))
}
