//! CompleteMultipartUpload: from parts to one object, with the rules that the parts must keep.

use std::collections::{HashMap, HashSet};

use gateway::{Access, Cx, Fault};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::access;
use super::checksum::{self, COMPOSITE, Checksums, Sum};
use super::conditions::{WriteConditions, quoted};
use super::faults;
use super::multipart::UploadInput;
use super::sealing::Answered;
use super::state::versions;
use super::state::{self, MultipartUpload, Object, Part, Piece};
use super::walk::encoded;

/// Every part but the last has at least this many bytes: 5 MiB.
const MIN_PART_BYTES: u64 = 5 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CompleteInput {
    #[serde(flatten)]
    upload: UploadInput,
    multipart_upload: Option<Listed>,
    checksum_type: Option<String>,
    mpu_object_size: Option<u64>,
    #[serde(flatten)]
    checksums: Checksums,
    #[serde(flatten)]
    conditions: WriteConditions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    parts: Vec<ListedPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedPart {
    part_number: Option<u32>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
    #[serde(flatten)]
    checksums: Checksums,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Completed {
    location: String,
    version_id: Option<String>,
    expiration: Option<String>,
    bucket: String,
    key: String,
    #[serde(rename = "ETag")]
    etag: String,
    checksum_type: Option<String>,
    #[serde(flatten)]
    checksums: Checksums,
    #[serde(flatten)]
    encryption: Answered,
}

pub(super) fn access(cx: &Cx, input: &CompleteInput) -> Result<Access, Fault> {
    let access = input.upload.access(cx, "s3:PutObject")?;
    if input.conditions.if_match.is_none() {
        return Ok(access);
    }
    let UploadInput { bucket, key, .. } = &input.upload;
    let bucket = state::bucket(cx, bucket)?;
    let present = state::find_object(cx, &bucket.name, key)?;
    Ok(access.and(access::check_object(cx, &bucket, key, present.as_ref(), "s3:GetObject")))
}

/// CompleteMultipartUpload.
pub(super) fn complete(cx: &mut Cx, input: CompleteInput) -> Result<Completed, Fault> {
    let CompleteInput { upload: named, .. } = &input;
    let bucket = state::bucket(cx, &named.bucket)?;
    let upload = named.upload(cx)?;
    let listed = input.multipart_upload.as_ref().map_or(&[][..], |upload| &upload.parts);
    let parts = chosen(cx, &upload, listed)?;
    input.conditions.hold(cx, &bucket.name, &named.key)?;
    let object = assembled(cx, &upload, &parts, &input)?;
    let kept: HashSet<_> = object.pieces.iter().map(|piece| piece.blob.clone()).collect();
    let object = versions::write(cx, &bucket, &named.key, object)?;
    state::delete_upload(cx, &bucket.name, &upload, &kept)?;
    let (region, path) = (cx.region(), encoded(Some("url"), &named.key));
    Ok(Completed {
        location: format!("https://{}.s3.{region}.amazonaws.com/{path}", named.bucket),
        version_id: bucket.shown(object.version_id.as_deref()),
        expiration: bucket.expiration(&named.key, &object),
        bucket: named.bucket.clone(),
        key: named.key.clone(),
        etag: quoted(&object.etag),
        checksum_type: object.checksum.as_ref().map(|sum| sum.kind.clone()),
        checksums: object.checksum.as_ref().map(Sum::members).unwrap_or_default(),
        encryption: object.sealing.answered(),
    })
}

/// The uploaded parts that the request lists, in its order.
fn chosen(cx: &Cx, upload: &MultipartUpload, listed: &[ListedPart]) -> Result<Vec<Part>, Fault> {
    if listed.is_empty() {
        return Err(faults::malformed_xml());
    }
    if !listed.is_sorted_by(|a, b| a.part_number < b.part_number) {
        let text = "The list of parts was not in ascending order. Parts must be ordered by part \
                    number.";
        return Err(Fault::new("InvalidPartOrder", text).status(400).with("UploadId", &upload.id));
    }
    let mut uploaded: HashMap<u32, Part> =
        state::all_parts(cx, &upload.id)?.into_iter().map(|part| (part.number, part)).collect();
    let mut parts = Vec::with_capacity(listed.len());
    for one in listed {
        let number = one.part_number.ok_or_else(faults::malformed_xml)?;
        let part = uploaded.remove(&number).filter(|part| one.names(part));
        let part = part.ok_or_else(|| invalid_part(upload, number, one.etag.as_deref()))?;
        one.check_checksum(upload, &part)?;
        parts.push(part);
    }
    refuse_small(&parts)?;
    Ok(parts)
}

impl ListedPart {
    fn names(&self, part: &Part) -> bool {
        self.etag.as_deref().is_some_and(|etag| etag.trim_matches('"') == part.etag)
    }

    /// Composite checksums need every part's own in the request; a value that is given must fit.
    fn check_checksum(&self, upload: &MultipartUpload, part: &Part) -> Result<(), Fault> {
        let given = self.checksums.given()?;
        if let (None, Some(algorithm), Some(COMPOSITE)) =
            (given, &upload.checksum_algorithm, upload.checksum_type.as_deref())
        {
            return Err(faults::invalid_request(format!(
                "The upload was created using a {} checksum. The complete request must include \
                 the checksum for each part. It was missing for part {} in the request.",
                algorithm.to_ascii_lowercase(),
                part.number
            )));
        }
        let stored = part.checksum.as_ref();
        match given {
            Some((algorithm, value))
                if stored.is_none_or(|s| s.algorithm != algorithm.name() || s.value != value) =>
            {
                Err(invalid_part(upload, part.number, self.etag.as_deref()))
            }
            _ => Ok(()),
        }
    }
}

fn invalid_part(upload: &MultipartUpload, number: u32, etag: Option<&str>) -> Fault {
    let text = "One or more of the specified parts could not be found.  The part may not have \
                been uploaded, or the specified entity tag may not match the part's entity tag.";
    Fault::new("InvalidPart", text)
        .status(400)
        .with("UploadId", &upload.id)
        .with("PartNumber", number.to_string())
        .with("ETag", etag.unwrap_or_default().trim_matches('"'))
}

fn refuse_small(parts: &[Part]) -> Result<(), Fault> {
    let all_but_last = parts.split_last().map_or(&[][..], |(_, others)| others);
    let Some(small) = all_but_last.iter().find(|part| part.bytes < MIN_PART_BYTES) else {
        return Ok(());
    };
    let text = "Your proposed upload is smaller than the minimum allowed size";
    Err(Fault::new("EntityTooSmall", text)
        .status(400)
        .with("ProposedSize", small.bytes.to_string())
        .with("MinSizeAllowed", MIN_PART_BYTES.to_string())
        .with("PartNumber", small.number.to_string())
        .with("ETag", &small.etag))
}

fn assembled(
    cx: &Cx,
    upload: &MultipartUpload,
    parts: &[Part],
    input: &CompleteInput,
) -> Result<Object, Fault> {
    let bytes = parts.iter().map(|part| part.bytes).sum();
    if input.mpu_object_size.is_some_and(|expected| expected != bytes) {
        return Err(faults::invalid_request(
            "The provided 'x-amz-mp-object-size' header does not match what was computed.",
        ));
    }
    let pieces = parts.iter().map(|part| Piece {
        blob: part.blob.clone(),
        bytes: part.bytes,
        part: part.number,
        checksum: part.checksum.as_ref().map(|sum| sum.value.clone()),
    });
    Ok(Object {
        owner: upload.owner.clone(),
        grants: upload.grants.clone(),
        modified: cx.now().timestamp(),
        etag: etag(cx, upload, parts)?,
        bytes,
        pieces: pieces.collect(),
        multipart: true,
        sealing: upload.sealing.clone(),
        checksum: checksum_of(upload, parts, input)?,
        headers: upload.headers.clone(),
        tags: upload.tags.clone(),
        lock: upload.lock,
        version_id: None,
        stamp: 0,
    })
}

/// The MD5 of the parts' MD5s, and their number.
fn etag(cx: &Cx, upload: &MultipartUpload, parts: &[Part]) -> Result<String, Fault> {
    if !upload.sealing.has_md5_etags() {
        return Ok(format!("{}-{}", hex::encode(cx.world().bytes::<16>()), parts.len()));
    }
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(hex::decode(&part.etag).map_err(Fault::internal)?);
    }
    Ok(format!("{}-{}", hex::encode(md5.finalize()), parts.len()))
}

/// The object's checksum from those of the parts, compared with the one in the request.
fn checksum_of(
    upload: &MultipartUpload,
    parts: &[Part],
    input: &CompleteInput,
) -> Result<Option<Sum>, Fault> {
    let (Some(name), Some(kind)) = (&upload.checksum_algorithm, &upload.checksum_type) else {
        return Ok(None);
    };
    if input.checksum_type.as_ref().is_some_and(|asked| asked != kind) {
        return Err(faults::invalid_request(format!(
            "The upload was created using the {kind} checksum mode. The complete request must \
             use the same checksum mode."
        )));
    }
    let algorithm = checksum::parse(name)?;
    let values = parts.iter().map(|part| match &part.checksum {
        Some(sum) => Ok((sum.value.clone(), part.bytes)),
        None => Err(Fault::internal("a part without the upload's checksum")),
    });
    let sum = checksum::of_parts(algorithm, kind, &values.collect::<Result<Vec<_>, _>>()?)?;
    // Clients may send a composite value without its count.
    let bare = sum.value.split_once('-').map_or(sum.value.as_str(), |(value, _)| value);
    match input.checksums.given()? {
        Some((given, value)) if given == algorithm && value != sum.value && value != bare => {
            Err(faults::bad_digest(algorithm.name()))
        }
        _ => Ok(Some(sum)),
    }
}
