//! Block Public Access of a bucket ("Blocking public access to your Amazon S3 storage", S3 User
//! Guide). What the switches do is decided by the `policy` crate and in `policy.rs`.

use ::policy::PublicAccessBlock;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::state;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    public_access_block_configuration: Switches,
}

/// The switches on the wire; one that is absent is off.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(super) struct Switches {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

impl From<Switches> for PublicAccessBlock {
    fn from(switches: Switches) -> Self {
        Self {
            block_public_acls: switches.block_public_acls,
            ignore_public_acls: switches.ignore_public_acls,
            block_public_policy: switches.block_public_policy,
            restrict_public_buckets: switches.restrict_public_buckets,
        }
    }
}

impl From<PublicAccessBlock> for Switches {
    fn from(block: PublicAccessBlock) -> Self {
        Self {
            block_public_acls: block.block_public_acls,
            ignore_public_acls: block.ignore_public_acls,
            block_public_policy: block.block_public_policy,
            restrict_public_buckets: block.restrict_public_buckets,
        }
    }
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketPublicAccessBlock")
}

/// PutPublicAccessBlock.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    bucket.public_access_block = Some(input.public_access_block_configuration.into());
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketPublicAccessBlock")
}

/// GetPublicAccessBlock.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let Some(block) = bucket.public_access_block else {
        let text = "The public access block configuration was not found";
        return Err(Fault::new("NoSuchPublicAccessBlockConfiguration", text)
            .status(404)
            .with("BucketName", bucket.name));
    };
    let switches = Switches::from(block);
    Ok(json!({ "PublicAccessBlockConfiguration": switches }))
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:PutBucketPublicAccessBlock")
}

/// DeletePublicAccessBlock: every switch is off.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket)?;
    bucket.public_access_block = None;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}
