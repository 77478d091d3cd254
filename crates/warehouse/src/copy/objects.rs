//! Which objects a COPY reads: those under its prefix, or those of its manifest.
//! Amazon Redshift Developer Guide, "Using a manifest to specify data files".

use std::io::Read;

use redshift_sql::CopySource;
use serde_json::Value;

use super::request::{LoadRequest, s3_parts};
use crate::ports::{CloudError, ObjectSummary, RoleSession, World};
use crate::unload::UnloadError;
use crate::unload::error::{Block, CODE_S3, Context};
use crate::unload::target::{check_region, stated_region};

/// A manifest at most, in bytes: more would not be read into memory.
const LARGEST_MANIFEST: u64 = 64 << 20;

/// Something to read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// An object of a bucket.
    Object {
        bucket: String,
        key: String,
        /// It must exist.
        mandatory: bool,
        /// Bytes, where the listing or the manifest tells.
        size: Option<u64>,
    },
    /// A DynamoDB table and its provisioned read capacity, if it has one.
    Table { name: String, capacity: Option<f64> },
}

impl Source {
    /// An object of the statement's own.
    pub(super) fn object(bucket: &str, key: &str) -> Self {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Self::Object { bucket, key, mandatory: true, size: None }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Object { bucket, key, .. } => format!("s3://{bucket}/{key}"),
            Self::Table { name, .. } => format!("dynamodb://{name}"),
        }
    }

    pub(super) fn context(&self) -> Context {
        match self {
            Self::Object { bucket, key, .. } => {
                Context::Reading { bucket: bucket.clone(), key: key.clone() }
            }
            Self::Table { name, .. } => Context::Table { table: name.clone() },
        }
    }
}

/// The statement's bucket and key or prefix.
fn stated(request: &LoadRequest<'_>) -> Result<(String, String), UnloadError> {
    let (CopySource::S3(url) | CopySource::S3Manifest(url)) = &request.statement.from else {
        return Err(UnloadError::plain("0A000", "COPY source is not supported"));
    };
    let parts = s3_parts(url).map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
    parts
        .ok_or_else(|| UnloadError::plain("XX000", format!("COPY source names no bucket. ({url})")))
}

/// A refusal before anything could be listed.
pub(super) fn refused_listing(error: &CloudError, request: &LoadRequest<'_>) -> UnloadError {
    let context = match (&request.statement.from, stated(request)) {
        (CopySource::DynamoDb { table, .. }, _) => Context::Table { table: table.clone() },
        (_, stated) => {
            let (bucket, prefix) = stated.unwrap_or_default();
            Context::Listing { bucket, prefix }
        }
    };
    UnloadError::from_cloud(error, &context, &request.caller)
}

/// Finds the objects.
pub(super) fn find(
    request: &LoadRequest<'_>,
    session: &dyn RoleSession,
    world: &dyn World,
) -> Result<Vec<Source>, UnloadError> {
    if let CopySource::DynamoDb { table, .. } = &request.statement.from {
        let source = |capacity| Source::Table { name: table.clone(), capacity };
        let region = stated_region(request.statement.region.as_deref(), &request.caller)?;
        return match session.describe_table(&region, table) {
            Ok(capacity) => Ok(vec![source(capacity)]),
            Err(error) => {
                Err(UnloadError::from_cloud(&error, &source(None).context(), &request.caller))
            }
        };
    }
    let (bucket, key) = stated(request)?;
    let caller = &request.caller;
    let listing = Context::Listing { bucket: bucket.clone(), prefix: key.clone() };
    let region = request.statement.region.as_deref();
    let check = |bucket: &str| check_region(bucket, region, &listing, (session, world), caller);
    check(&bucket)?;
    if matches!(request.statement.from, CopySource::S3(_)) {
        let found = session
            .list(&bucket, &key, usize::MAX)
            .map_err(|error| UnloadError::from_cloud(&error, &listing, caller))?;
        if found.is_empty() {
            return Err(missing(&key, request));
        }
        let source = |object: ObjectSummary| Source::Object {
            bucket: bucket.clone(),
            key: object.key,
            mandatory: true,
            size: Some(object.size),
        };
        return Ok(found.into_iter().map(source).collect());
    }
    let manifest = Source::object(&bucket, &key);
    let entries = entries(&read_whole(request, session, (&bucket, &key))?)
        .map_err(|message| UnloadError::at(message, &manifest.context(), caller))?;
    let mut checked = vec![bucket];
    for entry in &entries {
        if let Source::Object { bucket, .. } = entry
            && !checked.contains(bucket)
        {
            check(bucket)?;
            checked.push(bucket.clone());
        }
    }
    Ok(entries)
}

/// Nothing lies where the statement or a mandatory entry of a manifest says.
pub(super) fn missing(key: &str, request: &LoadRequest<'_>) -> UnloadError {
    UnloadError::engine(
        format!("The specified S3 prefix '{key}' does not exist"),
        &Block { code: CODE_S3, context: "", location: "s3_utility.cpp:539" },
        &request.caller,
    )
}

/// A small object of the statement's own: a manifest, a JSONPaths file.
pub(super) fn read_whole(
    request: &LoadRequest<'_>,
    session: &dyn RoleSession,
    (bucket, key): (&str, &str),
) -> Result<Vec<u8>, UnloadError> {
    let (caller, context) = (&request.caller, Source::object(bucket, key).context());
    let opened = session.open(bucket, key, None).map_err(|error| {
        if error.status == 404 && error.code == "NoSuchKey" {
            return missing(key, request);
        }
        UnloadError::from_cloud(&error, &context, caller)
    })?;
    let mut bytes = Vec::new();
    opened
        .body
        .take(LARGEST_MANIFEST)
        .read_to_end(&mut bytes)
        .map_err(|error| UnloadError::from_io(&error, &context, caller))?;
    Ok(bytes)
}

/// The objects that a manifest lists, in its order; one listed twice is loaded twice.
fn entries(manifest: &[u8]) -> Result<Vec<Source>, String> {
    let malformed = || String::from("Manifest file is not in correct json format.");
    let manifest: Value = serde_json::from_slice(manifest).map_err(|_| malformed())?;
    let entries = manifest.get("entries").and_then(Value::as_array).ok_or_else(malformed)?;
    let source = |entry: &Value| {
        let url = entry.get("url").and_then(Value::as_str).ok_or_else(malformed)?;
        let parts = s3_parts(url).filter(|(_, key)| !key.is_empty());
        let (bucket, key) = parts.ok_or_else(|| {
            format!("COPY with MANIFEST parameter requires full path of an S3 object. ({url})")
        })?;
        let mandatory = entry.get("mandatory").and_then(Value::as_bool).unwrap_or(false);
        let size = entry.get("meta").and_then(|meta| meta.get("content_length"));
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Ok(Source::Object { bucket, key, mandatory, size: size.and_then(Value::as_u64) })
    };
    entries.iter().map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, entries};

    #[test]
    fn manifests() {
        let source = |key: &str, mandatory, size| Source::Object {
            bucket: "b".into(),
            key: key.into(),
            mandatory,
            size,
        };
        let malformed = "Manifest file is not in correct json format.";
        for (text, expect) in [
            (r#"{"entries":[]}"#, Ok(vec![])),
            (
                r#"{"entries":[{"url":"s3://b/x","mandatory":true},{"url":"s3://b/x","meta":{"content_length":7}}]}"#,
                Ok(vec![source("x", true, None), source("x", false, Some(7))]),
            ),
            ("{", Err(malformed.to_owned())),
            (r#"{"entries":[{}]}"#, Err(malformed.to_owned())),
            (r#"{"files":[]}"#, Err(malformed.to_owned())),
            (
                r#"{"entries":[{"url":"s3://b"}]}"#,
                Err("COPY with MANIFEST parameter requires full path of an S3 object. (s3://b)"
                    .into()),
            ),
        ] {
            assert_eq!(entries(text.as_bytes()), expect, "{text}");
        }
    }
}
