//! ListObjects, ListObjectsV2 and ListObjectVersions ("Listing object keys", S3 User Guide).
//!
//! All three show one walk over the keys, see [`walk`](super::walk).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::conditions::quoted;
use super::faults;
use super::ownership;
use super::state::versions::{self, NULL, Placed, Stored};
use super::state::{self, Object};
use super::walk::{Entry, Page, Walk, encoded};

/// What the three operations share.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    #[serde(flatten)]
    bucket: BucketInput,
    prefix: Option<String>,
    delimiter: Option<String>,
    encoding_type: Option<String>,
    max_keys: Option<i64>,
    /// ListObjects.
    marker: Option<String>,
    /// ListObjectsV2.
    continuation_token: Option<String>,
    start_after: Option<String>,
    fetch_owner: Option<bool>,
    /// ListObjectVersions.
    key_marker: Option<String>,
    version_id_marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    name: String,
    prefix: String,
    delimiter: Option<String>,
    encoding_type: Option<String>,
    max_keys: usize,
    is_truncated: bool,
    contents: Option<Vec<Value>>,
    versions: Option<Vec<Value>>,
    delete_markers: Option<Vec<Value>>,
    common_prefixes: Vec<Value>,
    marker: Option<String>,
    next_marker: Option<String>,
    key_count: Option<usize>,
    start_after: Option<String>,
    continuation_token: Option<String>,
    next_continuation_token: Option<String>,
    key_marker: Option<String>,
    version_id_marker: Option<String>,
    next_key_marker: Option<String>,
    next_version_id_marker: Option<String>,
}

pub(super) fn access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    access_to(cx, input, "s3:ListBucket")
}

pub(super) fn versions_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    access_to(cx, input, "s3:ListBucketVersions")
}

fn access_to(cx: &Cx, input: &ListInput, action: &str) -> Result<Access, Fault> {
    let owner = input.bucket.expected_bucket_owner.as_deref();
    let bucket = access::open(cx, &input.bucket.bucket, owner)?;
    let check = access::check_bucket(cx, &bucket, action)
        .with_some("s3:prefix", input.prefix.clone())
        .with_some("s3:delimiter", input.delimiter.clone())
        .with_some("s3:max-keys", input.max_keys.map(|max| max.to_string()));
    Ok(Access::to(check))
}

impl ListInput {
    fn walk<'a>(&'a self, after: Option<&'a str>) -> Result<Walk<'a>, Fault> {
        if self.encoding_type.as_deref().is_some_and(|kind| kind != "url") {
            let text = "Invalid Encoding Method specified in Request";
            let value = self.encoding_type.as_deref().unwrap_or_default();
            return Err(faults::invalid_argument(text, "encoding-type", value));
        }
        Ok(Walk {
            prefix: self.prefix.as_deref().unwrap_or_default(),
            delimiter: self.delimiter.as_deref().filter(|d| !d.is_empty()),
            after: after.filter(|after| !after.is_empty()),
            resume: None,
            max: max_keys(self.max_keys)?,
        })
    }

    fn objects(&self, cx: &Cx, after: Option<&str>) -> Result<(usize, Page<Object>), Fault> {
        let bucket = state::bucket(cx, &self.bucket.bucket)?;
        let walk = self.walk(after)?;
        let page = walk.page(|after, limit| {
            let found = state::objects(cx, &bucket.name, walk.prefix, after, limit)?;
            let entry = |(key, item): (String, Object)| Entry { position: key.clone(), key, item };
            Ok(found.into_iter().map(entry).collect())
        })?;
        Ok((walk.max, page))
    }

    /// Where a listing of versions goes on: behind the version of the markers, or behind all
    /// versions of the key marker.
    fn resume(&self, cx: &Cx, bucket: &str, key: Option<&str>) -> Result<Option<String>, Fault> {
        let version_id = self.version_id_marker.as_deref().filter(|id| !id.is_empty());
        match (key, version_id) {
            (Some(key), Some(id)) => Ok(Some(versions::place(cx, bucket, key, id)?)),
            (Some(key), None) => Ok(Some(versions::behind(key))),
            (None, Some(_)) => {
                let text = "A version-id marker cannot be specified without a key marker.";
                Err(faults::invalid_argument(text, "version-id-marker", ""))
            }
            (None, None) => Ok(None),
        }
    }

    fn encoded(&self, text: &str) -> String {
        encoded(self.encoding_type.as_deref(), text)
    }

    fn listed<T>(&self, max_keys: usize, page: &Page<T>) -> Listed {
        let prefixes = page.prefixes.iter().map(|p| json!({ "Prefix": self.encoded(p) }));
        Listed {
            name: self.bucket.bucket.clone(),
            prefix: self.encoded(self.prefix.as_deref().unwrap_or_default()),
            delimiter: self.delimiter.as_deref().map(|d| self.encoded(d)),
            encoding_type: self.encoding_type.clone(),
            max_keys,
            is_truncated: page.is_truncated,
            contents: None,
            versions: None,
            delete_markers: None,
            common_prefixes: prefixes.collect(),
            marker: None,
            next_marker: None,
            key_count: None,
            start_after: None,
            continuation_token: None,
            next_continuation_token: None,
            key_marker: None,
            version_id_marker: None,
            next_key_marker: None,
            next_version_id_marker: None,
        }
    }

    fn entries(&self, page: &Page<Object>, with_owner: bool) -> Vec<Value> {
        page.items.iter().map(|(key, object)| self.entry(key, object, with_owner, None)).collect()
    }

    /// An object as a listing shows it; `is_latest` is said of versions only.
    fn entry(&self, key: &str, object: &Object, owner: bool, is_latest: Option<bool>) -> Value {
        let checksum = object.checksum.as_ref();
        let version_id = object.version_id.as_deref().unwrap_or(NULL);
        json!({
            "Key": self.encoded(key),
            "LastModified": object.modified,
            "VersionId": is_latest.map(|_| version_id),
            "IsLatest": is_latest,
            "ETag": quoted(&object.etag),
            "Size": object.bytes,
            "StorageClass": object.headers.class(),
            "Owner": owner.then(|| ownership::owner(&object.owner)),
            "ChecksumAlgorithm": checksum.map(|sum| [&sum.algorithm]),
            "ChecksumType": checksum.map(|sum| &sum.kind),
        })
    }
}

/// `max-keys`, at most 1,000.
pub(super) fn max_keys(asked: Option<i64>) -> Result<usize, Fault> {
    let asked = asked.unwrap_or(1_000);
    match usize::try_from(asked) {
        Ok(max) => Ok(max.min(1_000)),
        Err(_) => {
            let text = "Argument maxKeys must be an integer between 0 and 2147483647";
            Err(faults::invalid_argument(text, "maxKeys", &asked.to_string()))
        }
    }
}

/// ListObjects. The next marker is given with a delimiter only; else it is the last key.
pub(super) fn v1(cx: &Cx, input: ListInput) -> Result<Listed, Fault> {
    let (max, page) = input.objects(cx, input.marker.as_deref())?;
    let next = page.last.as_deref().filter(|_| page.is_truncated && input.delimiter.is_some());
    Ok(Listed {
        contents: Some(input.entries(&page, true)),
        marker: Some(input.encoded(input.marker.as_deref().unwrap_or_default())),
        next_marker: next.map(|next| input.encoded(next)),
        ..input.listed(max, &page)
    })
}

/// ListObjectsV2.
pub(super) fn v2(cx: &Cx, input: ListInput) -> Result<Listed, Fault> {
    let resumed = input.continuation_token.as_deref().map(from_token).transpose()?;
    let after = resumed.as_deref().or(input.start_after.as_deref());
    let (max, page) = input.objects(cx, after)?;
    Ok(Listed {
        contents: Some(input.entries(&page, input.fetch_owner == Some(true))),
        key_count: Some(page.items.len() + page.prefixes.len()),
        start_after: input.start_after.as_deref().map(|start| input.encoded(start)),
        continuation_token: input.continuation_token.clone(),
        next_continuation_token: page.last.as_deref().filter(|_| page.is_truncated).map(to_token),
        ..input.listed(max, &page)
    })
}

/// ListObjectVersions: a key's versions and delete markers, the newest first.
pub(super) fn versions(cx: &Cx, input: ListInput) -> Result<Listed, Fault> {
    let bucket = state::bucket(cx, &input.bucket.bucket)?;
    let mut walk = input.walk(input.key_marker.as_deref())?;
    walk.resume = input.resume(cx, &bucket.name, walk.after)?;
    let page = walk.page(|after, limit| {
        let found = versions::all(cx, &bucket.name, walk.prefix, after, limit)?;
        let entry =
            |item: Placed| Entry { key: item.key.clone(), position: item.position.clone(), item };
        Ok(found.into_iter().map(entry).collect())
    })?;
    let (mut shown, mut markers) = (Vec::new(), Vec::new());
    for (key, placed) in &page.items {
        match &placed.stored {
            Stored::Object(object) => {
                shown.push(input.entry(key, object, true, Some(placed.is_current)));
            }
            Stored::Marker(marker) => {
                let latest = versions::latest(cx, &bucket.name, key)?;
                let is_latest = latest.is_some_and(|l| l.is_marker() && l.is_same(&placed.stored));
                markers.push(json!({
                    "Key": input.encoded(key),
                    "VersionId": marker.version_id.as_deref().unwrap_or(NULL),
                    "IsLatest": is_latest,
                    "LastModified": marker.modified,
                    "Owner": ownership::owner(&marker.owner),
                }));
            }
        }
    }
    let next = page.last.as_deref().filter(|_| page.is_truncated);
    let last = page.last_item().filter(|_| page.is_truncated);
    Ok(Listed {
        versions: Some(shown),
        delete_markers: Some(markers),
        key_marker: Some(input.encoded(input.key_marker.as_deref().unwrap_or_default())),
        version_id_marker: Some(input.version_id_marker.clone().unwrap_or_default()),
        next_key_marker: next.map(|next| input.encoded(next)),
        next_version_id_marker: last
            .map(|placed| placed.stored.version_id().unwrap_or(NULL).to_owned()),
        ..input.listed(walk.max, &page)
    })
}

/// The token is opaque to clients: the last key or common prefix shown.
fn to_token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("1{last}"))
}

fn from_token(token: &str) -> Result<String, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.strip_prefix('1').map(str::to_owned)).ok_or_else(|| {
        let text = "The continuation token provided is incorrect";
        faults::invalid_argument(text, "continuation-token", token)
    })
}
