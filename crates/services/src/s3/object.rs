//! GetObject and HeadObject ("Downloading objects", S3 User Guide).
//!
//! HeadObject is GetObject without the bytes: both answer from [`Reading`].

use gateway::{Access, Cx, Download, Fault};
use serde::{Deserialize, Serialize};

use super::access::{self, ObjectInput};
use super::checksum::{Checksums, Sum};
use super::conditions::{ReadConditions, quoted};
use super::headers::Headers;
use super::lock;
use super::range::{self, Slice};
use super::sealing::{Answered, Requested, Sealing};
use super::state::{Bucket, Object};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReadInput {
    #[serde(flatten)]
    object: ObjectInput,
    #[serde(flatten)]
    conditions: ReadConditions,
    #[serde(flatten)]
    encryption: Requested,
    #[serde(flatten)]
    overrides: Overrides,
    range: Option<String>,
    part_number: Option<u32>,
    checksum_mode: Option<String>,
}

/// `response-*` parameters: headers of this one answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Overrides {
    response_cache_control: Option<String>,
    response_content_disposition: Option<String>,
    response_content_encoding: Option<String>,
    response_content_language: Option<String>,
    response_content_type: Option<String>,
    response_expires: Option<f64>,
}

impl Overrides {
    fn apply(self, headers: &mut Headers) {
        let set = |slot: &mut Option<String>, value: Option<String>| {
            if value.is_some() {
                *slot = value;
            }
        };
        set(&mut headers.cache_control, self.response_cache_control);
        set(&mut headers.content_disposition, self.response_content_disposition);
        set(&mut headers.content_encoding, self.response_content_encoding);
        set(&mut headers.content_language, self.response_content_language);
        set(&mut headers.content_type, self.response_content_type);
        headers.expires = self.response_expires.or(headers.expires);
    }

    fn any(&self) -> bool {
        let texts = [
            &self.response_cache_control,
            &self.response_content_disposition,
            &self.response_content_encoding,
            &self.response_content_language,
            &self.response_content_type,
        ];
        self.response_expires.is_some() || texts.iter().any(|text| text.is_some())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReadOutput {
    accept_ranges: &'static str,
    last_modified: i64,
    content_length: u64,
    content_range: Option<String>,
    #[serde(rename = "ETag")]
    etag: String,
    checksum_type: Option<String>,
    #[serde(flatten)]
    checksums: Checksums,
    #[serde(flatten)]
    encryption: Answered,
    expiration: Option<String>,
    #[serde(flatten)]
    lock: lock::Answered,
    version_id: Option<String>,
    parts_count: Option<usize>,
    tag_count: Option<usize>,
    #[serde(flatten)]
    headers: Headers,
}

pub(super) fn get_access(cx: &Cx, input: &ReadInput) -> Result<Access, Fault> {
    access::on_object(cx, &input.object, ("s3:GetObject", "s3:GetObjectVersion"))
}

/// GetObject.
pub(super) fn get(cx: &Cx, input: ReadInput) -> Result<(ReadOutput, Option<Download>), Fault> {
    let key = input.object.key.clone();
    let reading = Reading::of(cx, input)?;
    let body = open_slice(cx, &reading.bucket.name, &key, &reading.object, &reading.slice)?;
    Ok((reading.answer(), Some(body)))
}

/// HeadObject. The checksum of an object under SSE-KMS is readable to those who can read the
/// object only (HeadObject, S3 API Reference), so asking for it asks KMS.
pub(super) fn head(cx: &Cx, input: ReadInput) -> Result<ReadOutput, Fault> {
    let key = input.object.key.clone();
    let reading = Reading::of(cx, input)?;
    if reading.with_checksum && matches!(reading.object.sealing, Sealing::Kms { .. }) {
        reading.object.sealing.open(cx, &reading.bucket.name, &key)?;
    }
    Ok(reading.answer())
}

/// What of which object is asked for, once every condition holds.
struct Reading {
    bucket: Bucket,
    expiration: Option<String>,
    object: Object,
    slice: Slice,
    by_part: bool,
    with_checksum: bool,
    overrides: Overrides,
}

impl Reading {
    fn of(cx: &Cx, input: ReadInput) -> Result<Self, Fault> {
        input.encryption.refuse_customer_keys()?;
        if input.overrides.any() && cx.account().is_err() {
            let text = "Request specific response headers cannot be used for anonymous GET \
                        requests.";
            return Err(super::faults::invalid_request(text));
        }
        let (bucket, object) = input.object.find(cx)?;
        input.conditions.check(&object)?;
        let slice = range::of_request(&object, input.range.as_deref(), input.part_number)?;
        let is_latest = input.object.version_id.is_none();
        Ok(Self {
            expiration: bucket.expiration(&input.object.key, &object).filter(|_| is_latest),
            by_part: input.part_number.is_some(),
            with_checksum: input.checksum_mode.as_deref() == Some("ENABLED"),
            overrides: input.overrides,
            bucket,
            object,
            slice,
        })
    }

    fn answer(self) -> ReadOutput {
        let Self { bucket, expiration, object, slice, by_part, with_checksum, overrides } = self;
        let mut headers = object.headers;
        overrides.apply(&mut headers);
        // A checksum of the whole says nothing of a part of it.
        let checksum = object.checksum.filter(|_| with_checksum && !slice.is_partial);
        ReadOutput {
            accept_ranges: "bytes",
            last_modified: object.modified,
            content_length: slice.length(),
            content_range: slice.content_range(object.bytes),
            etag: quoted(&object.etag),
            checksum_type: checksum.as_ref().map(|sum| sum.kind.clone()),
            checksums: checksum.as_ref().map(Sum::members).unwrap_or_default(),
            encryption: object.sealing.answered(),
            expiration,
            lock: object.lock.answered(),
            version_id: bucket.shown(object.version_id.as_deref()),
            parts_count: (by_part && object.multipart).then_some(object.pieces.len()),
            tag_count: Some(object.tags.len()).filter(|count| *count > 0),
            headers,
        }
    }
}

/// Opens the plain bytes of a slice, piece by piece.
///
/// # Errors
/// KMS's refusal; a failure of the blob store.
pub(super) fn open_slice(
    cx: &Cx,
    bucket: &str,
    key: &str,
    object: &Object,
    slice: &Slice,
) -> Result<Download, Fault> {
    let data_key = object.sealing.open(cx, bucket, key)?;
    let mut pieces = Vec::new();
    let mut begin = 0;
    for piece in &object.pieces {
        let end = begin + piece.bytes;
        let from = slice.range.start.max(begin);
        let to = slice.range.end.min(end);
        if from < to {
            let range = from - begin..to - begin;
            pieces.push(cx.blobs().open(&piece.blob, &data_key, piece.bytes, range)?);
        }
        begin = end;
    }
    Ok(Download { pieces, bytes: slice.length() })
}
