//! A bucket's versioning as it is set and asked ("Using versioning in S3 buckets", S3 User Guide).
//! What it does to writes and deletes is in `state/versions.rs`.
//!
//! MFA delete is not built: it needs the root user's device, and there are none here.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::state;
use super::state::versions::Versioning;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    #[serde(rename = "MFA")]
    mfa: Option<String>,
    versioning_configuration: Configuration,
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "Status")]
    status: Option<String>,
    #[serde(rename = "MFADelete")]
    mfa_delete: Option<String>,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketVersioning")
}

/// PutBucketVersioning: there is no way back to a bucket that never had versions.
///
/// # Errors
/// `IllegalVersioningConfigurationException` without a status; `InvalidBucketState` where Object
/// Lock needs versions; `NotImplemented` for MFA delete.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let Configuration { status, mfa_delete } = input.versioning_configuration;
    if input.mfa.is_some() || mfa_delete.as_deref() == Some("Enabled") {
        return Err(faults::not_implemented("x-amz-mfa"));
    }
    if bucket.object_lock.is_some() && status.as_deref() == Some("Suspended") {
        let text = "An Object Lock configuration is present on this bucket, so the versioning \
                    state cannot be changed.";
        return Err(Fault::new("InvalidBucketState", text).status(409));
    }
    bucket.versioning = match status.as_deref() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        Some(_) => return Err(faults::malformed_xml()),
        None => {
            let text = "The Versioning element must be specified";
            return Err(Fault::new("IllegalVersioningConfigurationException", text).status(400));
        }
    };
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketVersioning")
}

/// GetBucketVersioning: a bucket whose versioning was never turned on has no status.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    Ok(match state::bucket(cx, &input.bucket)?.versioning {
        Versioning::Off => json!({}),
        Versioning::Enabled => json!({ "Status": "Enabled" }),
        Versioning::Suspended => json!({ "Status": "Suspended" }),
    })
}
