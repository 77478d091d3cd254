//! Bucket policies ("Bucket policies for Amazon S3", S3 User Guide).

use ::policy::public::is_public;
use ::policy::validate::{Place, validate};
use gateway::{Access, Check, Cx, Fault, Principal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{self, BucketInput, bucket_arn};
use super::state::{self, Bucket};
use crate::identity::stored_policy;

/// Most bytes of a bucket policy: 20 KB.
const MAX_POLICY_BYTES: usize = 20 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    policy: String,
}

/// The root user of the owner's account may get, put and delete a bucket's policy whatever that
/// policy says, so that no bucket is locked for good (PutBucketPolicy, S3 API Reference).
fn on_policy(cx: &Cx, input: &BucketInput, action: &str) -> Result<Access, Fault> {
    let bucket = access::open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    access::refuse_settings(&bucket, action)?;
    let owning_root = Principal::Root { account: bucket.account.clone() };
    Ok(Access::to(if *cx.principal() == owning_root {
        Check::new(action, bucket_arn(&bucket.name)).owned_by(&bucket.account)
    } else {
        access::check_bucket(cx, &bucket, action)
    }))
}

/// Callers of other accounts are answered 405 even when the policy allows them
/// (PutBucketPolicy, S3 API Reference).
fn owned_bucket(cx: &Cx, input: &BucketInput) -> Result<Bucket, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    if cx.account()? == &bucket.account {
        return Ok(bucket);
    }
    let text = "The specified method is not allowed against this resource.";
    Err(Fault::new("MethodNotAllowed", text).status(405).with("ResourceType", "POLICY"))
}

fn no_policy(bucket: &Bucket) -> Fault {
    Fault::new("NoSuchBucketPolicy", "The bucket policy does not exist")
        .status(404)
        .with("BucketName", &bucket.name)
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    on_policy(cx, &input.bucket, "s3:PutBucketPolicy")
}

/// PutBucketPolicy.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut bucket = owned_bucket(cx, &input.bucket)?;
    if input.policy.len() > MAX_POLICY_BYTES {
        let text = "Policy exceeds the maximum allowed document size.";
        return Err(Fault::new("PolicyTooLarge", text).status(400));
    }
    let document = validate(Place::Bucket(&bucket.name), &input.policy)
        .map_err(|malformed| Fault::new(malformed.code, malformed.message).status(400))?;
    if access::block(&bucket).block_public_policy && is_public(&document) {
        return Err(public_refused(cx, &bucket));
    }
    bucket.policy = Some(stored_policy(cx, &input.policy, |name| {
        let detail = format!("\"AWS\" : \"{name}\"");
        Fault::new("MalformedPolicy", "Invalid principal in policy")
            .status(400)
            .with("Detail", detail)
    })?);
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

fn public_refused(cx: &Cx, bucket: &Bucket) -> Fault {
    let text = format!(
        "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" because \
         public policies are blocked by the BlockPublicPolicy block public access setting.",
        cx.principal().arn(),
        bucket_arn(&bucket.name)
    );
    Fault::new("AccessDenied", text).status(403)
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    on_policy(cx, input, "s3:GetBucketPolicy")
}

/// GetBucketPolicy.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = owned_bucket(cx, &input)?;
    let document = bucket.policy.as_ref().ok_or_else(|| no_policy(&bucket))?;
    Ok(json!({ "Policy": cx.shown(document)? }))
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    on_policy(cx, input, "s3:DeleteBucketPolicy")
}

/// DeleteBucketPolicy.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = owned_bucket(cx, &input)?;
    bucket.policy = None;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn status_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketPolicyStatus")
}

/// GetBucketPolicyStatus.
pub(super) fn status(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let text = bucket.policy.as_ref().ok_or_else(|| no_policy(&bucket))?;
    let document = ::policy::Document::parse(text).map_err(Fault::internal)?;
    Ok(json!({ "PolicyStatus": { "IsPublic": is_public(&document) } }))
}
