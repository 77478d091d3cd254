//! PutObject: the body is authorised and keyed first, staged while it streams, and becomes an
//! object in one transaction ("Uploading objects", S3 User Guide).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Access, Check, Checksum, Cx, Digests, Fault, Principal, Staged, UploadPlan};
use names::AccountId;
use serde::{Deserialize, Serialize};

use super::access::{self, object_arn};
use super::checksum::{Checksums, FULL_OBJECT, Sum};
use super::conditions::{WriteConditions, quoted};
use super::faults;
use super::grants::{Grant, RequestedAcl};
use super::headers::Headers;
use super::lock::{self, Lock};
use super::ownership;
use super::sealing::{Answered, Requested, Sealing, Wanted};
use super::state::versions;
use super::state::{self, Bucket, Object, Piece};
use super::tagging;

/// Most bytes of one PutObject or one part: 5 GiB.
pub(super) const MAX_PUT_BYTES: u64 = 5 << 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    pub bucket: String,
    pub key: String,
    expected_bucket_owner: Option<String>,
    content_length: Option<u64>,
    #[serde(rename = "ContentMD5")]
    content_md5: Option<String>,
    checksum_algorithm: Option<String>,
    write_offset_bytes: Option<u64>,
    #[serde(flatten)]
    checksums: Checksums,
    #[serde(flatten)]
    conditions: WriteConditions,
    #[serde(flatten)]
    written: Written,
}

/// What every way of writing an object may say of it: put, copy, multipart upload.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Written {
    #[serde(flatten)]
    pub headers: Headers,
    #[serde(flatten)]
    pub encryption: Requested,
    #[serde(flatten)]
    pub acl: RequestedAcl,
    pub tagging: Option<String>,
    #[serde(flatten)]
    pub lock: lock::Requested,
}

impl Written {
    /// Adds the permissions to write an object: `s3:PutObject`, and those of its ACL and tags.
    ///
    /// # Errors
    /// `InvalidArgument` for tags that cannot be read.
    pub(super) fn access(
        &self,
        base: Access,
        cx: &Cx,
        (bucket, key): (&Bucket, &str),
        add: impl Fn(Check) -> Check,
    ) -> Result<Access, Fault> {
        let arn = object_arn(&bucket.name, key);
        let tags = tagging::of_header(self.tagging.as_deref())?;
        let with_keys = |action| {
            let check = access::check(cx, bucket, action, arn.clone())
                .with_some(
                    "s3:x-amz-server-side-encryption",
                    self.encryption.server_side_encryption.clone(),
                )
                .with_some(
                    "s3:x-amz-server-side-encryption-aws-kms-key-id",
                    self.encryption.key_id.as_deref().map(|id| key_arn(cx, id)),
                )
                .with_some("s3:x-amz-storage-class", self.headers.storage_class.clone())
                .with_some(
                    "s3:x-amz-website-redirect-location",
                    self.headers.website_redirect_location.clone(),
                );
            let check = self.lock.keys(cx, self.acl.keys(check));
            add(access::with_request_tags(check, &tags))
        };
        let mut access = base.and(with_keys("s3:PutObject"));
        if self.acl.is_present() && !self.is_log_delivery(cx) {
            access = access.and(with_keys("s3:PutObjectAcl"));
        }
        if !tags.is_empty() {
            access = access.and(with_keys("s3:PutObjectTagging"));
        }
        if self.lock.has_retention() {
            access = access.and(with_keys("s3:PutObjectRetention"));
        }
        if self.lock.has_legal_hold() {
            access = access.and(with_keys("s3:PutObjectLegalHold"));
        }
        Ok(access)
    }

    /// AWS's services deliver logs with this ACL, under bucket policies that grant them
    /// `s3:PutObject` alone ("Amazon S3 bucket policy for CloudTrail").
    fn is_log_delivery(&self, cx: &Cx) -> bool {
        let service = matches!(cx.principal(), Principal::Service(_));
        service && self.acl.canned.as_deref() == Some("bucket-owner-full-control")
    }

    /// Everything but the bytes of the new object.
    ///
    /// # Errors
    /// S3's refusal of a header.
    pub(super) fn checked(&self, cx: &Cx, bucket: &Bucket, key: &str) -> Result<Checked, Fault> {
        access::check_key(key)?;
        let (owner, grants) = ownership::of_new(cx, bucket, key, &self.acl)?;
        Ok(Checked {
            owner,
            grants,
            headers: self.headers.clone().checked()?,
            tags: tagging::of_header(self.tagging.as_deref())?,
            lock: self.lock.checked(cx, bucket)?,
        })
    }
}

/// The checked form of [`Written`].
pub(super) struct Checked {
    pub owner: AccountId,
    pub grants: Vec<Grant>,
    pub headers: Headers,
    pub tags: BTreeMap<String, String>,
    pub lock: Lock,
}

/// The KMS key of a request as the condition key compares it: an ARN. An id or an alias without
/// one is of the requester's account and the request's Region. Aliases stay aliases here, because
/// only KMS knows what they stand for.
fn key_arn(cx: &Cx, id: &str) -> String {
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    let resource = if id.starts_with("alias/") { id.to_owned() } else { format!("key/{id}") };
    cx.arn("kms", resource).map_or_else(|_| id.to_owned(), |arn| arn.to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutOutput {
    #[serde(rename = "ETag")]
    etag: String,
    checksum_type: Option<String>,
    version_id: Option<String>,
    expiration: Option<String>,
    #[serde(flatten)]
    checksums: Checksums,
    #[serde(flatten)]
    encryption: Answered,
}

pub(super) fn access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    let bucket = access::open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    let WriteConditions { if_match, if_none_match } = &input.conditions;
    let to = (&bucket, input.key.as_str());
    let access = input.written.access(Access::default(), cx, to, |check| {
        check
            .with_some("s3:if-match", if_match.clone())
            .with_some("s3:if-none-match", if_none_match.clone())
    })?;
    if if_match.is_none() {
        return Ok(access);
    }
    // Comparing with what is there reveals it.
    let present = state::find_object(cx, &bucket.name, &input.key)?;
    let reading = access::check_object(cx, &bucket, &input.key, present.as_ref(), "s3:GetObject");
    Ok(access.and(reading))
}

impl PutInput {
    /// A version that cannot be deleted should at least be the one that was meant. (AWS demands
    /// a digest for a bucket's default retention too; here that would refuse writers that were
    /// never told of it.)
    fn refuse_lock_without_digest(&self) -> Result<(), Fault> {
        let lock = &self.written.lock;
        let digest = self.content_md5.is_some()
            || self.checksum_algorithm.is_some()
            || self.checksums.given()?.is_some();
        if digest || !(lock.has_retention() || lock.has_legal_hold()) {
            return Ok(());
        }
        Err(faults::invalid_request(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with \
             Object Lock parameters",
        ))
    }
}

/// What the end of a PutObject remembers of its beginning.
pub(super) struct Begun {
    sealing: Sealing,
    /// Whose bucket the caller was allowed to write into.
    bucket_owner: AccountId,
}

/// The beginning of a PutObject: the data key, and which digests the body needs.
pub(super) fn begin(cx: &Cx, input: &PutInput) -> Result<UploadPlan<Begun>, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    check_size(input.content_length.unwrap_or_default())?;
    if input.write_offset_bytes.is_some() {
        return Err(faults::not_implemented("x-amz-write-offset-bytes"));
    }
    // Refusals should come before the body does.
    ownership::of_new(cx, &bucket, &input.key, &input.written.acl)?;
    input.written.headers.clone().checked()?;
    access::check_key(&input.key)?;
    input.written.lock.checked(cx, &bucket)?;
    input.refuse_lock_without_digest()?;
    input.conditions.hold(cx, &bucket.name, &input.key)?;
    let wanted = Wanted::of(&input.written.encryption, &bucket)?;
    let digests = Digests {
        md5: wanted.has_md5_etags() || input.content_md5.is_some(),
        checksum: input.checksums.wanted(input.checksum_algorithm.as_deref())?,
        fallback: Some(Checksum::Crc64Nvme),
        ..Digests::default()
    };
    let (key, sealing) = wanted.new_key(cx, &bucket, &input.key)?;
    Ok(UploadPlan { key, digests, detail: Begun { sealing, bucket_owner: bucket.account } })
}

/// The end of a PutObject.
pub(super) fn finish(
    cx: &mut Cx,
    input: PutInput,
    begun: Begun,
    staged: Staged,
) -> Result<PutOutput, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    if bucket.account != begun.bucket_owner {
        // The name went to another account while the body came.
        return Err(faults::no_such_bucket(&bucket.name));
    }
    check_size(staged.bytes)?;
    check_md5(input.content_md5.as_deref(), staged.md5.as_ref())?;
    input.checksums.verify(staged.checksum.as_ref())?;
    input.conditions.hold(cx, &bucket.name, &input.key)?;
    let Checked { owner, grants, headers, tags, lock } =
        input.written.checked(cx, &bucket, &input.key)?;
    let checksum = staged.checksum.map(Sum::full);
    let piece = Piece { blob: staged.blob, bytes: staged.bytes, part: 1, checksum: None };
    let object = Object {
        modified: cx.now().timestamp(),
        etag: etag(cx, &begun.sealing, staged.md5),
        bytes: staged.bytes,
        pieces: vec![piece],
        multipart: false,
        sealing: begun.sealing,
        checksum,
        headers,
        tags,
        owner,
        grants,
        lock,
        version_id: None,
        stamp: 0,
    };
    let object = versions::write(cx, &bucket, &input.key, object)?;
    Ok(PutOutput {
        etag: quoted(&object.etag),
        version_id: bucket.shown(object.version_id.as_deref()),
        expiration: bucket.expiration(&input.key, &object),
        checksum_type: object.checksum.as_ref().map(|_| FULL_OBJECT.to_owned()),
        checksums: object.checksum.as_ref().map(Sum::members).unwrap_or_default(),
        encryption: object.sealing.answered(),
    })
}

/// The entity tag of a body: its MD5, or with SSE-KMS something of the same form that is not.
pub(super) fn etag(cx: &Cx, sealing: &Sealing, md5: Option<[u8; 16]>) -> String {
    let md5 = md5.filter(|_| sealing.has_md5_etags());
    hex::encode(md5.unwrap_or_else(|| cx.world().bytes()))
}

/// Refuses a body that is too large.
///
/// # Errors
/// `EntityTooLarge`.
pub(super) fn check_size(bytes: u64) -> Result<(), Fault> {
    if bytes <= MAX_PUT_BYTES {
        return Ok(());
    }
    Err(Fault::new("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        .status(400)
        .with("ProposedSize", bytes.to_string())
        .with("MaxSizeAllowed", MAX_PUT_BYTES.to_string()))
}

/// Compares `Content-MD5` with the body's.
///
/// # Errors
/// `InvalidDigest` for what is no digest, `BadDigest` for another's.
pub(super) fn check_md5(sent: Option<&str>, actual: Option<&[u8; 16]>) -> Result<(), Fault> {
    let Some(sent) = sent else { return Ok(()) };
    let decoded = STANDARD.decode(sent).ok().filter(|bytes| bytes.len() == 16);
    let Some(decoded) = decoded else {
        let text = "The Content-MD5 you specified was invalid.";
        return Err(Fault::new("InvalidDigest", text).status(400).with("Content-MD5", sent));
    };
    match actual {
        Some(actual) if decoded != actual => {
            let text = "The Content-MD5 you specified did not match what we received.";
            Err(Fault::new("BadDigest", text)
                .status(400)
                .with("ExpectedDigest", sent)
                .with("CalculatedDigest", STANDARD.encode(actual)))
        }
        _ => Ok(()),
    }
}
