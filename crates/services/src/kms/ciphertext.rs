//! The form of a symmetric ciphertext: which key and material, then the sealed bytes.
//!
//! `2 | length of the key's ARN: u16 | ARN | id of the material: 32 | nonce, ciphertext, tag`;
//! version 1 has no id of material. The encryption context is authenticated and not contained, as
//! in AWS's own ("Encryption context", KMS Developer Guide).

use gateway::{Cx, Fault};
use names::Arn;
use zeroize::Zeroizing;

use super::access::EncryptionContext;
use super::material::Material;
use super::state::KeyRecord;
use crate::envelope;

const WITHOUT_MATERIAL: u8 = 1;
const VERSION: u8 = 2;

/// A ciphertext in its parts.
pub(super) struct Parts<'c> {
    /// The key that made it, in the Region where it was made.
    pub(super) key: Arn,
    /// Id of the material.
    material: String,
    sealed: &'c [u8],
}

/// Encrypts under a key that the caller may use; answers the id of the material too.
pub(super) fn seal(
    cx: &Cx,
    key: &KeyRecord,
    context: &EncryptionContext,
    plain: &[u8],
) -> Result<(Vec<u8>, String), Fault> {
    let arn = key.arn().to_string();
    let length = u16::try_from(arn.len()).map_err(Fault::internal)?;
    let (id, material) = key.open_current(cx)?;
    let raw_id = hex::decode(&id).map_err(Fault::internal)?;
    let sealed = envelope::seal(cx.world(), &material, &bound(context)?, plain)
        .map_err(|_| Fault::internal("a key of a wrong length"))?;
    let whole = [&[VERSION][..], &length.to_be_bytes(), arn.as_bytes(), &raw_id, &sealed].concat();
    Ok((whole, id))
}

/// Takes a ciphertext apart.
pub(super) fn parse(ciphertext: &[u8]) -> Result<Parts<'_>, Fault> {
    let parts = || {
        let (&version, rest) = ciphertext.split_first()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (arn, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let key = std::str::from_utf8(arn).ok()?.parse().ok()?;
        let (material, sealed) = match version {
            WITHOUT_MATERIAL => (Material::UNNAMED.to_owned(), rest),
            VERSION => {
                let (id, sealed) = rest.split_first_chunk::<32>()?;
                (hex::encode(id), sealed)
            }
            _ => return None,
        };
        Some(Parts { key, material, sealed })
    };
    parts().ok_or_else(invalid)
}

/// Decrypts; any difference in key, context or bytes is one and the same refusal. Answers the id
/// of the material too.
pub(super) fn open(
    cx: &Cx,
    key: &KeyRecord,
    context: &EncryptionContext,
    parts: &Parts<'_>,
) -> Result<(Zeroizing<Vec<u8>>, String), Fault> {
    let material = key.open_by_id(cx, &parts.material)?.ok_or_else(invalid)?;
    let plain = envelope::open(&material, &bound(context)?, parts.sealed).map_err(|_| invalid())?;
    Ok((plain, parts.material.clone()))
}

/// AWS answers with an empty message.
pub(super) fn invalid() -> Fault {
    Fault::new("InvalidCiphertextException", "").status(400)
}

/// The context in one form, whatever the order of its pairs.
fn bound(context: &EncryptionContext) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(context).map_err(Fault::internal)
}
