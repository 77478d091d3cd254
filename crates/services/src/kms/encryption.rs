//! Encrypt, Decrypt and ReEncrypt.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{EncryptionContext, Use, check, find, not_found};
use super::ciphertext::{self, invalid};
use super::primitives::{self, Random, Secret, oaep_limit};
use super::spec::{SYMMETRIC, Usage, oaep};
use super::state::KeyRecord;
use super::{Blob, base64_of, unless_dry};

/// One side of an operation: a key, an algorithm and a context.
struct Side<'r> {
    key: &'r KeyRecord,
    algorithm: &'r str,
    context: &'r EncryptionContext,
}

impl<'r> Side<'r> {
    /// Refuses a key that cannot do `operation` with this algorithm, or not now.
    fn ready(
        cx: &Cx,
        key: &'r KeyRecord,
        algorithm: Option<&'r String>,
        context: &'r EncryptionContext,
        operation: &str,
    ) -> Result<Self, Fault> {
        let algorithm = algorithm.map_or(SYMMETRIC, String::as_str);
        key.must_be_for(Usage::EncryptDecrypt, operation)?;
        key.must_know(algorithm)?;
        if algorithm != SYMMETRIC && !context.is_empty() {
            let text = "An encryption context is valid only for symmetric encryption keys.";
            return Err(Fault::new("ValidationException", text).status(400));
        }
        key.usable(cx.now())?;
        Ok(Self { key, algorithm, context })
    }

    /// The ciphertext, and for symmetric keys the id of the material.
    fn seal(&self, cx: &Cx, plain: &[u8]) -> Result<(Vec<u8>, Option<String>), Fault> {
        let Some(padding) = oaep(self.algorithm) else {
            let (sealed, id) = ciphertext::seal(cx, self.key, self.context, plain)?;
            return Ok((sealed, Some(id)));
        };
        let limit = oaep_limit(self.key.spec.bits(), padding);
        if plain.len() > limit {
            let (algorithm, spec) = (self.algorithm, self.key.spec.name());
            let text = format!(
                "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than \
                 {limit} bytes."
            );
            return Err(Fault::new("ValidationException", text).status(400));
        }
        let (_, private) = self.key.open_current(cx)?;
        primitives::encrypt(&private, padding, plain, &mut Random::of(cx.world()))
            .map(|sealed| (sealed, None))
            .map_err(|_| Fault::internal("an RSA key does not encrypt"))
    }

    fn open(&self, cx: &Cx, sealed: &[u8]) -> Result<(Secret, Option<String>), Fault> {
        let Some(padding) = oaep(self.algorithm) else {
            let parts = ciphertext::parse(sealed)?;
            let (plain, id) = ciphertext::open(cx, self.key, self.context, &parts)?;
            return Ok((plain, Some(id)));
        };
        let (_, private) = self.key.open_current(cx)?;
        primitives::decrypt(&private, padding, sealed, &mut Random::of(cx.world()))
            .map(|plain| (plain, None))
            .map_err(|_| invalid())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EncryptInput {
    key_id: String,
    plaintext: Blob,
    #[serde(default)]
    encryption_context: EncryptionContext,
    #[serde(default)]
    grant_tokens: Vec<String>,
    encryption_algorithm: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Encrypted {
    ciphertext_blob: String,
    key_id: String,
    encryption_algorithm: String,
}

fn asks_for(algorithm: Option<&String>) -> String {
    algorithm.map_or(SYMMETRIC, String::as_str).to_owned()
}

pub(super) fn encrypt_access(cx: &Cx, input: &EncryptInput) -> Result<Access, Fault> {
    let given = Use {
        named: Some(&input.key_id),
        context: Some(&input.encryption_context),
        tokens: &input.grant_tokens,
    };
    let asked = check(cx, "Encrypt", &find(cx, &input.key_id)?, &given)?;
    let algorithm = asks_for(input.encryption_algorithm.as_ref());
    Ok(Access::to(asked.with("kms:EncryptionAlgorithm", algorithm)))
}

pub(super) fn encrypt(cx: &Cx, input: EncryptInput) -> Result<Encrypted, Fault> {
    let key = find(cx, &input.key_id)?;
    let (algorithm, context) = (input.encryption_algorithm.as_ref(), &input.encryption_context);
    let side = Side::ready(cx, &key, algorithm, context, "Encrypt")?;
    unless_dry(input.dry_run)?;
    let (sealed, _) = side.seal(cx, &input.plaintext.bytes()?)?;
    Ok(Encrypted {
        ciphertext_blob: base64_of(&sealed),
        key_id: key.arn().to_string(),
        encryption_algorithm: side.algorithm.to_owned(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DecryptInput {
    ciphertext_blob: Option<Blob>,
    key_id: Option<String>,
    #[serde(default)]
    encryption_context: EncryptionContext,
    #[serde(default)]
    grant_tokens: Vec<String>,
    encryption_algorithm: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Decrypted {
    key_id: String,
    plaintext: String,
    encryption_algorithm: String,
    key_material_id: Option<String>,
}

/// The interface lets it be absent for dry runs of a kind that is not built.
fn ciphertext_in(blob: Option<&Blob>) -> Result<Secret, Fault> {
    let text = "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy \
                constraint: Member must not be null";
    blob.ok_or_else(|| Fault::new("ValidationException", text).status(400))?.bytes()
}

/// The key that a ciphertext needs: the one it names, in this Region; a `KeyId` that is given must
/// mean the same. A ciphertext of an asymmetric key names none.
fn key_of(
    cx: &Cx,
    ciphertext: &[u8],
    key_id: Option<&String>,
    algorithm: Option<&String>,
) -> Result<KeyRecord, Fault> {
    let named = key_id.map(|id| find(cx, id)).transpose()?;
    if algorithm.is_some_and(|algorithm| algorithm != SYMMETRIC) {
        return named.ok_or_else(|| {
            let text = "KeyId is required when the ciphertext was encrypted under an asymmetric \
                        key.";
            Fault::new("ValidationException", text).status(400)
        });
    }
    let arn = ciphertext::parse(ciphertext)?.key;
    let local = arn
        .resource
        .starts_with("key/mrk-")
        .then(|| names::Arn { region: Some(cx.region().clone()), ..arn.clone() });
    let Ok(key) = find(cx, &local.unwrap_or(arn).to_string()) else {
        return Err(named.map_or_else(unknown, |_| incorrect()));
    };
    match named {
        Some(named) if named.arn() != key.arn() => Err(incorrect()),
        _ => Ok(key),
    }
}

fn incorrect() -> Fault {
    let text = "The key ID in the request does not identify a CMK that can perform this operation.";
    Fault::new("IncorrectKeyException", text).status(400)
}

/// What KMS says when the key that a ciphertext names is not here (observed; the answer does not
/// tell an unknown key from one that is not the caller's).
fn unknown() -> Fault {
    let text = "The ciphertext refers to a customer master key that does not exist, does not exist \
                in this region, or you are not allowed to access.";
    Fault { code: "AccessDeniedException".into(), ..not_found(text.to_owned()) }
}

pub(super) fn decrypt_access(cx: &Cx, input: &DecryptInput) -> Result<Access, Fault> {
    let algorithm = input.encryption_algorithm.as_ref();
    let key = key_of(
        cx,
        &ciphertext_in(input.ciphertext_blob.as_ref())?,
        input.key_id.as_ref(),
        algorithm,
    )?;
    let given = Use {
        named: input.key_id.as_deref(),
        context: Some(&input.encryption_context),
        tokens: &input.grant_tokens,
    };
    let asked = check(cx, "Decrypt", &key, &given)?;
    Ok(Access::to(asked.with("kms:EncryptionAlgorithm", asks_for(algorithm))))
}

pub(super) fn decrypt(cx: &Cx, input: DecryptInput) -> Result<Decrypted, Fault> {
    let sealed = ciphertext_in(input.ciphertext_blob.as_ref())?;
    let algorithm = input.encryption_algorithm.as_ref();
    let key = key_of(cx, &sealed, input.key_id.as_ref(), algorithm)?;
    let side = Side::ready(cx, &key, algorithm, &input.encryption_context, "Decrypt")?;
    let (plain, key_material_id) = side.open(cx, &sealed)?;
    unless_dry(input.dry_run)?;
    Ok(Decrypted {
        key_id: key.arn().to_string(),
        plaintext: base64_of(&plain),
        encryption_algorithm: side.algorithm.to_owned(),
        key_material_id,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReEncryptInput {
    ciphertext_blob: Option<Blob>,
    source_key_id: Option<String>,
    source_encryption_algorithm: Option<String>,
    #[serde(default)]
    source_encryption_context: EncryptionContext,
    destination_key_id: String,
    destination_encryption_algorithm: Option<String>,
    #[serde(default)]
    destination_encryption_context: EncryptionContext,
    #[serde(default)]
    grant_tokens: Vec<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReEncrypted {
    ciphertext_blob: String,
    source_key_id: String,
    key_id: String,
    source_encryption_algorithm: String,
    destination_encryption_algorithm: String,
    source_key_material_id: Option<String>,
    destination_key_material_id: Option<String>,
}

impl ReEncryptInput {
    fn keys(&self, cx: &Cx) -> Result<(KeyRecord, KeyRecord), Fault> {
        let sealed = ciphertext_in(self.ciphertext_blob.as_ref())?;
        let algorithm = self.source_encryption_algorithm.as_ref();
        let source = key_of(cx, &sealed, self.source_key_id.as_ref(), algorithm)?;
        Ok((source, find(cx, &self.destination_key_id)?))
    }
}

/// Two permissions: from the one key, to the other.
pub(super) fn re_encrypt_access(cx: &Cx, input: &ReEncryptInput) -> Result<Access, Fault> {
    let (source, target) = input.keys(cx)?;
    let same = (source.arn() == target.arn()).to_string();
    let from = Use {
        named: input.source_key_id.as_deref(),
        context: Some(&input.source_encryption_context),
        tokens: &input.grant_tokens,
    };
    let to = Use {
        named: Some(&input.destination_key_id),
        context: Some(&input.destination_encryption_context),
        tokens: &input.grant_tokens,
    };
    let source_algorithm = asks_for(input.source_encryption_algorithm.as_ref());
    let target_algorithm = asks_for(input.destination_encryption_algorithm.as_ref());
    let from = check(cx, "ReEncryptFrom", &source, &from)?
        .with("kms:ReEncryptOnSameKey", same.clone())
        .with("kms:EncryptionAlgorithm", source_algorithm);
    let to = check(cx, "ReEncryptTo", &target, &to)?
        .with("kms:ReEncryptOnSameKey", same)
        .with("kms:EncryptionAlgorithm", target_algorithm);
    Ok(Access::to(from).and(to))
}

pub(super) fn re_encrypt(cx: &Cx, input: ReEncryptInput) -> Result<ReEncrypted, Fault> {
    let (source, target) = input.keys(cx)?;
    let algorithm = input.source_encryption_algorithm.as_ref();
    let from = Side::ready(cx, &source, algorithm, &input.source_encryption_context, "ReEncrypt")?;
    let algorithm = input.destination_encryption_algorithm.as_ref();
    let context = &input.destination_encryption_context;
    let to = Side::ready(cx, &target, algorithm, context, "ReEncrypt")?;
    let (plain, source_key_material_id) =
        from.open(cx, &ciphertext_in(input.ciphertext_blob.as_ref())?)?;
    unless_dry(input.dry_run)?;
    let (sealed, destination_key_material_id) = to.seal(cx, &plain)?;
    Ok(ReEncrypted {
        ciphertext_blob: base64_of(&sealed),
        source_key_id: source.arn().to_string(),
        key_id: target.arn().to_string(),
        source_encryption_algorithm: from.algorithm.to_owned(),
        destination_encryption_algorithm: to.algorithm.to_owned(),
        source_key_material_id,
        destination_key_material_id,
    })
}
