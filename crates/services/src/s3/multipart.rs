//! Multipart uploads: create, complete, abort, list
//! ("Uploading and copying objects using multipart upload", S3 User Guide).
//!
//! The parts themselves are in `part.rs`, the rules of completing in `complete.rs`.

use std::collections::HashSet;

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput, object_arn};
use super::checksum;
use super::faults;
use super::ownership;
use super::put::{Checked, Written};
use super::sealing::{Answered, Wanted};
use super::state::{self, Bucket, MultipartUpload};
use super::walk::{Entry, Walk, encoded};

/// Random characters of an upload id.
const ID_CHARACTERS: usize = 84;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
/// Most uploads or parts of one listing.
const MAX_LISTED: usize = 1_000;

/// The members that name an upload.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UploadInput {
    pub bucket: String,
    pub key: String,
    pub upload_id: String,
    pub expected_bucket_owner: Option<String>,
}

impl UploadInput {
    /// The access of an operation on this upload.
    pub(super) fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let bucket = access::open(cx, &self.bucket, self.expected_bucket_owner.as_deref())?;
        Ok(Access::to(access::check(cx, &bucket, action, object_arn(&bucket.name, &self.key))))
    }

    /// The upload.
    ///
    /// # Errors
    /// `NoSuchUpload`.
    pub(super) fn upload(&self, cx: &Cx) -> Result<MultipartUpload, Fault> {
        let bucket = state::bucket(cx, &self.bucket)?;
        state::upload(cx, &bucket.name, &self.key, &self.upload_id)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    bucket: String,
    key: String,
    expected_bucket_owner: Option<String>,
    checksum_algorithm: Option<String>,
    checksum_type: Option<String>,
    #[serde(flatten)]
    written: Written,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    bucket: String,
    key: String,
    upload_id: String,
    /// When the bucket's rules abort it, in seconds since 1970, and which rule.
    abort_date: Option<i64>,
    abort_rule_id: Option<String>,
    checksum_algorithm: Option<String>,
    checksum_type: Option<String>,
    #[serde(flatten)]
    encryption: Answered,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let bucket = access::open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    input.written.access(Access::default(), cx, (&bucket, &input.key), |check| check)
}

/// CreateMultipartUpload: the data key of all parts is made here.
pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Created, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let (algorithm, kind) = checksum_of(&input)?;
    let wanted = Wanted::of(&input.written.encryption, &bucket)?;
    let Checked { owner, grants, headers, tags, lock } =
        input.written.checked(cx, &bucket, &input.key)?;
    let (_, sealing) = wanted.new_key(cx, &bucket, &input.key)?;
    // The time in front makes listings of one key's uploads go from the oldest to the newest.
    let time = format!("{:012x}", cx.now().timestamp_millis());
    let upload = MultipartUpload {
        id: format!("{time}{}", cx.world().text(ALPHABET, ID_CHARACTERS)),
        key: input.key,
        initiated: cx.now().timestamp(),
        initiator: ownership::initiator(cx.principal()),
        checksum_algorithm: algorithm,
        checksum_type: kind,
        owner,
        grants,
        sealing,
        headers,
        tags,
        lock,
    };
    state::put_upload(cx, &bucket.name, &upload)?;
    let (abort_date, abort_rule_id) = aborts(&bucket, &upload).unzip();
    Ok(Created {
        abort_date,
        abort_rule_id,
        bucket: bucket.name,
        key: upload.key,
        upload_id: upload.id,
        checksum_algorithm: upload.checksum_algorithm,
        checksum_type: upload.checksum_type,
        encryption: upload.sealing.answered(),
    })
}

fn aborts(bucket: &Bucket, upload: &MultipartUpload) -> Option<(i64, String)> {
    bucket.lifecycle.as_ref()?.aborts(&upload.key, upload.initiated)
}

fn checksum_of(input: &CreateInput) -> Result<(Option<String>, Option<String>), Fault> {
    let Some(name) = &input.checksum_algorithm else {
        return match input.checksum_type {
            None => Ok((None, None)),
            Some(_) => Err(faults::invalid_request(
                "The x-amz-checksum-type header can only be used with the \
                 x-amz-checksum-algorithm header.",
            )),
        };
    };
    let algorithm = checksum::parse(name)?;
    let kind = checksum::kind_for(algorithm, input.checksum_type.as_deref())?;
    Ok((Some(algorithm.name().to_owned()), Some(kind.to_owned())))
}

pub(super) fn abort_access(cx: &Cx, input: &UploadInput) -> Result<Access, Fault> {
    input.access(cx, "s3:AbortMultipartUpload")
}

/// AbortMultipartUpload.
pub(super) fn abort(cx: &mut Cx, input: UploadInput) -> Result<Value, Fault> {
    let upload = input.upload(cx)?;
    let bucket = state::bucket(cx, &input.bucket)?;
    state::delete_upload(cx, &bucket.name, &upload, &HashSet::new())?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListPartsInput {
    #[serde(flatten)]
    upload: UploadInput,
    max_parts: Option<usize>,
    part_number_marker: Option<Marker>,
}

pub(super) fn parts_access(cx: &Cx, input: &ListPartsInput) -> Result<Access, Fault> {
    input.upload.access(cx, "s3:ListMultipartUploadParts")
}

/// ListParts.
pub(super) fn parts(cx: &Cx, input: ListPartsInput) -> Result<Value, Fault> {
    let upload = input.upload.upload(cx)?;
    let bucket = state::bucket(cx, &input.upload.bucket)?;
    let (abort_date, abort_rule) = aborts(&bucket, &upload).unzip();
    let max = input.max_parts.unwrap_or(MAX_LISTED).min(MAX_LISTED);
    let marker = part_marker(input.part_number_marker.as_ref())?;
    let mut parts = state::parts(cx, &upload.id, marker, max + 1)?;
    let truncated = parts.len() > max;
    parts.truncate(max);
    Ok(json!({
        "Bucket": input.upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "AbortDate": abort_date,
        "AbortRuleId": abort_rule,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": parts.last().map_or(0, |part| part.number),
        "MaxParts": max,
        "IsTruncated": truncated,
        "Parts": parts.iter().map(super::part::listed).collect::<Result<Vec<_>, _>>()?,
        "Initiator": { "ID": upload.initiator },
        "Owner": ownership::owner(&upload.owner),
        "StorageClass": upload.headers.class(),
        "ChecksumAlgorithm": upload.checksum_algorithm,
        "ChecksumType": upload.checksum_type,
    }))
}

/// The part after which a listing goes on. Models have had it as a number and as a text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Marker {
    /// A number.
    Number(u64),
    /// A number in digits.
    Text(String),
}

/// The number of a marker, 0 without one.
///
/// # Errors
/// `InvalidArgument`.
pub(super) fn part_marker(marker: Option<&Marker>) -> Result<u32, Fault> {
    let (number, given) = match marker {
        None => return Ok(0),
        Some(Marker::Text(text)) => (text.parse().ok(), text.clone()),
        Some(Marker::Number(number)) => (u32::try_from(*number).ok(), number.to_string()),
    };
    number.ok_or_else(|| {
        let text = "Argument part-number-marker must be an integer between 0 and 2147483647";
        faults::invalid_argument(text, "part-number-marker", &given)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    #[serde(flatten)]
    bucket: BucketInput,
    delimiter: Option<String>,
    encoding_type: Option<String>,
    key_marker: Option<String>,
    upload_id_marker: Option<String>,
    max_uploads: Option<usize>,
    prefix: Option<String>,
}

impl ListInput {
    fn walk(&self) -> Walk<'_> {
        // The id marker counts only beside a key marker.
        let after = self.key_marker.as_deref().filter(|key| !key.is_empty());
        let id = self.upload_id_marker.as_deref().filter(|id| !id.is_empty());
        Walk {
            prefix: self.prefix.as_deref().unwrap_or_default(),
            delimiter: self.delimiter.as_deref().filter(|d| !d.is_empty()),
            after,
            resume: after.map(|key| state::upload_position(key, id)),
            max: self.max_uploads.unwrap_or(MAX_LISTED).min(MAX_LISTED),
        }
    }
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    let owner = input.bucket.expected_bucket_owner.as_deref();
    let bucket = access::open(cx, &input.bucket.bucket, owner)?;
    let check = access::check_bucket(cx, &bucket, "s3:ListBucketMultipartUploads")
        .with_some("s3:prefix", input.prefix.clone())
        .with_some("s3:delimiter", input.delimiter.clone());
    Ok(Access::to(check))
}

/// ListMultipartUploads.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket.bucket)?;
    let walk = input.walk();
    let page = walk.page(|after, limit| {
        let found = state::uploads(cx, &bucket.name, walk.prefix, after, limit)?;
        let entry = |item: MultipartUpload| {
            let key = item.key.clone();
            Entry { position: state::upload_position(&key, Some(&item.id)), key, item }
        };
        Ok(found.into_iter().map(entry).collect())
    })?;
    let encode = |text: &str| encoded(input.encoding_type.as_deref(), text);
    let next = page.last.as_deref().filter(|_| page.is_truncated);
    let last = page.last_item().filter(|_| page.is_truncated);
    Ok(json!({
        "Bucket": input.bucket.bucket,
        "KeyMarker": encode(input.key_marker.as_deref().unwrap_or_default()),
        "UploadIdMarker": input.upload_id_marker.as_deref().unwrap_or_default(),
        "NextKeyMarker": next.map(encode),
        "NextUploadIdMarker": last.map(|upload| &upload.id),
        "Prefix": encode(walk.prefix),
        "Delimiter": walk.delimiter.map(encode),
        "CommonPrefixes": page.prefixes.iter().map(|p| json!({ "Prefix": encode(p) }))
            .collect::<Value>(),
        "MaxUploads": walk.max,
        "IsTruncated": page.is_truncated,
        "EncodingType": input.encoding_type,
        "Uploads": page.items.iter().map(|(_, upload)| json!({
            "UploadId": upload.id,
            "Key": encode(&upload.key),
            "Initiated": upload.initiated,
            "StorageClass": upload.headers.class(),
            "Owner": ownership::owner(&upload.owner),
            "Initiator": { "ID": upload.initiator },
            "ChecksumAlgorithm": upload.checksum_algorithm,
            "ChecksumType": upload.checksum_type,
        })).collect::<Value>(),
    }))
}
