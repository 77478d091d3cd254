//! A bucket's default encryption ("Setting default server-side encryption behavior", S3 User
//! Guide). How objects are sealed is in `sealing.rs`.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::sealing::{AES256, AWS_KMS, BucketDefault};
use super::state;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    server_side_encryption_configuration: Configuration,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    rules: Vec<Rule>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    apply_server_side_encryption_by_default: Option<ByDefault>,
    bucket_key_enabled: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    key_id: Option<String>,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutEncryptionConfiguration")
}

/// PutBucketEncryption. The key is not asked for now: S3 learns of a wrong one when it is used.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let [rule] = input.server_side_encryption_configuration.rules.as_slice() else {
        return Err(faults::malformed_xml());
    };
    let bucket_key = rule.bucket_key_enabled == Some(true);
    bucket.encryption = match &rule.apply_server_side_encryption_by_default {
        None => BucketDefault { bucket_key, ..bucket.encryption },
        Some(ByDefault { algorithm, key_id }) => {
            let kms = match algorithm.as_str() {
                AWS_KMS => true,
                AES256 => false,
                "aws:kms:dsse" => return Err(faults::not_implemented("SSEAlgorithm")),
                _ => return Err(faults::malformed_xml()),
            };
            if !kms && key_id.is_some() {
                let text = "a KMSMasterKeyID is not applicable if the default sse algorithm is \
                            not aws:kms or aws:kms:dsse";
                return Err(faults::invalid_argument(text, "KMSMasterKeyID", AES256));
            }
            BucketDefault { kms, key_id: key_id.clone(), bucket_key }
        }
    };
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetEncryptionConfiguration")
}

/// GetBucketEncryption: since 2023 every bucket has a default.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let BucketDefault { kms, key_id, bucket_key } = state::bucket(cx, &input.bucket)?.encryption;
    let algorithm = if kms { AWS_KMS } else { AES256 }.to_owned();
    let rule = Rule {
        apply_server_side_encryption_by_default: Some(ByDefault { algorithm, key_id }),
        bucket_key_enabled: Some(bucket_key),
    };
    let configuration = Configuration { rules: vec![rule] };
    Ok(json!({ "ServerSideEncryptionConfiguration": configuration }))
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:PutEncryptionConfiguration")
}

/// DeleteBucketEncryption: back to SSE-S3.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket)?;
    bucket.encryption = BucketDefault::default();
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}
