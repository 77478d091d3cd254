//! Buckets, objects, uploads and their parts as they are kept: with `versions.rs` the only file
//! with keys.
//!
//! Keys are ordered as S3 lists: by the UTF-8 bytes of the object's key. An object's bytes lie in
//! blobs (one, or one per part), all sealed under one data key; a blob belongs to exactly one
//! object or part, and goes once the change that drops it is durable.
//!
//! Start reading at [`Bucket`] and [`Object`].

use std::collections::{BTreeMap, HashSet};

use ::policy::PublicAccessBlock as PublicBlock;
use gateway::{Cx, Fault};
use names::{AccountId, Region};
use serde::{Deserialize, Serialize};
use store::{BlobId, Record, Table};

use super::checksum::Sum;
use super::cors;
use super::faults;
use super::grants::Grant;
use super::headers::Headers;
use super::lifecycle;
use super::lock::{BucketLock, Lock};
use super::ownership::Ownership;
use super::sealing::{BucketDefault, Sealing};
use access_points::AccessPoint;
use versions::Versioning;

pub(super) mod access_points;
pub(super) mod versions;

/// By name: names are unique over all accounts.
const BUCKETS: Table<Bucket> = Table::new("s3.buckets");
/// `account/bucket`.
const OWNED: Table<Owned> = Table::new("s3.account_buckets");
/// `bucket/key`: a bucket's name has no slash.
const OBJECTS: Table<Object> = Table::new("s3.objects");
/// `bucket/key NUL upload id`: ordered by key, then by the time in the id.
const UPLOADS: Table<MultipartUpload> = Table::new("s3.uploads");
/// `upload id/part number in five digits`.
const PARTS: Table<Part> = Table::new("s3.parts");

/// By account.
const ACCOUNT_BLOCKS: Table<AccountBlock> = Table::new("s3.account_blocks");

/// Records read at a time where all are wanted.
const BATCH: usize = 1_000;

/// A bucket and its settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub account: AccountId,
    /// Where it lies.
    pub region: Region,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// The bucket policy's JSON.
    pub policy: Option<String>,
    /// Block Public Access; absent after DeletePublicAccessBlock.
    pub public_access_block: Option<PublicBlock>,
    /// How objects are sealed when a request does not say.
    pub encryption: BucketDefault,
    /// Who owns new objects.
    pub ownership: Ownership,
    /// Whether that was ever said; see DeleteBucketOwnershipControls.
    pub has_ownership_controls: bool,
    /// Tags; none is different from an empty set (NoSuchTagSet).
    pub tags: Option<BTreeMap<String, String>>,
    /// Whether writes make versions.
    #[serde(default)]
    pub versioning: Versioning,
    /// Object Lock, once it is turned on.
    #[serde(default)]
    pub object_lock: Option<BucketLock>,
    /// Lifecycle rules.
    #[serde(default)]
    pub lifecycle: Option<lifecycle::Configuration>,
    /// Cross-origin rules; none without a configuration.
    #[serde(default)]
    pub cors: Vec<cors::Rule>,
    /// Its access control list; empty when it is the owner's alone.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Block Public Access of its account. Not a part of the record.
    #[serde(skip)]
    pub account_block: PublicBlock,
    /// Whether EventBridge is to hear of its objects.
    #[serde(default)]
    pub event_bridge: bool,
    /// The access point that the request came through. Not a part of the record.
    #[serde(skip)]
    pub via: Option<AccessPoint>,
}

/// Block Public Access of an account.
#[derive(Serialize, Deserialize)]
struct AccountBlock {
    block: PublicBlock,
}

/// Says that an account owns a bucket.
#[derive(Serialize, Deserialize)]
struct Owned {}

/// An object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Object {
    /// The account that owns it; see [`Ownership`].
    pub owner: AccountId,
    /// Its access control list; empty when it is the owner's alone.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// When it was written, in seconds since 1970.
    pub modified: i64,
    /// The entity tag, without quotes.
    pub etag: String,
    /// Plain bytes.
    pub bytes: u64,
    /// Its bytes, in order.
    pub pieces: Vec<Piece>,
    /// Whether it was uploaded in parts.
    pub multipart: bool,
    /// Its data key, wrapped.
    pub sealing: Sealing,
    /// The checksum that the client asked for.
    pub checksum: Option<Sum>,
    /// What the client says of the content.
    pub headers: Headers,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Absent for the version `null`. [`versions::write`] sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Orders the versions of a key. [`versions::write`] sets it.
    #[serde(default)]
    pub stamp: u64,
    /// What keeps it from being deleted.
    #[serde(default)]
    pub lock: Lock,
}

/// One blob of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Piece {
    /// The blob.
    pub blob: BlobId,
    /// Its plain bytes.
    pub bytes: u64,
    /// The part's number, 1 for an object in one piece.
    pub part: u32,
    /// The part's own checksum, base64, of the object's algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// A multipart upload in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MultipartUpload {
    /// Its id.
    pub id: String,
    /// The object's key.
    pub key: String,
    /// When it began, in seconds since 1970.
    pub initiated: i64,
    /// ARN of who began it.
    pub initiator: String,
    /// Who will own the object.
    pub owner: AccountId,
    /// The object's access control list.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// The data key of all parts, wrapped.
    pub sealing: Sealing,
    /// Algorithm of the checksums, such as `CRC32`.
    pub checksum_algorithm: Option<String>,
    /// `COMPOSITE` or `FULL_OBJECT`.
    pub checksum_type: Option<String>,
    /// What the client says of the content.
    pub headers: Headers,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The lock that was asked for.
    #[serde(default)]
    pub lock: Lock,
}

/// An uploaded part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    /// 1 to 10,000.
    pub number: u32,
    /// The blob.
    pub blob: BlobId,
    /// Plain bytes.
    pub bytes: u64,
    /// The entity tag, without quotes.
    pub etag: String,
    /// When it was uploaded, in seconds since 1970.
    pub modified: i64,
    /// Its checksum.
    pub checksum: Option<Sum>,
}

impl Record for Bucket {}
impl Record for Owned {}
impl Record for AccountBlock {}
impl Record for Object {}
impl Record for MultipartUpload {}
impl Record for Part {}

fn object_key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

fn upload_key(bucket: &str, key: &str, id: &str) -> String {
    object_key(bucket, &upload_position(key, Some(id)))
}

/// Where an upload lies in the order of all uploads of a bucket; without an id, behind all of the
/// key's: ids are ASCII.
pub(super) fn upload_position(key: &str, id: Option<&str>) -> String {
    format!("{key}\0{}", id.unwrap_or("\u{7f}"))
}

fn part_key(upload: &str, number: u32) -> String {
    format!("{upload}/{number:05}")
}

/// The bucket of this name.
///
/// # Errors
/// `NoSuchBucket`.
pub(super) fn bucket(cx: &Cx, name: &str) -> Result<Bucket, Fault> {
    find_bucket(cx, name)?.ok_or_else(|| faults::no_such_bucket(name))
}

/// The bucket of this name, or behind the access point of this name, if there is one.
pub(super) fn find_bucket(cx: &Cx, name: &str) -> Result<Option<Bucket>, Fault> {
    let found = match cx.get(&BUCKETS, name)? {
        Some(bucket) => Some(bucket),
        None => match access_points::resolve(cx, name)? {
            None => None,
            Some(point) => {
                let bucket: Option<Bucket> = cx.get(&BUCKETS, &point.bucket)?;
                bucket.map(|bucket| Bucket { via: Some(point), ..bucket })
            }
        },
    };
    let Some(mut bucket) = found else { return Ok(None) };
    bucket.account_block = account_block(cx, &bucket.account)?.unwrap_or_default();
    Ok(Some(bucket))
}

/// Block Public Access of an account.
pub(super) fn account_block(cx: &Cx, account: &AccountId) -> Result<Option<PublicBlock>, Fault> {
    Ok(cx.get(&ACCOUNT_BLOCKS, account.as_str())?.map(|AccountBlock { block }| block))
}

/// Sets it, or takes it away.
pub(super) fn put_account_block(
    cx: &mut Cx,
    account: &AccountId,
    block: Option<PublicBlock>,
) -> Result<(), Fault> {
    match block {
        Some(block) => cx.put(&ACCOUNT_BLOCKS, account.as_str(), &AccountBlock { block }),
        None => cx.delete(&ACCOUNT_BLOCKS, account.as_str()).map(drop),
    }
}

/// Writes a bucket.
pub(super) fn put_bucket(cx: &mut Cx, bucket: &Bucket) -> Result<(), Fault> {
    cx.put(&OWNED, &format!("{}/{}", bucket.account, bucket.name), &Owned {})?;
    cx.put(&BUCKETS, &bucket.name, bucket)
}

/// Removes an empty bucket with its unfinished uploads.
///
/// # Errors
/// `BucketNotEmpty`.
pub(super) fn delete_bucket(cx: &mut Cx, bucket: &Bucket) -> Result<(), Fault> {
    if !versions::is_empty(cx, &bucket.name)? {
        let text = match bucket.versioning {
            Versioning::Off => "The bucket you tried to delete is not empty",
            _ => {
                "The bucket you tried to delete is not empty. You must delete all versions in the \
                 bucket."
            }
        };
        return Err(Fault::new("BucketNotEmpty", text)
            .status(409)
            .with("BucketName", &bucket.name));
    }
    let (account, region) = (&bucket.account, &bucket.region);
    if !access_points::list(cx, account, region, None, Some(&bucket.name))?.is_empty() {
        let text = "The bucket you tried to delete has access points attached. Delete your \
                    access points and try again.";
        return Err(Fault::new("BucketHasAccessPointsAttached", text)
            .status(400)
            .with("BucketName", &bucket.name));
    }
    loop {
        let uploads = uploads(cx, &bucket.name, "", None, BATCH)?;
        if uploads.is_empty() {
            break;
        }
        for upload in uploads {
            delete_upload(cx, &bucket.name, &upload, &HashSet::new())?;
        }
    }
    cx.delete(&OWNED, &format!("{}/{}", bucket.account, bucket.name))?;
    cx.delete(&BUCKETS, &bucket.name)?;
    Ok(())
}

/// Up to `limit` buckets of an account in order of their names.
pub(super) fn buckets_of(
    cx: &Cx,
    account: &AccountId,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Bucket>, Fault> {
    let after = after.map(|after| format!("{account}/{after}"));
    let owned = cx.scan(&OWNED, &format!("{account}/{prefix}"), after.as_deref(), limit)?;
    let names = owned.iter().filter_map(|(key, _)| key.split_once('/'));
    names.map(|(_, name)| bucket(cx, name)).collect()
}

/// The object under a key, if its latest version is one.
pub(super) fn find_object(cx: &Cx, bucket: &str, key: &str) -> Result<Option<Object>, Fault> {
    cx.get(&OBJECTS, &object_key(bucket, key))
}

/// Up to `limit` objects whose keys begin with `prefix` and come after `after`, with their keys.
pub(super) fn objects(
    cx: &Cx,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, Object)>, Fault> {
    let after = after.map(|after| object_key(bucket, after));
    let found = cx.scan(&OBJECTS, &object_key(bucket, prefix), after.as_deref(), limit)?;
    let stem = bucket.len() + 1;
    Ok(found.into_iter().map(|(key, object)| (tail(&key, stem), object)).collect())
}

fn tail(key: &str, stem: usize) -> String {
    key.get(stem..).unwrap_or_default().to_owned()
}

/// The upload with this id for this key.
///
/// # Errors
/// `NoSuchUpload`.
pub(super) fn upload(cx: &Cx, bucket: &str, key: &str, id: &str) -> Result<MultipartUpload, Fault> {
    cx.get(&UPLOADS, &upload_key(bucket, key, id))?.ok_or_else(|| faults::no_such_upload(id))
}

/// Writes an upload.
pub(super) fn put_upload(cx: &mut Cx, bucket: &str, upload: &MultipartUpload) -> Result<(), Fault> {
    cx.put(&UPLOADS, &upload_key(bucket, &upload.key, &upload.id), upload)
}

/// Removes an upload and its parts; blobs not in `kept` go.
pub(super) fn delete_upload(
    cx: &mut Cx,
    bucket: &str,
    upload: &MultipartUpload,
    kept: &HashSet<BlobId>,
) -> Result<(), Fault> {
    cx.delete(&UPLOADS, &upload_key(bucket, &upload.key, &upload.id))?;
    for part in all_parts(cx, &upload.id)? {
        cx.delete(&PARTS, &part_key(&upload.id, part.number))?;
        if !kept.contains(&part.blob) {
            cx.delete_blob_after_commit(part.blob);
        }
    }
    Ok(())
}

/// Up to `limit` uploads whose keys begin with `prefix`, after an [`upload_position`].
pub(super) fn uploads(
    cx: &Cx,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<MultipartUpload>, Fault> {
    let after = after.map(|after| object_key(bucket, after));
    let found = cx.scan(&UPLOADS, &object_key(bucket, prefix), after.as_deref(), limit)?;
    Ok(found.into_iter().map(|(_, upload)| upload).collect())
}

/// One part.
pub(super) fn find_part(cx: &Cx, upload: &str, number: u32) -> Result<Option<Part>, Fault> {
    cx.get(&PARTS, &part_key(upload, number))
}

/// Writes a part; the bytes of one with the same number go.
pub(super) fn put_part(cx: &mut Cx, upload: &str, part: &Part) -> Result<(), Fault> {
    let old = find_part(cx, upload, part.number)?;
    cx.put(&PARTS, &part_key(upload, part.number), part)?;
    old.into_iter().for_each(|old| cx.delete_blob_after_commit(old.blob));
    Ok(())
}

/// Up to `limit` parts with numbers above `after`.
pub(super) fn parts(cx: &Cx, upload: &str, after: u32, limit: usize) -> Result<Vec<Part>, Fault> {
    let after = part_key(upload, after);
    let found = cx.scan(&PARTS, &format!("{upload}/"), Some(&after), limit)?;
    Ok(found.into_iter().map(|(_, part)| part).collect())
}

/// Every part of an upload, at most 10,000.
pub(super) fn all_parts(cx: &Cx, upload: &str) -> Result<Vec<Part>, Fault> {
    parts(cx, upload, 0, usize::MAX)
}

/// Every blob of a file of its own that an object or a part refers to, for the store's sweep at the start
/// ([`store::Blobs::sweep`]).
///
/// # Errors
/// When the state cannot be read: then nothing may be swept.
pub fn referenced_blobs(cx: &Cx) -> Result<HashSet<BlobId>, Fault> {
    let mut blobs = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let batch = cx.scan(&OBJECTS, "", after.as_deref(), BATCH)?;
        let Some((last, _)) = batch.last() else { break };
        after = Some(last.clone());
        let pieces = batch.into_iter().flat_map(|(_, object)| object.pieces);
        blobs.extend(pieces.map(|piece| piece.blob).filter(BlobId::is_file));
    }
    versions::referenced(cx, &mut blobs)?;
    after = None;
    loop {
        let batch = cx.scan(&PARTS, "", after.as_deref(), BATCH)?;
        let Some((last, _)) = batch.last() else { break };
        after = Some(last.clone());
        blobs.extend(batch.into_iter().map(|(_, part)| part.blob).filter(BlobId::is_file));
    }
    Ok(blobs)
}
