//! Encrypt, Decrypt and data keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::access::{EncryptionContext, check_with_context, find};
use super::ciphertext;
use super::state::KeyRecord;

/// The one algorithm of symmetric keys.
const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";

fn bytes(base64: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let malformed = |_| Fault::new("SerializationException", "not base64").status(400);
    STANDARD.decode(base64).map(Zeroizing::new).map_err(malformed)
}

fn symmetric(algorithm: Option<&String>, key: &KeyRecord) -> Result<(), Fault> {
    match algorithm {
        Some(other) if other != SYMMETRIC => {
            let text = format!("Algorithm {other} is not valid for key {}.", key.arn());
            Err(Fault::new("InvalidKeyUsageException", text).status(400))
        }
        _ => Ok(()),
    }
}

/// `DryRun`: whether the request would have succeeded, without doing it.
fn unless_dry(dry_run: Option<bool>) -> Result<(), Fault> {
    if dry_run == Some(true) {
        let text = "The request would have succeeded, but the DryRun option is set.";
        return Err(Fault::new("DryRunOperationException", text).status(412));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EncryptInput {
    key_id: String,
    plaintext: Zeroed,
    #[serde(default)]
    encryption_context: EncryptionContext,
    encryption_algorithm: Option<String>,
    dry_run: Option<bool>,
}

/// Base64 text that is wiped when dropped.
struct Zeroed(Zeroizing<String>);

impl<'de> Deserialize<'de> for Zeroed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Encrypted {
    ciphertext_blob: String,
    key_id: String,
    encryption_algorithm: &'static str,
}

pub(super) fn encrypt_access(cx: &Cx, input: &EncryptInput) -> Result<Access, Fault> {
    let key = find(cx, &input.key_id)?;
    Ok(Access::to(check_with_context(cx, "Encrypt", &key, &input.encryption_context)?))
}

pub(super) fn encrypt(cx: &Cx, input: EncryptInput) -> Result<Encrypted, Fault> {
    let key = find(cx, &input.key_id)?;
    symmetric(input.encryption_algorithm.as_ref(), &key)?;
    key.usable()?;
    unless_dry(input.dry_run)?;
    let plain = bytes(&input.plaintext.0)?;
    let sealed = ciphertext::seal(cx, &key, &input.encryption_context, &plain)?;
    Ok(Encrypted {
        ciphertext_blob: STANDARD.encode(sealed),
        key_id: key.arn().to_string(),
        encryption_algorithm: SYMMETRIC,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DecryptInput {
    ciphertext_blob: String,
    key_id: Option<String>,
    #[serde(default)]
    encryption_context: EncryptionContext,
    encryption_algorithm: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Decrypted {
    key_id: String,
    plaintext: String,
    encryption_algorithm: &'static str,
}

/// The key that made the ciphertext; a `KeyId` that is given must mean the same.
fn key_of(cx: &Cx, ciphertext: &[u8], key_id: Option<&String>) -> Result<KeyRecord, Fault> {
    let (arn, _) = ciphertext::parse(ciphertext)?;
    let key = find(cx, &arn.to_string())?;
    let named = key_id.map(|id| find(cx, id)).transpose()?;
    if named.is_some_and(|named| named.arn() != key.arn()) {
        let text = "The key ID in the request does not identify a CMK that can perform this \
                    operation.";
        return Err(Fault::new("IncorrectKeyException", text).status(400));
    }
    Ok(key)
}

pub(super) fn decrypt_access(cx: &Cx, input: &DecryptInput) -> Result<Access, Fault> {
    let key = key_of(cx, &bytes(&input.ciphertext_blob)?, input.key_id.as_ref())?;
    Ok(Access::to(check_with_context(cx, "Decrypt", &key, &input.encryption_context)?))
}

pub(super) fn decrypt(cx: &Cx, input: DecryptInput) -> Result<Decrypted, Fault> {
    let whole = bytes(&input.ciphertext_blob)?;
    let key = key_of(cx, &whole, input.key_id.as_ref())?;
    symmetric(input.encryption_algorithm.as_ref(), &key)?;
    key.usable()?;
    let (_, sealed) = ciphertext::parse(&whole)?;
    let plain = ciphertext::open(cx, &key, &input.encryption_context, sealed)?;
    unless_dry(input.dry_run)?;
    Ok(Decrypted {
        key_id: key.arn().to_string(),
        plaintext: STANDARD.encode(plain.as_slice()),
        encryption_algorithm: SYMMETRIC,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DataKeyInput {
    key_id: String,
    #[serde(default)]
    encryption_context: EncryptionContext,
    key_spec: Option<String>,
    number_of_bytes: Option<usize>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DataKey {
    ciphertext_blob: String,
    plaintext: Option<String>,
    key_id: String,
}

pub(super) fn data_key_access(cx: &Cx, input: &DataKeyInput) -> Result<Access, Fault> {
    data_key_check(cx, "GenerateDataKey", input)
}

pub(super) fn wrapped_key_access(cx: &Cx, input: &DataKeyInput) -> Result<Access, Fault> {
    data_key_check(cx, "GenerateDataKeyWithoutPlaintext", input)
}

fn data_key_check(cx: &Cx, action: &str, input: &DataKeyInput) -> Result<Access, Fault> {
    let key = find(cx, &input.key_id)?;
    Ok(Access::to(check_with_context(cx, action, &key, &input.encryption_context)?))
}

pub(super) fn data_key(cx: &Cx, input: DataKeyInput) -> Result<DataKey, Fault> {
    let (wrapped, plain) = new_data_key(cx, &input)?;
    Ok(DataKey { plaintext: Some(STANDARD.encode(plain.as_slice())), ..wrapped })
}

pub(super) fn wrapped_key(cx: &Cx, input: DataKeyInput) -> Result<DataKey, Fault> {
    new_data_key(cx, &input).map(|(wrapped, _)| wrapped)
}

fn new_data_key(cx: &Cx, input: &DataKeyInput) -> Result<(DataKey, Zeroizing<Vec<u8>>), Fault> {
    let key = find(cx, &input.key_id)?;
    let length = match (input.key_spec.as_deref(), input.number_of_bytes) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(count)) => count,
        _ => {
            let text = "Please specify either number of bytes or key spec.";
            return Err(Fault::new("ValidationException", text).status(400));
        }
    };
    key.usable()?;
    unless_dry(input.dry_run)?;
    let mut plain = Zeroizing::new(vec![0; length]);
    cx.world().entropy().fill(&mut plain);
    let sealed = ciphertext::seal(cx, &key, &input.encryption_context, &plain)?;
    let wrapped = DataKey {
        ciphertext_blob: STANDARD.encode(sealed),
        plaintext: None,
        key_id: key.arn().to_string(),
    };
    Ok((wrapped, plain))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReEncryptInput {
    ciphertext_blob: String,
    source_key_id: Option<String>,
    #[serde(default)]
    source_encryption_context: EncryptionContext,
    destination_key_id: String,
    #[serde(default)]
    destination_encryption_context: EncryptionContext,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReEncrypted {
    ciphertext_blob: String,
    source_key_id: String,
    key_id: String,
    source_encryption_algorithm: &'static str,
    destination_encryption_algorithm: &'static str,
}

/// Two permissions: from the one key, to the other.
pub(super) fn re_encrypt_access(cx: &Cx, input: &ReEncryptInput) -> Result<Access, Fault> {
    let source = key_of(cx, &bytes(&input.ciphertext_blob)?, input.source_key_id.as_ref())?;
    let target = find(cx, &input.destination_key_id)?;
    let from = &input.source_encryption_context;
    let to = &input.destination_encryption_context;
    Ok(Access::to(check_with_context(cx, "ReEncryptFrom", &source, from)?).and(check_with_context(
        cx,
        "ReEncryptTo",
        &target,
        to,
    )?))
}

pub(super) fn re_encrypt(cx: &Cx, input: ReEncryptInput) -> Result<ReEncrypted, Fault> {
    let whole = bytes(&input.ciphertext_blob)?;
    let source = key_of(cx, &whole, input.source_key_id.as_ref())?;
    let target = find(cx, &input.destination_key_id)?;
    source.usable()?;
    target.usable()?;
    let (_, sealed) = ciphertext::parse(&whole)?;
    let plain = ciphertext::open(cx, &source, &input.source_encryption_context, sealed)?;
    unless_dry(input.dry_run)?;
    let context = &input.destination_encryption_context;
    Ok(ReEncrypted {
        ciphertext_blob: STANDARD.encode(ciphertext::seal(cx, &target, context, &plain)?),
        source_key_id: source.arn().to_string(),
        key_id: target.arn().to_string(),
        source_encryption_algorithm: SYMMETRIC,
        destination_encryption_algorithm: SYMMETRIC,
    })
}
