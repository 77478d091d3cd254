//! Server-side encryption: every object is sealed under a data key of its own.
//!
//! With SSE-S3 the data key is wrapped by the world's seal; with SSE-KMS by KMS, which is called
//! as the requester with the encryption context `aws:s3:arn` ("Using server-side encryption with
//! AWS KMS keys", S3 User Guide). A multipart upload has one data key; its parts are blobs of
//! their own, so no frame of two parts is sealed alike.
//!
//! Start at [`Wanted::of`] (which encryption) and [`Sealing`] (the wrapped key).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Fault, Invocation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::DataKey;
use zeroize::Zeroizing;

use super::access::{bucket_arn, object_arn};
use super::faults;
use super::state::Bucket;

const HEADER: &str = "x-amz-server-side-encryption";
pub(super) const AES256: &str = "AES256";
pub(super) const AWS_KMS: &str = "aws:kms";
/// The AWS managed key of the requester's account.
const MANAGED_KEY: &str = "alias/aws/s3";

/// A bucket's default encryption.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct BucketDefault {
    /// SSE-KMS when true, else SSE-S3.
    pub kms: bool,
    /// The key as the bucket's owner wrote it.
    pub key_id: Option<String>,
    /// Whether a bucket key is used.
    pub bucket_key: bool,
}

/// A wrapped data key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Sealing {
    /// Wrapped by the world's seal.
    S3 {
        /// Base64.
        wrapped: String,
    },
    /// Wrapped by KMS.
    Kms {
        /// ARN of the KMS key.
        key: String,
        /// KMS's ciphertext, base64.
        wrapped: String,
        /// The encryption context.
        context: BTreeMap<String, String>,
        /// Whether the bucket's ARN stands in the context in place of the object's.
        bucket_key: bool,
    },
}

/// What a request says of encryption.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Requested {
    pub server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId")]
    pub key_id: Option<String>,
    #[serde(rename = "SSEKMSEncryptionContext")]
    context: Option<String>,
    bucket_key_enabled: Option<bool>,
    #[serde(rename = "SSECustomerAlgorithm")]
    customer_algorithm: Option<String>,
    #[serde(rename = "CopySourceSSECustomerAlgorithm")]
    source_customer_algorithm: Option<String>,
}

/// What an answer says of it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answered {
    server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId")]
    key_id: Option<String>,
    bucket_key_enabled: Option<bool>,
}

/// The encryption decided on for an object.
#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    S3,
    Kms { key_id: Option<String>, context: BTreeMap<String, String>, bucket_key: bool },
}

impl Requested {
    /// Whether the request asks for an encryption of its own.
    pub(super) fn is_explicit(&self) -> bool {
        self.server_side_encryption.is_some()
    }

    /// Keys that customers provide are not kept by this platform.
    ///
    /// # Errors
    /// `NotImplemented`.
    pub(super) fn refuse_customer_keys(&self) -> Result<(), Fault> {
        match self.customer_algorithm.is_some() || self.source_customer_algorithm.is_some() {
            true => Err(faults::not_implemented("x-amz-server-side-encryption-customer-algorithm")),
            false => Ok(()),
        }
    }
}

impl Wanted {
    /// The request's encryption, else the bucket's default.
    ///
    /// # Errors
    /// `InvalidArgument`, or `NotImplemented` for customer keys and dual-layer encryption.
    pub(super) fn of(requested: &Requested, bucket: &Bucket) -> Result<Self, Fault> {
        requested.refuse_customer_keys()?;
        match requested.server_side_encryption.as_deref() {
            Some(AWS_KMS) => Ok(Self::Kms {
                key_id: requested.key_id.clone(),
                context: parse_context(requested.context.as_deref())?,
                bucket_key: requested.bucket_key_enabled.unwrap_or(bucket.encryption.bucket_key),
            }),
            Some("aws:kms:dsse") => Err(faults::not_implemented(HEADER)),
            given @ (None | Some(AES256)) if requested.key_id.is_some() => {
                let text = "Server Side Encryption with AWS KMS managed key requires HTTP header \
                            x-amz-server-side-encryption : aws:kms";
                Err(faults::invalid_argument(text, HEADER, given.unwrap_or("null")))
            }
            Some(AES256) => Ok(Self::S3),
            Some(other) => {
                let text = "The encryption method specified is not supported";
                Err(faults::invalid_argument(text, HEADER, other))
            }
            None => Ok(Self::default_of(bucket, requested)),
        }
    }

    fn default_of(bucket: &Bucket, requested: &Requested) -> Self {
        let BucketDefault { kms, key_id, bucket_key } = &bucket.encryption;
        if !kms {
            return Self::S3;
        }
        Self::Kms {
            key_id: key_id.clone(),
            context: BTreeMap::new(),
            bucket_key: requested.bucket_key_enabled.unwrap_or(*bucket_key),
        }
    }

    /// Whether ETags are MD5 digests ("Common response headers", S3 API Reference: with SSE-KMS
    /// they are not).
    pub(super) fn has_md5_etags(&self) -> bool {
        *self == Self::S3
    }

    /// A fresh data key for an object.
    ///
    /// # Errors
    /// KMS's refusal, with S3's code; see [`kms_fault`].
    pub(super) fn new_key(
        self,
        cx: &Cx,
        bucket: &Bucket,
        key: &str,
    ) -> Result<(DataKey, Sealing), Fault> {
        match self {
            Self::S3 => {
                let data_key = DataKey::new(cx.world().bytes());
                let wrapped =
                    cx.seal().seal(&seal_context(&bucket.name, key), data_key.material())?;
                Ok((data_key, Sealing::S3 { wrapped: STANDARD.encode(wrapped) }))
            }
            Self::Kms { key_id, mut context, bucket_key } => {
                let arn = if bucket_key {
                    bucket_arn(&bucket.name)
                } else {
                    object_arn(&bucket.name, key)
                };
                context.insert("aws:s3:arn".to_owned(), arn);
                generate(cx, key_id.as_deref().unwrap_or(MANAGED_KEY), context, bucket_key)
            }
        }
    }
}

fn generate(
    cx: &Cx,
    key_id: &str,
    context: BTreeMap<String, String>,
    bucket_key: bool,
) -> Result<(DataKey, Sealing), Fault> {
    let input = json!({ "KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context });
    let answer = ask_kms(cx, "GenerateDataKey", input)?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let sealing =
        Sealing::Kms { key: text("KeyId"), wrapped: text("CiphertextBlob"), context, bucket_key };
    Ok((plaintext(&answer)?, sealing))
}

impl Sealing {
    /// Unwraps the data key; with SSE-KMS the requester needs `kms:Decrypt`.
    ///
    /// # Errors
    /// KMS's refusal, with S3's code; see [`kms_fault`].
    pub(super) fn open(&self, cx: &Cx, bucket: &str, key: &str) -> Result<DataKey, Fault> {
        match self {
            Self::S3 { wrapped } => {
                let wrapped = STANDARD.decode(wrapped).map_err(Fault::internal)?;
                let plain = cx.seal().open_sealed(&seal_context(bucket, key), &wrapped)?;
                Ok(DataKey::from_slice(&plain)?)
            }
            Self::Kms { key, wrapped, context, .. } => {
                let input = json!({
                    "KeyId": key, "CiphertextBlob": wrapped, "EncryptionContext": context,
                });
                plaintext(&ask_kms(cx, "Decrypt", input)?)
            }
        }
    }

    /// Whether ETags are MD5 digests.
    pub(super) fn has_md5_etags(&self) -> bool {
        matches!(self, Self::S3 { .. })
    }

    /// As output members.
    pub(super) fn answered(&self) -> Answered {
        let (method, key_id, bucket_key) = match self {
            Self::S3 { .. } => (AES256, None, None),
            Self::Kms { key, bucket_key, .. } => {
                (AWS_KMS, Some(key.clone()), bucket_key.then_some(true))
            }
        };
        Answered {
            server_side_encryption: Some(method.to_owned()),
            key_id,
            bucket_key_enabled: bucket_key,
        }
    }
}

/// Binds a wrapped key to its object.
fn seal_context(bucket: &str, key: &str) -> String {
    format!("data key of s3 object {bucket}/{key}")
}

fn ask_kms(cx: &Cx, operation: &'static str, input: Value) -> Result<Value, Fault> {
    cx.invoke(Invocation::forwarded("s3", "kms", operation, input)).map_err(kms_fault)
}

fn plaintext(answer: &Value) -> Result<DataKey, Fault> {
    let text = answer.get("Plaintext").and_then(Value::as_str).unwrap_or_default();
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(Fault::internal)?);
    Ok(DataKey::from_slice(&bytes)?)
}

/// KMS's fault as S3 passes it on: a denial keeps KMS's sentence under S3's code, and the state of
/// a key keeps its own code behind `KMS.`.
fn kms_fault(fault: Fault) -> Fault {
    match fault.code.as_ref() {
        "AccessDeniedException" => {
            Fault { code: "AccessDenied".into(), status: Some(403), ..fault }
        }
        "InternalFailure" | "NotImplemented" => fault,
        code => {
            let code = format!("KMS.{code}");
            Fault { code: code.into(), status: Some(400), ..fault }
        }
    }
}

/// `x-amz-server-side-encryption-context`: base64 of a JSON object of strings.
fn parse_context(header: Option<&str>) -> Result<BTreeMap<String, String>, Fault> {
    let Some(text) = header else { return Ok(BTreeMap::new()) };
    let decoded = STANDARD.decode(text).ok();
    decoded.and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(|| {
        let name = "x-amz-server-side-encryption-context";
        faults::invalid_argument(
            "The header 'x-amz-server-side-encryption-context' shall be \
                                  Base64-encoded UTF-8 string holding JSON which represents a \
                                  string-string map",
            name,
            text,
        )
    })
}
