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
use super::state::Object;
use super::walk::{Page, Walk, encoded};

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
    common_prefixes: Vec<Value>,
    marker: Option<String>,
    next_marker: Option<String>,
    key_count: Option<usize>,
    start_after: Option<String>,
    continuation_token: Option<String>,
    next_continuation_token: Option<String>,
    key_marker: Option<String>,
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
    let check = access::check_bucket(&bucket, action)
        .with_some("s3:prefix", input.prefix.clone())
        .with_some("s3:delimiter", input.delimiter.clone())
        .with_some("s3:max-keys", input.max_keys.map(|max| max.to_string()));
    Ok(Access::to(check))
}

impl ListInput {
    fn walk(&self, cx: &Cx, after: Option<&str>) -> Result<(usize, Page), Fault> {
        if self.encoding_type.as_deref().is_some_and(|kind| kind != "url") {
            let text = "Invalid Encoding Method specified in Request";
            let value = self.encoding_type.as_deref().unwrap_or_default();
            return Err(faults::invalid_argument(text, "encoding-type", value));
        }
        let max = max_keys(self.max_keys)?;
        let walk = Walk {
            prefix: self.prefix.as_deref().unwrap_or_default(),
            delimiter: self.delimiter.as_deref().filter(|d| !d.is_empty()),
            after: after.filter(|after| !after.is_empty()),
            max,
        };
        Ok((max, walk.page(cx, &self.bucket.bucket)?))
    }

    fn encoded(&self, text: &str) -> String {
        encoded(self.encoding_type.as_deref(), text)
    }

    fn listed(&self, max_keys: usize, page: &Page) -> Listed {
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
            common_prefixes: prefixes.collect(),
            marker: None,
            next_marker: None,
            key_count: None,
            start_after: None,
            continuation_token: None,
            next_continuation_token: None,
            key_marker: None,
            next_key_marker: None,
            next_version_id_marker: None,
        }
    }

    fn entries(&self, page: &Page, with_owner: bool) -> Vec<Value> {
        page.objects.iter().map(|(key, object)| self.entry(key, object, with_owner)).collect()
    }

    fn entry(&self, key: &str, object: &Object, with_owner: bool) -> Value {
        let checksum = object.checksum.as_ref();
        json!({
            "Key": self.encoded(key),
            "LastModified": object.modified,
            "ETag": quoted(&object.etag),
            "Size": object.bytes,
            "StorageClass": object.headers.class(),
            "Owner": with_owner.then(|| ownership::owner(&object.owner)),
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
    let (max, page) = input.walk(cx, input.marker.as_deref())?;
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
    let (max, page) = input.walk(cx, after)?;
    Ok(Listed {
        contents: Some(input.entries(&page, input.fetch_owner == Some(true))),
        key_count: Some(page.objects.len() + page.prefixes.len()),
        start_after: input.start_after.as_deref().map(|start| input.encoded(start)),
        continuation_token: input.continuation_token.clone(),
        next_continuation_token: page.last.as_deref().filter(|_| page.is_truncated).map(to_token),
        ..input.listed(max, &page)
    })
}

/// ListObjectVersions: without versioning every object is its own version `null`.
pub(super) fn versions(cx: &Cx, input: ListInput) -> Result<Listed, Fault> {
    let (max, page) = input.walk(cx, input.key_marker.as_deref())?;
    let mut versions = input.entries(&page, true);
    for members in versions.iter_mut().filter_map(Value::as_object_mut) {
        members.insert("VersionId".to_owned(), "null".into());
        members.insert("IsLatest".to_owned(), true.into());
    }
    let next = page.last.as_deref().filter(|_| page.is_truncated);
    Ok(Listed {
        versions: Some(versions),
        key_marker: Some(input.encoded(input.key_marker.as_deref().unwrap_or_default())),
        next_key_marker: next.map(|next| input.encoded(next)),
        next_version_id_marker: next.map(|_| "null".to_owned()),
        ..input.listed(max, &page)
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
