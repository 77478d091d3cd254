//! How botocore spells a model: `service-2.json`, field by field.
//!
//! Only what `load.rs` reads; everything else in the files is ignored.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(super) struct RawModel {
    pub(super) metadata: RawMetadata,
    pub(super) operations: Map<String, Value>,
    pub(super) shapes: Map<String, Value>,
    #[serde(default, rename = "errorStatus")]
    pub(super) error_status: HashMap<String, u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawMetadata {
    pub(super) api_version: Option<String>,
    pub(super) protocol: String,
    pub(super) json_version: Option<String>,
    pub(super) service_id: Option<String>,
    pub(super) signing_name: Option<String>,
    pub(super) endpoint_prefix: Option<String>,
    pub(super) target_prefix: Option<String>,
    pub(super) xml_namespace: Option<RawNamespace>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawOperation {
    pub(super) name: String,
    pub(super) http: RawHttp,
    pub(super) input: Option<RawBody>,
    pub(super) output: Option<RawBody>,
    pub(super) errors: Vec<RawReference>,
    pub(super) deprecated: bool,
    pub(super) authtype: Option<String>,
    pub(super) http_checksum: Option<RawChecksum>,
    pub(super) http_checksum_required: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawHttp {
    pub(super) method: String,
    pub(super) request_uri: String,
    pub(super) response_code: u16,
}

impl Default for RawHttp {
    fn default() -> Self {
        Self { method: "POST".to_owned(), request_uri: "/".to_owned(), response_code: 200 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawBody {
    pub(super) shape: String,
    pub(super) location_name: Option<String>,
    pub(super) xml_namespace: Option<RawNamespace>,
    pub(super) result_wrapper: Option<String>,
    #[serde(default)]
    pub(super) unwrapped: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct RawChecksum {
    pub(super) request_checksum_required: bool,
}

#[derive(Deserialize, Default, Clone)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawReference {
    pub(super) shape: String,
    pub(super) location: Option<String>,
    pub(super) location_name: Option<String>,
    pub(super) query_name: Option<String>,
    pub(super) flattened: bool,
    pub(super) streaming: bool,
    pub(super) xml_attribute: bool,
    pub(super) xml_namespace: Option<RawNamespace>,
    pub(super) timestamp_format: Option<String>,
    pub(super) idempotency_token: bool,
}

/// `"uri"` in metadata, `{"prefix": …, "uri": …}` elsewhere.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub(super) enum RawNamespace {
    Uri(String),
    Prefixed { prefix: Option<String>, uri: String },
}

impl RawNamespace {
    pub(super) fn into_pair(self) -> (Option<String>, String) {
        match self {
            Self::Uri(uri) => (None, uri),
            Self::Prefixed { prefix, uri } => (prefix, uri),
        }
    }

    pub(super) fn into_uri(self) -> String {
        self.into_pair().1
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawShape {
    pub(super) r#type: String,
    pub(super) members: Map<String, Value>,
    pub(super) member: Option<RawReference>,
    pub(super) key: Option<RawReference>,
    pub(super) value: Option<RawReference>,
    pub(super) required: Vec<String>,
    pub(super) payload: Option<String>,
    pub(super) flattened: bool,
    pub(super) location_name: Option<String>,
    pub(super) xml_namespace: Option<RawNamespace>,
    pub(super) timestamp_format: Option<String>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<String>,
    pub(super) r#enum: Vec<String>,
    pub(super) sensitive: bool,
    pub(super) union: bool,
    pub(super) eventstream: bool,
    pub(super) error: Option<RawError>,
    pub(super) exception: bool,
    pub(super) fault: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawError {
    pub(super) code: Option<String>,
    pub(super) http_status_code: Option<u16>,
}
