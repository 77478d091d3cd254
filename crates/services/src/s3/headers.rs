//! What a client says of an object's content: standard headers, user metadata, storage class.
//!
//! The same struct is input, record and output, because S3 gives back what it was given
//! ("Working with object metadata", S3 User Guide). Knows no state.

use std::collections::BTreeMap;

use gateway::Fault;
use serde::{Deserialize, Serialize};

use super::faults;

/// User metadata may have this many bytes, names and values together.
const MAX_METADATA_BYTES: usize = 2_048;

/// Classes whose objects can be read at once; archive classes need RestoreObject.
const STORAGE_CLASSES: [&str; 6] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
];

/// The headers stored with an object, by the model's member names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Headers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website_redirect_location: Option<String>,
    /// Absent for STANDARD, as in answers of GetObject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Headers {
    /// The form that is stored.
    ///
    /// # Errors
    /// `MetadataTooLarge`, `InvalidStorageClass`, `NotImplemented` for archive classes.
    pub(super) fn checked(mut self) -> Result<Self, Fault> {
        let bytes: usize = self.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > MAX_METADATA_BYTES {
            let text = "Your metadata headers exceed the maximum allowed metadata size";
            return Err(Fault::new("MetadataTooLarge", text)
                .status(400)
                .with("Size", bytes.to_string())
                .with("MaxSizeAllowed", MAX_METADATA_BYTES.to_string()));
        }
        self.storage_class = checked_class(self.storage_class)?;
        self.content_encoding = self.content_encoding.and_then(|coding| without_chunking(&coding));
        self.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
        Ok(self)
    }

    /// The storage class as listings show it.
    pub(super) fn class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or("STANDARD")
    }
}

fn checked_class(class: Option<String>) -> Result<Option<String>, Fault> {
    match class.as_deref() {
        None | Some("STANDARD") => Ok(None),
        Some(known) if STORAGE_CLASSES.contains(&known) => Ok(class),
        Some("GLACIER" | "DEEP_ARCHIVE" | "OUTPOSTS" | "SNOW" | "EXPRESS_ONEZONE") => {
            Err(faults::not_implemented("x-amz-storage-class"))
        }
        Some(_) => {
            let text = "The storage class you specified is not valid";
            Err(Fault::new("InvalidStorageClass", text).status(400))
        }
    }
}

/// `aws-chunked` describes the request, not the object.
fn without_chunking(coding: &str) -> Option<String> {
    let kept: Vec<&str> =
        coding.split(',').map(str::trim).filter(|c| !c.is_empty() && *c != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}
