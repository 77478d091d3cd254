//! GetObjectAttributes: what is known of an object, without its bytes.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::access::{self, ObjectInput};
use super::checksum::Checksums;
use super::multipart::{Marker, part_marker};
use super::state::{Object, Piece};

/// Most parts of one answer.
const MAX_PARTS: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(flatten)]
    object: ObjectInput,
    object_attributes: Vec<String>,
    max_parts: Option<usize>,
    part_number_marker: Option<Marker>,
}

pub(super) fn access(cx: &Cx, input: &Input) -> Result<Access, Fault> {
    let ObjectInput { bucket, key, version_id, expected_bucket_owner } = &input.object;
    let bucket = access::open(cx, bucket, expected_bucket_owner.as_deref())?;
    let version = version_id.as_deref();
    let action = match version {
        None => "s3:GetObjectAttributes",
        Some(_) => "s3:GetObjectVersionAttributes",
    };
    let object = access::present(cx, &bucket, key, version)?;
    let attributes = access::check_object(cx, &bucket, key, object.as_ref(), action)
        .with_some("s3:VersionId", version);
    let actions = ("s3:GetObject", "s3:GetObjectVersion");
    Ok(access::reading(cx, &bucket, key, version, actions)?.and(attributes))
}

/// GetObjectAttributes.
pub(super) fn get(cx: &Cx, input: Input) -> Result<Value, Fault> {
    let (bucket, object) = input.object.find(cx)?;
    let mut answer = Map::new();
    if let Some(id) = bucket.shown(object.version_id.as_deref()) {
        answer.insert("VersionId".to_owned(), id.into());
    }
    answer.insert("LastModified".to_owned(), object.modified.into());
    for name in &input.object_attributes {
        let value = match name.as_str() {
            "ETag" => json!(object.etag),
            "StorageClass" => json!(object.headers.class()),
            "ObjectSize" => json!(object.bytes),
            "Checksum" => checksum(&object)?,
            "ObjectParts" if object.multipart => parts(&object, &input)?,
            _ => Value::Null,
        };
        if !value.is_null() {
            answer.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(answer))
}

fn checksum(object: &Object) -> Result<Value, Fault> {
    let Some(sum) = &object.checksum else { return Ok(Value::Null) };
    let mut shown = serde_json::to_value(sum.members()).map_err(Fault::internal)?;
    if let Some(members) = shown.as_object_mut() {
        members.insert("ChecksumType".to_owned(), sum.kind.as_str().into());
    }
    Ok(shown)
}

/// Parts are listed one by one only for objects whose parts have checksums.
fn parts(object: &Object, input: &Input) -> Result<Value, Fault> {
    let total = object.pieces.len();
    if object.checksum.is_none() {
        return Ok(json!({ "TotalPartsCount": total }));
    }
    let marker = part_marker(input.part_number_marker.as_ref())?;
    let max = input.max_parts.unwrap_or(MAX_PARTS).min(MAX_PARTS);
    let mut later = object.pieces.iter().filter(|piece| piece.part > marker);
    let shown: Vec<&Piece> = later.by_ref().take(max).collect();
    let truncated = later.next().is_some();
    let listed = shown.iter().map(|piece| listed(object, piece)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "TotalPartsCount": total,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown.last().map_or(0, |piece| piece.part),
        "MaxParts": max,
        "IsTruncated": truncated,
        "Parts": listed,
    }))
}

fn listed(object: &Object, piece: &Piece) -> Result<Value, Fault> {
    let checksums = match (&object.checksum, &piece.checksum) {
        (Some(sum), Some(value)) => Checksums::of(&sum.algorithm, value),
        _ => Checksums::default(),
    };
    let mut shown = serde_json::to_value(checksums).map_err(Fault::internal)?;
    if let Some(members) = shown.as_object_mut() {
        members.insert("PartNumber".to_owned(), piece.part.into());
        members.insert("Size".to_owned(), piece.bytes.into());
    }
    Ok(shown)
}
