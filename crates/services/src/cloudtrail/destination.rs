//! Where a trail delivers: a bucket and perhaps a key, tried as CloudTrail itself before a trail
//! relies on them ("Amazon S3 bucket policy for CloudTrail" and "Configure AWS KMS key policies
//! for CloudTrail", CloudTrail User Guide).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Fault, Invocation, Principal, ServicePrincipal};
use names::{AccountId, Region};
use serde_json::{Value, json};

use super::find::fault;
use super::state::Trail;

/// The service, as policies name it.
pub(super) const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";
/// What every bucket policy for CloudTrail asks for.
const ACL: &str = "bucket-owner-full-control";
const MAX_PREFIX_CHARACTERS: usize = 200;

/// CloudTrail at work for a trail.
pub(super) fn service(account: &AccountId, trail_arn: &str) -> Principal {
    Principal::Service(ServicePrincipal {
        name: CLOUDTRAIL.to_owned(),
        aliases: Vec::new(),
        source_account: account.clone(),
        source_arn: trail_arn.to_owned(),
    })
}

/// `[prefix/]AWSLogs/ACCOUNT/`, under which everything is delivered.
pub(super) fn folder(trail: &Trail) -> String {
    let prefix = trail.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
    format!("{prefix}AWSLogs/{}/", trail.account)
}

/// The input of PutObject for a file of the trail's.
pub(super) fn put_input(trail: &Trail, key: &str) -> Value {
    let mut input = json!({
        "Bucket": trail.bucket, "Key": key, "ACL": ACL,
        "ContentType": "application/json", "ContentEncoding": "gzip",
    });
    if let (Some(members), Some(kms_key)) = (input.as_object_mut(), &trail.kms_key) {
        let context = json!({ "aws:cloudtrail:arn": trail.arn() }).to_string();
        members.insert("ServerSideEncryption".to_owned(), "aws:kms".into());
        members.insert("SSEKMSKeyId".to_owned(), kms_key.as_str().into());
        members.insert("SSEKMSEncryptionContext".to_owned(), STANDARD.encode(context).into());
    }
    input
}

/// # Errors
/// `InvalidS3PrefixException`.
pub(super) fn check_prefix(prefix: &str) -> Result<(), Fault> {
    if prefix.chars().count() > MAX_PREFIX_CHARACTERS {
        let text = format!("S3 prefix is longer than maximum length: {MAX_PREFIX_CHARACTERS}");
        return Err(fault("InvalidS3PrefixException", text));
    }
    Ok(())
}

/// Finds the bucket's Region and its owner's consent: CloudTrail reads its ACL as itself.
///
/// # Errors
/// `S3BucketDoesNotExistException`, `InsufficientS3BucketPolicyException`.
pub(super) fn region_of_bucket(cx: &Cx, trail_arn: &str, bucket: &str) -> Result<Region, Fault> {
    let principal = service(cx.account()?, trail_arn);
    let ask = |region: &Region| {
        let input = json!({ "Bucket": bucket });
        let call = Invocation::direct("s3", "GetBucketAcl", input);
        let (principal, region) = (Some(principal.clone()), Some(region.clone()));
        cx.invoke(Invocation { principal, region, ..call })
    };
    let mut region = cx.region().clone();
    let mut answer = ask(&region);
    // As SDKs do, a wrong Region is put right by what S3 says.
    if let Err(fault) = &answer
        && let Some((_, right)) = fault.extra.iter().find(|(name, _)| name == "Region")
        && let Ok(right) = right.parse()
    {
        region = right;
        answer = ask(&region);
    }
    match answer {
        Ok(_) => Ok(region),
        Err(told) if told.code == "NoSuchBucket" => {
            let text = format!("S3 bucket {bucket} does not exist!");
            Err(fault("S3BucketDoesNotExistException", text))
        }
        Err(_) => Err(insufficient_bucket(bucket)),
    }
}

fn insufficient_bucket(bucket: &str) -> Fault {
    let text = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
    fault("InsufficientS3BucketPolicyException", text)
}

/// Whether CloudTrail could deliver: to the bucket, and under the key when there is one.
///
/// # Errors
/// `InsufficientS3BucketPolicyException`, `InsufficientEncryptionPolicyException`.
pub(super) fn check(cx: &Cx, trail: &Trail) -> Result<(), Fault> {
    let key = format!("{}CloudTrail/", folder(trail));
    let principal = || Some(service(&trail.account, &trail.arn()));
    let region = || Some(trail.bucket_region.clone());
    let put = Invocation::direct("s3", "PutObject", put_input(trail, &key));
    cx.permits(Invocation { principal: principal(), region: region(), ..put })
        .map_err(|_| insufficient_bucket(&trail.bucket))?;
    let Some(kms_key) = &trail.kms_key else { return Ok(()) };
    let object = format!("arn:aws:s3:::{}/{key}", trail.bucket);
    let context = json!({ "aws:cloudtrail:arn": trail.arn(), "aws:s3:arn": object });
    let input = json!({
        "KeyId": kms_key, "KeySpec": "AES_256", "EncryptionContext": context,
    });
    let data_key = Invocation::forwarded("s3", "kms", "GenerateDataKey", input);
    cx.permits(Invocation { principal: principal(), region: region(), ..data_key })
        .map_err(|_| insufficient_key(&trail.bucket, kms_key))
}

fn insufficient_key(bucket: &str, key: &str) -> Fault {
    let text = format!("Insufficient permissions to access S3 bucket {bucket} or KMS key {key}.");
    fault("InsufficientEncryptionPolicyException", text)
}

/// The ARN of the key that a request names, which must be in the bucket's Region and enabled.
///
/// # Errors
/// `KmsKeyNotFoundException`, `KmsKeyDisabledException`, `InsufficientEncryptionPolicyException`.
pub(super) fn key_arn(cx: &Cx, trail: &Trail, key: &str) -> Result<String, Fault> {
    let principal = Some(service(&trail.account, &trail.arn()));
    let region = Some(trail.bucket_region.clone());
    let call = Invocation::direct("kms", "DescribeKey", json!({ "KeyId": key }));
    let answer = cx.invoke(Invocation { principal, region, ..call }).map_err(|told| {
        if told.code.as_ref() == "NotFoundException" {
            let text = format!("KMS key not found: {key}");
            return fault("KmsKeyNotFoundException", text);
        }
        insufficient_key(&trail.bucket, key)
    })?;
    let text = |name: &str| answer.pointer(&format!("/KeyMetadata/{name}")).and_then(Value::as_str);
    if text("KeyState") != Some("Enabled") {
        let said = format!("KMS key is disabled: {key}");
        return Err(fault("KmsKeyDisabledException", said));
    }
    text("Arn").map(str::to_owned).ok_or_else(|| Fault::internal("a key without ARN"))
}
