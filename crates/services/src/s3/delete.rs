//! DeleteObject and DeleteObjects ("Deleting Amazon S3 objects", S3 User Guide).

use gateway::{Access, Cx, Fault, Invocation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, ObjectInput};
use super::conditions::WriteConditions;
use super::faults;
use super::state::versions::{self, Stored};
use super::state::{self, Bucket};

/// Most keys of one DeleteObjects.
const MAX_KEYS: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    #[serde(flatten)]
    object: ObjectInput,
    if_match: Option<String>,
    #[serde(rename = "MFA")]
    mfa: Option<String>,
    bypass_governance_retention: Option<bool>,
}

/// What a delete did, as both operations tell it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Done {
    /// A marker was made, or the version that went was one.
    delete_marker: Option<bool>,
    /// The version that went, or the marker that was made.
    version_id: Option<String>,
}

pub(super) fn one_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    let ObjectInput { bucket, key, version_id, expected_bucket_owner } = &input.object;
    let bucket = access::open(cx, bucket, expected_bucket_owner.as_deref())?;
    let action = if version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    // Deleting what is absent succeeds, so absence needs no permission to be learnt; and the
    // bucket's owner may always delete, whoever owns the object.
    let check = access::check(cx, &bucket, action, access::object_arn(&bucket.name, key))
        .with_some("s3:VersionId", version_id.clone())
        .with_some("s3:if-match", input.if_match.clone());
    let access = Access::to(check);
    let Some(id) =
        version_id.as_deref().filter(|_| input.bypass_governance_retention == Some(true))
    else {
        return Ok(access);
    };
    let object = access::present(cx, &bucket, key, Some(id))?;
    Ok(match object.filter(|object| object.lock.is_governed(cx)) {
        Some(_) => access.and(access::bypass(cx, &input.object)?),
        None => access,
    })
}

/// DeleteObject: a version goes for good; without one a marker hides the object, or in a bucket
/// without versions it goes.
pub(super) fn one(cx: &mut Cx, input: DeleteInput) -> Result<Done, Fault> {
    let ObjectInput { bucket, key, version_id, .. } = &input.object;
    let bucket = state::bucket(cx, bucket)?;
    if input.mfa.is_some() {
        return Err(faults::not_implemented("x-amz-mfa"));
    }
    refuse_bypass_without_lock(&bucket, input.bypass_governance_retention)?;
    if let Some(if_match) = &input.if_match {
        check_condition(cx, &bucket, &input.object, if_match)?;
    }
    match version_id {
        None => hide(cx, &bucket, key),
        Some(id) => {
            if let Some(object) = access::present(cx, &bucket, key, Some(id))? {
                let bypass = input.bypass_governance_retention == Some(true);
                object.lock.refuse_removal(cx, bypass)?;
            }
            remove(cx, &bucket, key, id)
        }
    }
}

fn refuse_bypass_without_lock(bucket: &Bucket, bypass: Option<bool>) -> Result<(), Fault> {
    if bypass.is_none() || bucket.object_lock.is_some() {
        return Ok(());
    }
    let text = "x-amz-bypass-governance-retention is only applicable to Object Lock enabled \
                buckets.";
    Err(Fault::new("InvalidArgument", text)
        .status(400)
        .with("ArgumentName", "x-amz-bypass-governance-retention"))
}

fn check_condition(
    cx: &Cx,
    bucket: &Bucket,
    named: &ObjectInput,
    if_match: &str,
) -> Result<(), Fault> {
    let conditions = WriteConditions { if_match: Some(if_match.to_owned()), if_none_match: None };
    let present = access::present(cx, bucket, &named.key, named.version_id.as_deref())?;
    conditions.check(&named.key, present.as_ref())
}

fn hide(cx: &mut Cx, bucket: &Bucket, key: &str) -> Result<Done, Fault> {
    let marker = versions::hide(cx, bucket, key)?;
    let version_id = marker.as_ref().and_then(|m| bucket.shown(m.version_id.as_deref()));
    Ok(Done { delete_marker: marker.map(|_| true), version_id })
}

/// A version that is not there is gone, as the caller wished; one that cannot be is refused.
fn remove(cx: &mut Cx, bucket: &Bucket, key: &str, version_id: &str) -> Result<Done, Fault> {
    let removed = versions::remove(cx, &bucket.name, key, version_id)?;
    if removed.is_none() {
        let fault = versions::absent(key, version_id);
        if fault.code == "InvalidArgument" {
            return Err(fault);
        }
    }
    let delete_marker = removed.filter(Stored::is_marker).map(|_| true);
    Ok(Done { delete_marker, version_id: Some(version_id.to_owned()) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteManyInput {
    bucket: String,
    expected_bucket_owner: Option<String>,
    #[serde(rename = "MFA")]
    mfa: Option<String>,
    bypass_governance_retention: Option<bool>,
    delete: Delete,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    objects: Vec<Identifier>,
    quiet: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identifier {
    key: String,
    version_id: Option<String>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    deleted: Vec<Value>,
    errors: Vec<Value>,
}

pub(super) fn many_access(cx: &Cx, input: &DeleteManyInput) -> Result<Access, Fault> {
    access::open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    Ok(Access::open_to_all_authenticated(
        "DeleteObjects: each key is decided as a DeleteObject of its own, and refused on its own",
    ))
}

/// DeleteObjects: a key that may not be deleted is an error in the answer, not of the answer.
pub(super) fn many(cx: &mut Cx, input: DeleteManyInput) -> Result<Deleted, Fault> {
    if input.delete.objects.is_empty() || input.delete.objects.len() > MAX_KEYS {
        return Err(faults::malformed_xml());
    }
    if input.mfa.is_some() {
        return Err(faults::not_implemented("x-amz-mfa"));
    }
    let bucket = state::bucket(cx, &input.bucket)?;
    refuse_bypass_without_lock(&bucket, input.bypass_governance_retention)?;
    let quiet = input.delete.quiet == Some(true);
    let mut answer = Deleted { deleted: Vec::new(), errors: Vec::new() };
    for Identifier { key, version_id, etag } in input.delete.objects {
        let one = json!({
            "Bucket": input.bucket, "Key": key, "VersionId": version_id, "IfMatch": etag,
            "BypassGovernanceRetention": input.bypass_governance_retention,
        });
        match cx.invoke(Invocation::direct("s3", "DeleteObject", one)) {
            Ok(_) if quiet => {}
            Ok(done) => answer.deleted.push(told(&key, version_id.as_deref(), done)?),
            Err(fault) if fault.status == Some(500) => return Err(fault),
            Err(Fault { code, message, .. }) => answer.errors.push(json!({
                "Key": key, "VersionId": version_id, "Code": code, "Message": message,
            })),
        }
    }
    Ok(answer)
}

/// One line of the answer: the version that was named, and the marker that was made or went.
fn told(key: &str, named: Option<&str>, done: Value) -> Result<Value, Fault> {
    let Done { delete_marker, version_id } =
        serde_json::from_value(done).map_err(Fault::internal)?;
    Ok(json!({
        "Key": key,
        "VersionId": named,
        "DeleteMarker": delete_marker,
        "DeleteMarkerVersionId": version_id.filter(|_| delete_marker == Some(true)),
    }))
}
