//! DeleteObject and DeleteObjects ("Deleting Amazon S3 objects", S3 User Guide).

use gateway::{Access, Cx, Fault, Invocation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, ObjectInput};
use super::conditions::WriteConditions;
use super::faults;
use super::state;

/// Most keys of one DeleteObjects.
const MAX_KEYS: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    #[serde(flatten)]
    object: ObjectInput,
    if_match: Option<String>,
}

pub(super) fn one_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    let ObjectInput { bucket, key, version_id, expected_bucket_owner } = &input.object;
    let bucket = access::open(cx, bucket, expected_bucket_owner.as_deref())?;
    let action = if version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    // Deleting what is absent succeeds, so absence needs no permission to be learnt; and the
    // bucket's owner may always delete, whoever owns the object.
    let check = access::check(&bucket, action, access::object_arn(&bucket.name, key))
        .with_some("s3:VersionId", version_id.clone())
        .with_some("s3:if-match", input.if_match.clone());
    Ok(Access::to(check))
}

/// DeleteObject.
pub(super) fn one(cx: &mut Cx, input: DeleteInput) -> Result<Value, Fault> {
    let ObjectInput { bucket, key, version_id, .. } = &input.object;
    access::check_version(version_id.as_deref())?;
    if input.if_match.is_some() {
        let present = state::find_object(cx, bucket, key)?;
        let conditions = WriteConditions { if_match: input.if_match.clone(), if_none_match: None };
        conditions.check(key, present.as_ref())?;
    }
    state::delete_object(cx, bucket, key)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteManyInput {
    bucket: String,
    expected_bucket_owner: Option<String>,
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
    let quiet = input.delete.quiet == Some(true);
    let mut answer = Deleted { deleted: Vec::new(), errors: Vec::new() };
    for Identifier { key, version_id, etag } in input.delete.objects {
        let one = json!({
            "Bucket": input.bucket, "Key": key, "VersionId": version_id, "IfMatch": etag,
        });
        match invoke_one(cx, one) {
            Ok(_) if quiet => {}
            Ok(_) => answer.deleted.push(json!({ "Key": key, "VersionId": version_id })),
            Err(fault) if fault.status == Some(500) => return Err(fault),
            Err(Fault { code, message, .. }) => answer.errors.push(json!({
                "Key": key, "VersionId": version_id, "Code": code, "Message": message,
            })),
        }
    }
    Ok(answer)
}

fn invoke_one(cx: &Cx, input: Value) -> Result<Value, Fault> {
    cx.invoke(Invocation {
        service: "s3",
        operation: "DeleteObject",
        input,
        principal: None,
        via: None,
        context: Vec::new(),
    })
}
