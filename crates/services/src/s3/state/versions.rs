//! The versions of a key: which is the latest, what a write or a delete makes of them
//! ("How S3 Versioning works", S3 User Guide).
//!
//! The table of objects holds a key's latest version unless that is a delete marker; this table
//! holds everything else, the newest first. So what lists and reads current objects never sees a
//! version it does not want. INVARIANT: while the table of objects has no entry for a key, the
//! newest entry here is a delete marker.
//!
//! A version's stamp orders the versions of its key; the version id ends with it, so that a
//! version is found without a search. The version `null` is the exception: there is at most one,
//! and it is looked for.
//!
//! Start reading at [`write`] and [`find`].

use gateway::{Cx, Fault};
use names::AccountId;
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::{BATCH, Bucket, OBJECTS, Object, find_object, object_key};
use crate::s3::faults;

/// `bucket/key NUL` and sixteen digits that fall as the stamp rises.
const VERSIONS: Table<Stored> = Table::new("s3.versions");

/// Digits of a stamp.
const STAMP_DIGITS: usize = 16;
/// Characters of a version id; AWS says only that it is opaque and at most 1,024 bytes.
const ID_CHARACTERS: usize = 32;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
/// Stamps are milliseconds with this many bits behind them for versions of the same millisecond.
const TIE_BITS: u32 = 16;

/// The version id of what was written without versioning.
pub(in crate::s3) const NULL: &str = "null";

/// A bucket's versioning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) enum Versioning {
    /// It was never turned on.
    #[default]
    Off,
    /// Every write makes a version.
    Enabled,
    /// Every write replaces the version `null`.
    Suspended,
}

/// What a plain delete leaves in a bucket with versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::s3) struct Marker {
    /// Absent for the version `null`.
    pub version_id: Option<String>,
    /// See the module's documentation.
    pub stamp: u64,
    /// When it was made, in seconds since 1970.
    pub modified: i64,
    /// Who deleted.
    pub owner: AccountId,
}

/// A version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::s3) enum Stored {
    /// An object.
    Object(Box<Object>),
    /// A delete marker.
    Marker(Marker),
}

impl Record for Stored {}

impl Stored {
    /// The version id, absent for `null`.
    pub(in crate::s3) fn version_id(&self) -> Option<&str> {
        match self {
            Self::Object(object) => object.version_id.as_deref(),
            Self::Marker(marker) => marker.version_id.as_deref(),
        }
    }

    /// When it was made, in seconds since 1970.
    pub(in crate::s3) fn modified(&self) -> i64 {
        match self {
            Self::Object(object) => object.modified,
            Self::Marker(marker) => marker.modified,
        }
    }

    /// Whether both are the same version of their key.
    pub(in crate::s3) fn is_same(&self, other: &Self) -> bool {
        self.stamp() == other.stamp()
    }

    /// Whether it is a delete marker.
    pub(in crate::s3) fn is_marker(&self) -> bool {
        matches!(self, Self::Marker(_))
    }

    fn stamp(&self) -> u64 {
        match self {
            Self::Object(object) => object.stamp,
            Self::Marker(marker) => marker.stamp,
        }
    }
}

impl Bucket {
    /// The version id as answers show it: none in a bucket that never had versions.
    pub(in crate::s3) fn shown(&self, version_id: Option<&str>) -> Option<String> {
        match self.versioning {
            Versioning::Off => version_id.map(str::to_owned),
            _ => Some(version_id.unwrap_or(NULL).to_owned()),
        }
    }
}

impl Bucket {
    /// When the bucket's rules let a current object expire, as answers say it.
    pub(in crate::s3) fn expiration(&self, key: &str, object: &Object) -> Option<String> {
        self.lifecycle.as_ref()?.told(key, object)
    }
}

fn digits(stamp: u64) -> String {
    format!("{:016x}", u64::MAX - stamp)
}

/// Where a version lies in the order of all versions of a bucket: by key, then the newest first.
pub(in crate::s3) fn position(key: &str, stamp: Option<u64>) -> String {
    format!("{key}\0{}", stamp.map(digits).unwrap_or_default())
}

/// A place behind all versions of a key.
pub(in crate::s3) fn behind(key: &str) -> String {
    format!("{key}\0~")
}

fn version_key(bucket: &str, key: &str, stamp: u64) -> String {
    object_key(bucket, &position(key, Some(stamp)))
}

/// The stamp at the end of a version id.
fn stamp_of(version_id: &str) -> Option<u64> {
    let stamp = version_id.get(ID_CHARACTERS - STAMP_DIGITS..)?;
    let whole = version_id.len() == ID_CHARACTERS && stamp.len() == STAMP_DIGITS;
    u64::from_str_radix(stamp, 16).ok().filter(|_| whole)
}

/// Up to `limit` of a key's versions that lie in this table, the newest first, after a stamp.
pub(in crate::s3) fn older(
    cx: &Cx,
    bucket: &str,
    key: &str,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<Stored>, Fault> {
    let prefix = object_key(bucket, &position(key, None));
    let after = after.map(|stamp| version_key(bucket, key, stamp));
    let found = cx.scan(&VERSIONS, &prefix, after.as_deref(), limit)?;
    Ok(found.into_iter().map(|(_, stored)| stored).collect())
}

/// The latest version of a key, delete marker or object.
pub(in crate::s3) fn latest(cx: &Cx, bucket: &str, key: &str) -> Result<Option<Stored>, Fault> {
    match find_object(cx, bucket, key)? {
        Some(object) => Ok(Some(Stored::Object(Box::new(object)))),
        None => Ok(older(cx, bucket, key, None, 1)?.pop()),
    }
}

/// One version of a key.
pub(in crate::s3) fn find(
    cx: &Cx,
    bucket: &str,
    key: &str,
    version_id: &str,
) -> Result<Option<Stored>, Fault> {
    let wanted = Some(version_id).filter(|id| *id != NULL);
    if let Some(current) = find_object(cx, bucket, key)?
        && current.version_id.as_deref() == wanted
    {
        return Ok(Some(Stored::Object(Box::new(current))));
    }
    let Some(id) = wanted else { return find_null(cx, bucket, key) };
    let Some(stamp) = stamp_of(id) else { return Ok(None) };
    let found = cx.get(&VERSIONS, &version_key(bucket, key, stamp))?;
    Ok(found.filter(|stored| stored.version_id() == Some(id)))
}

fn find_null(cx: &Cx, bucket: &str, key: &str) -> Result<Option<Stored>, Fault> {
    let mut after = None;
    loop {
        let batch = older(cx, bucket, key, after, BATCH)?;
        let Some(last) = batch.last() else { return Ok(None) };
        after = Some(last.stamp());
        if let Some(null) = batch.into_iter().find(|stored| stored.version_id().is_none()) {
            return Ok(Some(null));
        }
    }
}

/// The object that a request means: a version by its id, else the latest.
///
/// # Errors
/// `NoSuchKey`, `NoSuchVersion`, `InvalidArgument` for what is no version id, and
/// `MethodNotAllowed` for a delete marker by its id, and for any that is to be changed.
pub(in crate::s3) fn object(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    version_id: Option<&str>,
    method: &str,
) -> Result<Object, Fault> {
    let found = match version_id {
        Some(id) => find(cx, &bucket.name, key, id)?,
        None => latest(cx, &bucket.name, key)?,
    };
    match (found, version_id) {
        (Some(Stored::Object(object)), _) => Ok(*object),
        (Some(Stored::Marker(marker)), None) if method == "GET" => {
            Err(of_marker(bucket, &marker, faults::no_such_key(key)))
        }
        (Some(Stored::Marker(marker)), _) => {
            Err(of_marker(bucket, &marker, faults::is_delete_marker(method)))
        }
        (None, Some(id)) => Err(absent(key, id)),
        (None, None) => Err(faults::no_such_key(key)),
    }
}

/// A fault with the headers that tell of a delete marker.
fn of_marker(bucket: &Bucket, marker: &Marker, fault: Fault) -> Fault {
    let shown = bucket.shown(marker.version_id.as_deref());
    let id = shown.unwrap_or_else(|| NULL.to_owned());
    fault.with("x-amz-delete-marker", "true").with("x-amz-version-id", id)
}

/// A version that is not there, or could not be.
pub(in crate::s3) fn absent(key: &str, version_id: &str) -> Fault {
    if version_id != NULL && stamp_of(version_id).is_none() {
        let text = "Invalid version id specified";
        return faults::invalid_argument(text, "versionId", version_id);
    }
    Fault::new("NoSuchVersion", "The specified version does not exist.")
        .status(404)
        .with("Key", key)
        .with("VersionId", version_id)
}

/// Writes a new object, as the bucket's versioning says; answers it with its version id.
pub(in crate::s3) fn write(
    cx: &mut Cx,
    bucket: &Bucket,
    key: &str,
    mut object: Object,
) -> Result<Object, Fault> {
    if bucket.versioning == Versioning::Off {
        // The new record takes the old one's place.
        let replaced = find_object(cx, &bucket.name, key)?;
        object.stamp = stamp_after(cx, replaced.as_ref().map(|replaced| replaced.stamp));
        drop_bytes(cx, replaced);
    } else {
        (object.stamp, object.version_id) = make_room(cx, bucket, key)?;
    }
    object.lock = object.lock.or_default(cx, bucket);
    cx.put(&OBJECTS, &object_key(&bucket.name, key), &object)?;
    Ok(object)
}

/// A delete that names no version: the bytes go, or a marker hides them. Answers the marker.
pub(in crate::s3) fn hide(
    cx: &mut Cx,
    bucket: &Bucket,
    key: &str,
) -> Result<Option<Marker>, Fault> {
    let (stamp, version_id) = make_room(cx, bucket, key)?;
    if bucket.versioning == Versioning::Off {
        return Ok(None);
    }
    let owner = cx.principal().account().unwrap_or(&bucket.account).clone();
    let marker = Marker { version_id, stamp, modified: cx.now().timestamp(), owner };
    let stored = Stored::Marker(marker.clone());
    cx.put(&VERSIONS, &version_key(&bucket.name, key, stamp), &stored)?;
    Ok(Some(marker))
}

/// Makes room for a new latest version; answers its stamp and id.
fn make_room(cx: &mut Cx, bucket: &Bucket, key: &str) -> Result<(u64, Option<String>), Fault> {
    let name = &bucket.name;
    let latest = match bucket.versioning {
        Versioning::Off => find_object(cx, name, key)?.map(|o| Stored::Object(Box::new(o))),
        _ => latest(cx, name, key)?,
    };
    let stamp = stamp_after(cx, latest.as_ref().map(Stored::stamp));
    let replaced = match bucket.versioning {
        Versioning::Off => latest.clone(),
        Versioning::Enabled => None,
        Versioning::Suspended => find(cx, name, key, NULL)?,
    };
    let replaces_latest =
        replaced.as_ref().map(Stored::stamp) == latest.as_ref().map(Stored::stamp);
    if let Some(replaced) = replaced {
        drop_stored(cx, name, key, replaced)?;
    }
    if let Some(retired @ Stored::Object(_)) = latest.filter(|_| !replaces_latest) {
        cx.put(&VERSIONS, &version_key(name, key, retired.stamp()), &retired)?;
        cx.delete(&OBJECTS, &object_key(name, key))?;
    }
    let id = || format!("{}{stamp:016x}", cx.world().text(ALPHABET, ID_CHARACTERS - STAMP_DIGITS));
    Ok((stamp, (bucket.versioning == Versioning::Enabled).then(id)))
}

/// Removes a version, with its bytes, from where it lies.
fn drop_stored(cx: &mut Cx, bucket: &str, key: &str, stored: Stored) -> Result<(), Fault> {
    // Of the two tables exactly one has it.
    let among_older = cx.delete(&VERSIONS, &version_key(bucket, key, stored.stamp()))?;
    if !among_older {
        cx.delete(&OBJECTS, &object_key(bucket, key))?;
    }
    if let Stored::Object(object) = stored {
        drop_bytes(cx, Some(*object));
    }
    Ok(())
}

/// The stamp of a version made now, above that of the latest.
fn stamp_after(cx: &Cx, latest: Option<u64>) -> u64 {
    let now = u64::try_from(cx.now().timestamp_millis()).unwrap_or_default() << TIE_BITS;
    now.max(latest.map_or(0, |latest| latest + 1))
}

fn drop_bytes(cx: &mut Cx, object: Option<Object>) {
    let pieces = object.into_iter().flat_map(|object| object.pieces);
    pieces.for_each(|piece| cx.delete_blob_after_commit(piece.blob));
}

/// Removes a version for good; the next older one becomes the latest if this was. Answers what
/// was removed.
pub(in crate::s3) fn remove(
    cx: &mut Cx,
    bucket: &str,
    key: &str,
    version_id: &str,
) -> Result<Option<Stored>, Fault> {
    let Some(stored) = find(cx, bucket, key, version_id)? else { return Ok(None) };
    drop_stored(cx, bucket, key, stored.clone())?;
    if find_object(cx, bucket, key)?.is_none()
        && let Some(Stored::Object(next)) = older(cx, bucket, key, None, 1)?.pop()
    {
        cx.delete(&VERSIONS, &version_key(bucket, key, next.stamp))?;
        cx.put(&OBJECTS, &object_key(bucket, key), next.as_ref())?;
    }
    Ok(Some(stored))
}

/// Writes a version again where it lies, with other tags, ACL, retention or storage class.
pub(in crate::s3) fn update(
    cx: &mut Cx,
    bucket: &str,
    key: &str,
    object: &Object,
) -> Result<(), Fault> {
    let current = find_object(cx, bucket, key)?;
    if current.is_some_and(|current| current.version_id == object.version_id) {
        return cx.put(&OBJECTS, &object_key(bucket, key), object);
    }
    let stored = Stored::Object(Box::new(object.clone()));
    cx.put(&VERSIONS, &version_key(bucket, key, object.stamp), &stored)
}

/// Whether nothing at all is left in a bucket.
pub(in crate::s3) fn is_empty(cx: &Cx, bucket: &str) -> Result<bool, Fault> {
    let prefix = object_key(bucket, "");
    Ok(cx.scan(&OBJECTS, &prefix, None, 1)?.is_empty()
        && cx.scan(&VERSIONS, &prefix, None, 1)?.is_empty())
}

/// A version with its key and its place in the order of [`position`].
pub(in crate::s3) struct Placed {
    /// The object's key.
    pub key: String,
    /// Where it lies.
    pub position: String,
    /// The version.
    pub stored: Stored,
    /// Whether it lies in the table of objects; then it is the latest.
    pub is_current: bool,
}

/// Up to `limit` versions of all keys that begin with `prefix`, in the order of [`position`].
pub(in crate::s3) fn all(
    cx: &Cx,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Placed>, Fault> {
    let whole = object_key(bucket, prefix);
    let stem = bucket.len() + 1;
    let after_object = after.map(|after| object_key(bucket, key_of(after)));
    let current = cx.scan(&OBJECTS, &whole, after_object.as_deref(), limit)?;
    let current = current.into_iter().map(|(name, object)| {
        let key = super::tail(&name, stem);
        let stored = Stored::Object(Box::new(object));
        Placed { position: position(&key, None), key, stored, is_current: true }
    });
    let after_version = after.map(|after| object_key(bucket, after));
    let older = cx.scan(&VERSIONS, &whole, after_version.as_deref(), limit)?;
    let older = older.into_iter().map(|(name, stored)| {
        let position = super::tail(&name, stem);
        Placed { key: key_of(&position).to_owned(), position, stored, is_current: false }
    });
    let mut placed: Vec<Placed> = current.chain(older).collect();
    placed.sort_by(|a, b| a.position.cmp(&b.position));
    // What lies behind the end of either batch may have neighbours that were not read.
    placed.truncate(limit);
    Ok(placed)
}

/// The key of a place, which is all of it when it names no version.
fn key_of(position: &str) -> &str {
    position.rsplit_once('\0').map_or(position, |(key, _)| key)
}

/// The place of a version that is or was there, from which a listing goes on.
///
/// # Errors
/// `InvalidArgument` for what is no version id.
pub(in crate::s3) fn place(
    cx: &Cx,
    bucket: &str,
    key: &str,
    version_id: &str,
) -> Result<String, Fault> {
    let current = find_object(cx, bucket, key)?;
    let wanted = Some(version_id).filter(|id| *id != NULL);
    if current.is_some_and(|current| current.version_id.as_deref() == wanted) {
        return Ok(position(key, None));
    }
    let stamp = match wanted {
        Some(id) => stamp_of(id),
        None => find_null(cx, bucket, key)?.map(|stored| stored.stamp()),
    };
    match stamp {
        Some(stamp) => Ok(position(key, Some(stamp))),
        None => {
            let text = "Invalid version id specified";
            Err(faults::invalid_argument(text, "version-id-marker", version_id))
        }
    }
}

/// Blobs of the versions in this table, for [`super::referenced_blobs`].
pub(super) fn referenced(
    cx: &Cx,
    blobs: &mut std::collections::HashSet<store::BlobId>,
) -> Result<(), Fault> {
    let mut after: Option<String> = None;
    loop {
        let batch = cx.scan(&VERSIONS, "", after.as_deref(), BATCH)?;
        let Some((last, _)) = batch.last() else { return Ok(()) };
        after = Some(last.clone());
        for (_, stored) in batch {
            if let Stored::Object(object) = stored {
                let pieces = object.pieces.into_iter();
                blobs.extend(pieces.map(|piece| piece.blob).filter(store::BlobId::is_file));
            }
        }
    }
}
