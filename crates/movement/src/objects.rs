//! The objects in the store: listing, reading, counting, hashing, deleting.
//!
//! Everything streams: no object is held whole but the manifest, and Parquet's few last bytes.

use ring::digest::{Context as Digest, SHA256};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::file::Form;
use crate::place::Account;
use crate::records::Counter;
use crate::trouble::{Result, Trouble};
use crate::work::Work;

/// The largest manifest that is read: some 100 bytes a file, and a file is at least megabytes.
const MANIFEST_LIMIT: usize = 64 * 1024 * 1024;

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    pub key: String,
    pub bytes: u64,
    /// Epoch seconds.
    pub modified: f64,
    /// Changes with the object's content.
    pub etag: String,
}

/// Every object under a prefix of the bucket.
pub(crate) async fn list(work: &Work<'_>, prefix: &str) -> Result<Vec<Listed>> {
    let bucket = work.movement.store.bucket();
    let mut objects = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut input = json!({ "Bucket": bucket, "Prefix": prefix });
        if let (Some(members), false) = (input.as_object_mut(), token.is_null()) {
            members.insert("ContinuationToken".into(), token);
        }
        let tried = format!("list s3://{bucket}/{prefix}");
        let answer = work.ask((Account::Store, 7), tried, ("s3", "ListObjectsV2"), input).await?;
        for object in answer.get("Contents").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
            objects.push(Listed {
                key: text("Key").to_owned(),
                etag: text("ETag").trim_matches('"').to_owned(),
                bytes: object.get("Size").and_then(Value::as_u64).unwrap_or_default(),
                modified: object.get("LastModified").and_then(Value::as_f64).unwrap_or_default(),
            });
        }
        token = answer.get("NextContinuationToken").cloned().unwrap_or_default();
        if token.is_null() {
            return Ok(objects);
        }
    }
}

/// Whether the bucket is there at all.
pub(crate) async fn bucket_exists(work: &Work<'_>) -> Result<bool> {
    let bucket = work.movement.store.bucket();
    match work.call(Account::Store, "s3", "HeadBucket", json!({ "Bucket": bucket })).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => {
            Err(work.refused(Account::Store, 7, format!("look at bucket {bucket}"), &error).await)
        }
    }
}

/// Deletes one object; one that is not there counts as deleted.
pub(crate) async fn delete(work: &Work<'_>, key: &str) -> Result<()> {
    let bucket = work.movement.store.bucket();
    let input = json!({ "Bucket": bucket, "Key": key });
    match work.call(Account::Store, "s3", "DeleteObject", input).await {
        Err(error) if !error.is_missing() => {
            let tried = format!("delete s3://{bucket}/{key}");
            Err(work.refused(Account::Store, 7, tried, &error).await)
        }
        _ => Ok(()),
    }
}

/// What reading an object through gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub bytes: u64,
    pub sha256: String,
    /// Records as the file itself has them; `None` when its form does not tell.
    pub records: Option<u64>,
}

/// Reads an object through: length, SHA-256, records.
pub(crate) async fn read(work: &Work<'_>, key: &str, form: &Form) -> Result<Read> {
    let mut digest = Digest::new(&SHA256);
    let mut counter = Counter::new(form);
    let mut sink = |part: &[u8]| {
        digest.update(part);
        counter.add(part);
    };
    let bytes = download(work, key, &mut sink).await?;
    let sha256 = hex::encode(digest.finish().as_ref());
    Ok(Read { bytes, sha256, records: counter.records() })
}

async fn download(work: &Work<'_>, key: &str, sink: &mut (dyn FnMut(&[u8]) + Send)) -> Result<u64> {
    let bucket = work.movement.store.bucket();
    match work.cx.api.download(&work.store, bucket, key, sink).await {
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            let tried = format!("read s3://{bucket}/{key}");
            Err(work.refused(Account::Store, 7, tried, &error).await)
        }
    }
}

/// A manifest of `MANIFEST VERBOSE` ("UNLOAD" in the Redshift Developer Guide).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Manifest {
    pub entries: Vec<ManifestEntry>,
    pub meta: Option<ManifestMeta>,
    /// SHA-256 of its bytes.
    #[serde(skip)]
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ManifestEntry {
    pub url: String,
    pub meta: Option<ManifestMeta>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct ManifestMeta {
    pub content_length: Option<u64>,
    pub record_count: Option<u64>,
}

impl ManifestEntry {
    /// The key of an entry in this bucket.
    pub fn key(&self, bucket: &str) -> Option<&str> {
        self.url.strip_prefix("s3://")?.strip_prefix(bucket)?.strip_prefix('/')
    }

    pub fn bytes(&self) -> u64 {
        self.meta.and_then(|meta| meta.content_length).unwrap_or_default()
    }

    pub fn records(&self) -> u64 {
        self.meta.and_then(|meta| meta.record_count).unwrap_or_default()
    }
}

/// Where the manifest of a movement lies.
pub(crate) fn manifest_key(work: &Work<'_>) -> String {
    format!("{}manifest", work.movement.store.prefix())
}

/// Reads the manifest.
pub(crate) async fn manifest(work: &Work<'_>, key: &str) -> Result<Manifest> {
    let mut bytes = Vec::new();
    let mut sink = |part: &[u8]| {
        if bytes.len() < MANIFEST_LIMIT {
            bytes.extend_from_slice(part);
        }
    };
    download(work, key, &mut sink).await?;
    let sha256 = hex::encode(ring::digest::digest(&SHA256, &bytes).as_ref());
    let mut manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
        let tried = format!("read the manifest s3://{}/{key}", work.movement.store.bucket());
        let trouble = Trouble::new(tried).said(format!("it is not a manifest: {error}"));
        Box::new(trouble.at(7, work.label(Account::Store)))
    })?;
    manifest.sha256 = sha256;
    Ok(manifest)
}

/// How many records of a file are header lines.
pub(crate) fn header_lines(form: &Form) -> u64 {
    u64::from(form.header)
}

/// SHA-256 of a text, in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    hex::encode(ring::digest::digest(&SHA256, text.as_bytes()).as_ref())
}
