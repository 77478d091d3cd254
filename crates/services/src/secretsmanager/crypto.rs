//! Envelope encryption of values: a data key from KMS for each version, with the secret and the
//! version as encryption context ("Secret encryption and decryption", Secrets Manager User Guide).
//!
//! KMS is called as the caller, so key policies decide about secrets too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Fault, Invocation};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::state::{SecretRecord, Version};
use crate::envelope;

const SERVICE: &str = "secretsmanager";
/// AWS's own key for secrets.
pub(super) const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

fn context(secret: &SecretRecord, version_id: &str) -> Value {
    json!({ "SecretARN": secret.arn(), "SecretVersionId": version_id })
}

/// Tries a key that is being set, both ways and as the caller, so that no secret gets a key that
/// nobody there can use. The results are thrown away.
pub(super) fn try_key(cx: &Cx, secret: &SecretRecord) -> Result<(), Fault> {
    let Some(key_id) = secret.kms_key.as_deref() else { return Ok(()) };
    let context = context(secret, "RequestToValidateKeyAccess");
    let as_caller = |operation: &'static str, input: Value| {
        cx.invoke(Invocation::forwarded(SERVICE, "kms", operation, input))
            .map_err(|fault| refused(fault, key_id))
    };
    let input = json!({ "KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context });
    let made = as_caller("GenerateDataKey", input)?;
    let wrapped = text(&made, "CiphertextBlob")?;
    let input = json!({ "CiphertextBlob": wrapped, "EncryptionContext": context });
    as_caller("Decrypt", input).map(drop)
}

/// Encrypts a value as a new version without labels.
pub(super) fn seal(
    cx: &Cx,
    secret: &SecretRecord,
    version_id: &str,
    value: &[u8],
    binary: bool,
) -> Result<Version, Fault> {
    let key_id = secret.kms_key.as_deref().unwrap_or(DEFAULT_KEY);
    let input = json!({
        "KeyId": key_id, "KeySpec": "AES_256",
        "EncryptionContext": context(secret, version_id),
    });
    let answer = cx
        .invoke(Invocation::forwarded(SERVICE, "kms", "GenerateDataKey", input))
        .map_err(|fault| refused(fault, key_id))?;
    let key =
        Zeroizing::new(STANDARD.decode(text(&answer, "Plaintext")?).map_err(Fault::internal)?);
    let sealed = envelope::seal(cx.world(), &key, version_id.as_bytes(), value)
        .map_err(|_| Fault::internal("a data key of a wrong length"))?;
    Ok(Version {
        created: cx.now(),
        stages: Vec::new(),
        wrapped_key: text(&answer, "CiphertextBlob")?.to_owned(),
        sealed,
        binary,
        key_arn: text(&answer, "KeyId")?.to_owned(),
    })
}

/// Decrypts the value of a version.
pub(super) fn open(
    cx: &Cx,
    secret: &SecretRecord,
    version_id: &str,
    version: &Version,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let input = json!({
        "CiphertextBlob": version.wrapped_key,
        "EncryptionContext": context(secret, version_id),
    });
    let answer = cx
        .invoke(Invocation::forwarded(SERVICE, "kms", "Decrypt", input))
        .map_err(|fault| refused(fault, &version.key_arn))?;
    let key =
        Zeroizing::new(STANDARD.decode(text(&answer, "Plaintext")?).map_err(Fault::internal)?);
    envelope::open(&key, version_id.as_bytes(), &version.sealed)
        .map_err(|_| Fault::internal("a stored secret does not open"))
}

fn text<'v>(answer: &'v Value, member: &str) -> Result<&'v str, Fault> {
    let value = answer.get(member).and_then(Value::as_str);
    value.ok_or_else(|| Fault::internal(format!("KMS answered no {member}")))
}

/// KMS's refusals in Secrets Manager's words; the explanation of a denial stays with it.
fn refused(fault: Fault, key: &str) -> Fault {
    let as_code = |code: &'static str, message: String| Fault {
        authorization_message: fault.authorization_message.clone(),
        ..Fault::new(code, message).status(400)
    };
    match fault.code.as_ref() {
        "AccessDeniedException" => {
            as_code("AccessDeniedException", "Access to KMS is not allowed".to_owned())
        }
        "NotFoundException" | "DisabledException" | "KMSInvalidStateException" => as_code(
            "EncryptionFailure",
            format!("The KMS key {key} cannot be used: {}", fault.message),
        ),
        _ => fault,
    }
}
