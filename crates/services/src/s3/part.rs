//! UploadPart and UploadPartCopy: one part of a multipart upload.
//!
//! Every part is a blob of its own under the upload's data key. A part uploaded again takes the
//! place of the one before.

use gateway::{Access, Cx, Digests, Fault, Staged, UploadPlan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access;
use super::checksum::{self, Checksums, Sum};
use super::conditions::quoted;
use super::copy::{self, Source};
use super::faults;
use super::multipart::UploadInput;
use super::put;
use super::range;
use super::sealing::Answered;
use super::state::{self, MultipartUpload, Part};

/// Parts are numbered from 1 to this.
const MAX_PART_NUMBER: u32 = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PartInput {
    #[serde(flatten)]
    upload: UploadInput,
    part_number: u32,
    content_length: Option<u64>,
    #[serde(rename = "ContentMD5")]
    content_md5: Option<String>,
    checksum_algorithm: Option<String>,
    #[serde(flatten)]
    checksums: Checksums,
}

#[derive(Serialize)]
pub(super) struct PartOutput {
    #[serde(rename = "ETag")]
    etag: String,
    #[serde(flatten)]
    checksums: Checksums,
    #[serde(flatten)]
    encryption: Answered,
}

pub(super) fn access(cx: &Cx, input: &PartInput) -> Result<Access, Fault> {
    input.upload.access(cx, "s3:PutObject")
}

/// The beginning of an UploadPart: the upload's data key, for which SSE-KMS needs `kms:Decrypt`.
pub(super) fn begin(cx: &Cx, input: &PartInput) -> Result<UploadPlan<()>, Fault> {
    check_number(input.part_number)?;
    put::check_size(input.content_length.unwrap_or_default())?;
    let upload = input.upload.upload(cx)?;
    let checksum = match input.checksums.wanted(input.checksum_algorithm.as_deref())? {
        Some(algorithm) => Some(algorithm),
        None => upload.checksum_algorithm.as_deref().map(checksum::parse).transpose()?,
    };
    refuse_other_algorithm(&upload, checksum)?;
    let digests = Digests {
        md5: upload.sealing.has_md5_etags() || input.content_md5.is_some(),
        checksum,
        ..Digests::default()
    };
    let bucket = state::bucket(cx, &input.upload.bucket)?;
    let key = upload.sealing.open(cx, &bucket.name, &upload.key)?;
    Ok(UploadPlan { key, digests, detail: () })
}

/// A part must have the checksum that the upload was created for; without one any will do.
fn refuse_other_algorithm(
    upload: &MultipartUpload,
    given: Option<gateway::Checksum>,
) -> Result<(), Fault> {
    match (&upload.checksum_algorithm, given) {
        (Some(expected), Some(given)) if expected != given.name() => {
            Err(faults::invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum \
                 Type: {}",
                expected.to_ascii_lowercase(),
                given.name().to_ascii_lowercase()
            )))
        }
        _ => Ok(()),
    }
}

/// The end of an UploadPart.
pub(super) fn finish(
    cx: &mut Cx,
    input: PartInput,
    (): (),
    staged: Staged,
) -> Result<PartOutput, Fault> {
    // The upload may have been aborted while the body came.
    let upload = input.upload.upload(cx)?;
    put::check_size(staged.bytes)?;
    put::check_md5(input.content_md5.as_deref(), staged.md5.as_ref())?;
    input.checksums.verify(staged.checksum.as_ref())?;
    let part = Part {
        number: input.part_number,
        blob: staged.blob,
        bytes: staged.bytes,
        etag: put::etag(cx, &upload.sealing, staged.md5),
        modified: cx.now().timestamp(),
        checksum: staged.checksum.map(Sum::full),
    };
    state::put_part(cx, &upload.id, &part)?;
    Ok(PartOutput {
        etag: quoted(&part.etag),
        checksums: part.checksum.as_ref().map(Sum::members).unwrap_or_default(),
        encryption: upload.sealing.answered(),
    })
}

fn check_number(number: u32) -> Result<(), Fault> {
    if (1..=MAX_PART_NUMBER).contains(&number) {
        return Ok(());
    }
    let text = "Part number must be an integer between 1 and 10000, inclusive";
    Err(faults::invalid_argument(text, "partNumber", &number.to_string()))
}

/// A part as ListParts shows it.
pub(super) fn listed(part: &Part) -> Result<Value, Fault> {
    let mut shown = json!({
        "PartNumber": part.number,
        "LastModified": part.modified,
        "ETag": quoted(&part.etag),
        "Size": part.bytes,
    });
    let checksums = part.checksum.as_ref().map(Sum::members).unwrap_or_default();
    let checksums = serde_json::to_value(checksums).map_err(Fault::internal)?;
    if let (Some(members), Value::Object(checksums)) = (shown.as_object_mut(), checksums) {
        members.extend(checksums);
    }
    Ok(shown)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CopyInput {
    #[serde(flatten)]
    upload: UploadInput,
    part_number: u32,
    #[serde(flatten)]
    source: Source,
    copy_source_range: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Copied {
    copy_source_version_id: Option<String>,
    copy_part_result: CopyPartResult,
    #[serde(flatten)]
    encryption: Answered,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CopyPartResult {
    #[serde(rename = "ETag")]
    etag: String,
    last_modified: i64,
    #[serde(flatten)]
    checksums: Checksums,
}

pub(super) fn copy_access(cx: &Cx, input: &CopyInput) -> Result<Access, Fault> {
    let UploadInput { bucket, key, expected_bucket_owner, .. } = &input.upload;
    let bucket = access::open(cx, bucket, expected_bucket_owner.as_deref())?;
    let arn = access::object_arn(&bucket.name, key);
    let target = access::check(cx, &bucket, "s3:PutObject", arn)
        .with("s3:x-amz-copy-source", input.source.as_key()?);
    Ok(input.source.access(cx)?.and(target))
}

/// The long part of an UploadPartCopy: the bytes. Remembers the source's version.
pub(super) fn prepare_copy(cx: &Cx, input: &CopyInput) -> Result<Prepared, Fault> {
    check_number(input.part_number)?;
    let upload = input.upload.upload(cx)?;
    let (at, from, source) = input.source.object(cx)?;
    let slice = match &input.copy_source_range {
        Some(text) => range::of_header(text, source.bytes)?,
        None => range::Slice::whole(source.bytes),
    };
    put::check_size(slice.length())?;
    let bucket = state::bucket(cx, &input.upload.bucket)?;
    let key = upload.sealing.open(cx, &bucket.name, &upload.key)?;
    let digests = Digests {
        md5: upload.sealing.has_md5_etags(),
        checksum: upload.checksum_algorithm.as_deref().map(checksum::parse).transpose()?,
        ..Digests::default()
    };
    let copy = copy::copy_bytes(cx, (&from.name, &at.key), &source, &slice, &key, &digests)?;
    Ok(Prepared { copy, source_version: from.shown(source.version_id.as_deref()) })
}

/// A copied part that nothing refers to yet.
pub(super) struct Prepared {
    copy: copy::Copy,
    source_version: Option<String>,
}

/// The end of an UploadPartCopy.
pub(super) fn commit_copy(
    cx: &mut Cx,
    input: CopyInput,
    prepared: Prepared,
) -> Result<Copied, Fault> {
    // The upload may have been aborted while the bytes were copied.
    let upload = input.upload.upload(cx)?;
    let Prepared { copy, source_version } = prepared;
    let part = Part {
        number: input.part_number,
        bytes: copy.blob.plain_bytes(),
        blob: copy.blob.keep(),
        etag: put::etag(cx, &upload.sealing, copy.md5),
        modified: cx.now().timestamp(),
        checksum: copy.checksum.map(Sum::full),
    };
    state::put_part(cx, &upload.id, &part)?;
    Ok(Copied {
        copy_source_version_id: source_version,
        copy_part_result: CopyPartResult {
            etag: quoted(&part.etag),
            last_modified: part.modified,
            checksums: part.checksum.as_ref().map(Sum::members).unwrap_or_default(),
        },
        encryption: upload.sealing.answered(),
    })
}
