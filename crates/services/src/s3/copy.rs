//! CopyObject, and the copying of bytes that it shares with UploadPartCopy
//! ("Copying, moving, and renaming objects", S3 User Guide).
//!
//! A copy is sealed anew under a data key of its own, so the bytes pass through memory a buffer
//! at a time, on a snapshot and beside other writers; only a whole copy becomes an object.

use std::io::{Read, Write};

use gateway::{Access, Cx, Digests, Fault};
use md5::{Digest, Md5};
use names::AccountId;
use serde::{Deserialize, Serialize};
use store::{DataKey, HeldBlob};

use super::access::{self, CopySource};
use super::checksum::{self, Checksums, FULL_OBJECT, Hasher, Sum};
use super::conditions::{CopyConditions, WriteConditions, quoted};
use super::faults;
use super::headers::Headers;
use super::object;
use super::put::{self, Checked, Written};
use super::range::Slice;
use super::sealing::{Answered, Sealing, Wanted};
use super::state::versions;
use super::state::{self, Bucket, Object, Piece};

/// Plain bytes in memory while copying.
const BUFFER_BYTES: usize = 256 * 1024;

/// The members that name the source of a copy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Source {
    copy_source: String,
    expected_source_bucket_owner: Option<String>,
    #[serde(flatten)]
    conditions: CopyConditions,
}

impl Source {
    /// The permission to read the source, which may lie in another Region.
    ///
    /// # Errors
    /// `InvalidArgument`, and as [`access::open`].
    pub(super) fn access(&self, cx: &Cx) -> Result<Access, Fault> {
        let source = CopySource::parse(&self.copy_source)?;
        let owner = self.expected_source_bucket_owner.as_deref();
        let bucket = access::open_anywhere(cx, &source.bucket, owner)?;
        let actions = ("s3:GetObject", "s3:GetObjectVersion");
        access::reading(cx, &bucket, &source.key, source.version_id.as_deref(), actions)
    }

    /// The value of `s3:x-amz-copy-source`.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub(super) fn as_key(&self) -> Result<String, Fault> {
        let source = CopySource::parse(&self.copy_source)?;
        Ok(format!("{}/{}", source.bucket, source.key))
    }

    /// The source, when its conditions hold.
    ///
    /// # Errors
    /// `NoSuchKey`, `PreconditionFailed`, `InvalidArgument`.
    pub(super) fn object(&self, cx: &Cx) -> Result<(CopySource, Bucket, Object), Fault> {
        let source = CopySource::parse(&self.copy_source)?;
        let bucket = state::bucket(cx, &source.bucket)?;
        let found = versions::object(cx, &bucket, &source.key, source.version_id.as_deref(), "GET");
        let object = found.map_err(|fault| match fault.code.as_ref() {
            "MethodNotAllowed" => faults::invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by \
                 version id.",
            ),
            _ => fault,
        })?;
        self.conditions.check(&object)?;
        Ok((source, bucket, object))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CopyInput {
    bucket: String,
    key: String,
    expected_bucket_owner: Option<String>,
    metadata_directive: Option<String>,
    tagging_directive: Option<String>,
    checksum_algorithm: Option<String>,
    #[serde(flatten)]
    source: Source,
    #[serde(flatten)]
    conditions: WriteConditions,
    #[serde(flatten)]
    written: Written,
}

impl CopyInput {
    fn replaces_headers(&self) -> bool {
        self.metadata_directive.as_deref() == Some("REPLACE")
    }

    fn replaces_tags(&self) -> bool {
        self.tagging_directive.as_deref() == Some("REPLACE")
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Copied {
    version_id: Option<String>,
    copy_source_version_id: Option<String>,
    expiration: Option<String>,
    copy_object_result: CopyResult,
    #[serde(flatten)]
    encryption: Answered,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CopyResult {
    #[serde(rename = "ETag")]
    etag: String,
    last_modified: i64,
    checksum_type: Option<String>,
    #[serde(flatten)]
    checksums: Checksums,
}

pub(super) fn access(cx: &Cx, input: &CopyInput) -> Result<Access, Fault> {
    let bucket = access::open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    let source_key = input.source.as_key()?;
    let mut access = input.source.access(cx)?;
    let source = CopySource::parse(&input.source.copy_source)?;
    let from = state::bucket(cx, &source.bucket)?;
    let version = source.version_id.as_deref();
    let tags = access::present(cx, &from, &source.key, version)?.map(|o| o.tags);
    let copied_tags = tags.filter(|tags| !tags.is_empty() && !input.replaces_tags());
    if copied_tags.is_some() {
        let reading = match version {
            None => "s3:GetObjectTagging",
            Some(_) => "s3:GetObjectVersionTagging",
        };
        let arn = access::object_arn(&from.name, &source.key);
        let to = access::object_arn(&bucket.name, &input.key);
        access = access.and(access::check(cx, &from, reading, arn)).and(access::check(
            cx,
            &bucket,
            "s3:PutObjectTagging",
            to,
        ));
    }
    input.written.access(access, cx, (&bucket, &input.key), |check| {
        check
            .with("s3:x-amz-copy-source", source_key.clone())
            .with_some("s3:x-amz-metadata-directive", input.metadata_directive.clone())
            .with_some("s3:if-none-match", input.conditions.if_none_match.clone())
            .with_some("s3:if-match", input.conditions.if_match.clone())
    })
}

/// A copy that lies whole in a blob of its own and is no object yet.
pub(super) struct Prepared {
    staged: Copy,
    sealing: Sealing,
    checked: Checked,
    source_version: Option<String>,
    /// A full-object checksum of the same bytes stays what it was.
    source_checksum: Option<Sum>,
    bucket_owner: AccountId,
}

/// The long part of a CopyObject: the bytes.
pub(super) fn prepare(cx: &Cx, input: &CopyInput) -> Result<Prepared, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let (at, from, source) = input.source.object(cx)?;
    refuse_pointless(input, &at)?;
    if source.bytes > put::MAX_PUT_BYTES {
        let text = "The specified copy source is larger than the maximum allowable size for a \
                    copy source: 5368709120";
        return Err(faults::invalid_request(text));
    }
    input.conditions.hold(cx, &bucket.name, &input.key)?;
    let wanted = Wanted::of(&input.written.encryption, &bucket)?;
    let digests = Digests {
        md5: wanted.has_md5_etags(),
        checksum: checksum_of(input, &source)?,
        ..Digests::default()
    };
    let checked = checked(cx, &bucket, input, &source)?;
    let (key, sealing) = wanted.new_key(cx, &bucket, &input.key)?;
    let place = (from.name.as_str(), at.key.as_str());
    let staged = copy_bytes(cx, place, &source, &Slice::whole(source.bytes), &key, &digests)?;
    let source_version = from.shown(source.version_id.as_deref());
    Ok(Prepared {
        staged,
        sealing,
        checked,
        source_version,
        source_checksum: source.checksum,
        bucket_owner: bucket.account,
    })
}

/// The end of a CopyObject: the copy becomes an object.
pub(super) fn commit(cx: &mut Cx, input: CopyInput, prepared: Prepared) -> Result<Copied, Fault> {
    let Prepared { staged, sealing, checked, source_version, source_checksum, bucket_owner } =
        prepared;
    let bucket = state::bucket(cx, &input.bucket)?;
    if bucket.account != bucket_owner {
        // The name went to another account while the bytes were copied.
        return Err(faults::no_such_bucket(&bucket.name));
    }
    input.conditions.hold(cx, &bucket.name, &input.key)?;
    let bytes = staged.blob.plain_bytes();
    let piece = Piece { blob: staged.blob.keep(), bytes, part: 1, checksum: None };
    let object = Object {
        modified: cx.now().timestamp(),
        etag: put::etag(cx, &sealing, staged.md5),
        bytes,
        pieces: vec![piece],
        multipart: false,
        checksum: staged.checksum.map(Sum::full).or(source_checksum),
        sealing,
        headers: checked.headers,
        tags: checked.tags,
        owner: checked.owner,
        grants: checked.grants,
        lock: checked.lock,
        version_id: None,
        stamp: 0,
    };
    let object = versions::write(cx, &bucket, &input.key, object)?;
    let version_id = bucket.shown(object.version_id.as_deref());
    Ok(Copied {
        version_id,
        copy_source_version_id: source_version,
        expiration: bucket.expiration(&input.key, &object),
        ..answer(&object)
    })
}

/// What the copy has beside its bytes: the request's, or the source's where the directives keep
/// them. Storage class and redirect are always the request's.
fn checked(cx: &Cx, bucket: &Bucket, input: &CopyInput, source: &Object) -> Result<Checked, Fault> {
    let (keeps_headers, keeps_tags) = (!input.replaces_headers(), !input.replaces_tags());
    let mut checked = input.written.checked(cx, bucket, &input.key)?;
    if keeps_headers {
        checked.headers = Headers {
            storage_class: checked.headers.storage_class,
            website_redirect_location: checked.headers.website_redirect_location,
            ..source.headers.clone()
        };
    }
    if keeps_tags {
        checked.tags.clone_from(&source.tags);
    }
    Ok(checked)
}

fn answer(object: &Object) -> Copied {
    Copied {
        version_id: None,
        copy_source_version_id: None,
        expiration: None,
        copy_object_result: CopyResult {
            etag: quoted(&object.etag),
            last_modified: object.modified,
            checksum_type: object.checksum.as_ref().map(|sum| sum.kind.clone()),
            checksums: object.checksum.as_ref().map(Sum::members).unwrap_or_default(),
        },
        encryption: object.sealing.answered(),
    }
}

fn refuse_pointless(input: &CopyInput, at: &CopySource) -> Result<(), Fault> {
    let Written { headers, encryption, .. } = &input.written;
    let changes = input.replaces_headers()
        || encryption.is_explicit()
        || headers.storage_class.is_some()
        || headers.website_redirect_location.is_some();
    // A version that is named is restored.
    if changes || at.version_id.is_some() || (&at.bucket, &at.key) != (&input.bucket, &input.key) {
        return Ok(());
    }
    Err(faults::invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without \
         changing the object's metadata, storage class, website redirect location or encryption \
         attributes.",
    ))
}

/// Which checksum must be computed: one asked for that the source lacks, or a full-object one in
/// place of a composite one, which a single piece cannot have.
fn checksum_of(input: &CopyInput, source: &Object) -> Result<Option<gateway::Checksum>, Fault> {
    let asked = input.checksum_algorithm.as_deref().map(checksum::parse).transpose()?;
    let stored = source.checksum.as_ref();
    let usable = |algorithm: &gateway::Checksum| {
        stored.is_some_and(|s| s.kind == FULL_OBJECT && s.algorithm == algorithm.name())
    };
    match (asked, stored) {
        (Some(asked), _) => Ok(Some(asked).filter(|asked| !usable(asked))),
        (None, Some(sum)) if sum.kind != FULL_OBJECT => checksum::parse(&sum.algorithm).map(Some),
        (None, None) => Ok(Some(gateway::Checksum::Crc64Nvme)),
        _ => Ok(None),
    }
}

/// Copied bytes with their digests.
pub(super) struct Copy {
    /// The bytes.
    pub blob: HeldBlob,
    /// MD5, when asked for.
    pub md5: Option<[u8; 16]>,
    /// The checksum asked for, base64.
    pub checksum: Option<(gateway::Checksum, String)>,
}

/// Copies bytes of `source` into a new blob under `key`.
///
/// # Errors
/// KMS's refusal for the source; a failure of the blob store.
pub(super) fn copy_bytes(
    cx: &Cx,
    (bucket, name): (&str, &str),
    source: &Object,
    slice: &Slice,
    key: &DataKey,
    digests: &Digests,
) -> Result<Copy, Fault> {
    let body = object::open_slice(cx, bucket, name, source, slice)?;
    let mut writer = cx.blobs().create(key)?;
    let mut md5 = digests.md5.then(Md5::new);
    let mut hasher = digests.checksum.map(Hasher::new);
    let mut buffer = vec![0; BUFFER_BYTES];
    for mut piece in body.pieces {
        loop {
            let count = piece.read(&mut buffer).map_err(Fault::internal)?;
            if count == 0 {
                break;
            }
            let (bytes, _) = buffer.split_at(count);
            writer.write_all(bytes).map_err(Fault::internal)?;
            md5.iter_mut().for_each(|md5| md5.update(bytes));
            hasher.iter_mut().for_each(|hasher| hasher.update(bytes));
        }
    }
    let blob = writer.finish_held().map_err(Fault::internal)?;
    let md5 = md5.map(|md5| md5.finalize().into());
    Ok(Copy { blob, md5, checksum: hasher.map(Hasher::finish) })
}
