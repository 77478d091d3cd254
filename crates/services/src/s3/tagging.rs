//! Tags of buckets and objects ("Categorizing your objects using tags", S3 User Guide).

use std::collections::BTreeMap;

use gateway::{Access, Cx, Fault};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput, ObjectInput};
use super::state;
use super::state::versions;

const MAX_OBJECT_TAGS: usize = 10;
const MAX_BUCKET_TAGS: usize = 50;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

/// One tag on the wire.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagSet {
    tag_set: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutBucketInput {
    #[serde(flatten)]
    bucket: BucketInput,
    tagging: TagSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutObjectInput {
    #[serde(flatten)]
    object: ObjectInput,
    tagging: TagSet,
}

/// The tags of an object, checked.
///
/// # Errors
/// `InvalidTag`, `BadRequest` for too many.
pub(super) fn checked_object_tags(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    checked(tags, MAX_OBJECT_TAGS, "Object tags cannot be greater than 10")
}

/// The tags of a bucket, checked.
///
/// # Errors
/// As [`checked_object_tags`].
pub(super) fn checked_bucket_tags(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    checked(tags, MAX_BUCKET_TAGS, "Bucket tag count cannot be greater than 50")
}

fn checked(tags: Vec<Tag>, most: usize, too_many: &str) -> Result<BTreeMap<String, String>, Fault> {
    if tags.len() > most {
        return Err(Fault::new("BadRequest", too_many).status(400));
    }
    let mut checked = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.is_empty() || key.chars().count() > MAX_TAG_KEY {
            return Err(invalid("The TagKey you have provided is invalid", &key));
        }
        if value.chars().count() > MAX_TAG_VALUE {
            return Err(invalid("The TagValue you have provided is invalid", &key));
        }
        if key.starts_with("aws:") {
            return Err(invalid("System tags cannot be added/updated by requester", &key));
        }
        if checked.insert(key.clone(), value).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key", &key));
        }
    }
    Ok(checked)
}

fn invalid(text: &str, key: &str) -> Fault {
    Fault::new("InvalidTag", text).status(400).with("TagKey", key)
}

/// The tags in `x-amz-tagging`, written as a query string.
///
/// # Errors
/// `InvalidArgument`, and as [`checked_object_tags`].
pub(super) fn of_header(header: Option<&str>) -> Result<BTreeMap<String, String>, Fault> {
    let malformed = || {
        let text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL \
                    query parameters without tag name duplicates.";
        super::faults::invalid_argument(text, "x-amz-tagging", header.unwrap_or_default())
    };
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().map(|t| t.into_owned()).map_err(|_| malformed())
    };
    let pairs = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let tags = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok(Tag { key: decode(key)?, value: decode(value)? })
    });
    checked_object_tags(tags.collect::<Result<_, Fault>>()?)
}

fn shown(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

pub(super) fn put_bucket_access(cx: &Cx, input: &PutBucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketTagging")
}

/// PutBucketTagging.
pub(super) fn put_bucket(cx: &mut Cx, input: PutBucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    bucket.tags = Some(checked_bucket_tags(input.tagging.tag_set)?);
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_bucket_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketTagging")
}

/// GetBucketTagging.
pub(super) fn get_bucket(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    match &bucket.tags {
        Some(tags) => Ok(json!({ "TagSet": shown(tags) })),
        None => Err(Fault::new("NoSuchTagSet", "The TagSet does not exist")
            .status(404)
            .with("BucketName", bucket.name)),
    }
}

pub(super) fn delete_bucket_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:PutBucketTagging")
}

/// DeleteBucketTagging.
pub(super) fn delete_bucket(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket)?;
    bucket.tags = None;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn put_object_access(cx: &Cx, input: &PutObjectInput) -> Result<Access, Fault> {
    access::on_object(cx, &input.object, ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"))
}

/// PutObjectTagging.
pub(super) fn put_object(cx: &mut Cx, input: PutObjectInput) -> Result<Value, Fault> {
    set_tags(cx, &input.object, "PUT", checked_object_tags(input.tagging.tag_set)?)
}

pub(super) fn get_object_access(cx: &Cx, input: &ObjectInput) -> Result<Access, Fault> {
    access::on_object(cx, input, ("s3:GetObjectTagging", "s3:GetObjectVersionTagging"))
}

/// GetObjectTagging.
pub(super) fn get_object(cx: &Cx, input: ObjectInput) -> Result<Value, Fault> {
    let (bucket, object) = input.find(cx)?;
    let version_id = bucket.shown(object.version_id.as_deref());
    Ok(json!({ "TagSet": shown(&object.tags), "VersionId": version_id }))
}

pub(super) fn delete_object_access(cx: &Cx, input: &ObjectInput) -> Result<Access, Fault> {
    access::on_object(cx, input, ("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"))
}

/// DeleteObjectTagging.
pub(super) fn delete_object(cx: &mut Cx, input: ObjectInput) -> Result<Value, Fault> {
    set_tags(cx, &input, "DELETE", BTreeMap::new())
}

fn set_tags(
    cx: &mut Cx,
    input: &ObjectInput,
    method: &str,
    tags: BTreeMap<String, String>,
) -> Result<Value, Fault> {
    let (bucket, mut object) = input.find_to(cx, method)?;
    object.tags = tags;
    versions::update(cx, &bucket.name, &input.key, &object)?;
    Ok(json!({ "VersionId": bucket.shown(object.version_id.as_deref()) }))
}
