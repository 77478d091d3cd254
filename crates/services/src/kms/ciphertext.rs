//! The form of a ciphertext: which key, then the sealed bytes.
//!
//! `1 | length of the key's ARN: u16 | ARN | nonce, ciphertext, tag`. The encryption context is
//! authenticated and not contained, as in AWS's own ("Encryption context", KMS Developer Guide).

use gateway::{Cx, Fault};
use names::Arn;
use zeroize::Zeroizing;

use super::access::EncryptionContext;
use super::state::KeyRecord;
use crate::envelope;

const VERSION: u8 = 1;

/// Encrypts under a key that the caller may use.
pub(super) fn seal(
    cx: &Cx,
    key: &KeyRecord,
    context: &EncryptionContext,
    plain: &[u8],
) -> Result<Vec<u8>, Fault> {
    let arn = key.arn().to_string();
    let length = u16::try_from(arn.len()).map_err(Fault::internal)?;
    let sealed = envelope::seal(cx.world(), &key.material(cx)?, &bound(context)?, plain)
        .map_err(|_| Fault::internal("a key of a wrong length"))?;
    Ok([&[VERSION][..], &length.to_be_bytes(), arn.as_bytes(), &sealed].concat())
}

/// The ARN of the key that made a ciphertext, and the sealed bytes.
pub(super) fn parse(ciphertext: &[u8]) -> Result<(Arn, &[u8]), Fault> {
    let parts = || {
        let (&VERSION, rest) = ciphertext.split_first()? else { return None };
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (arn, sealed) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        Some((std::str::from_utf8(arn).ok()?.parse().ok()?, sealed))
    };
    parts().ok_or_else(invalid)
}

/// Decrypts; any difference in key, context or bytes is one and the same refusal.
pub(super) fn open(
    cx: &Cx,
    key: &KeyRecord,
    context: &EncryptionContext,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    envelope::open(&key.material(cx)?, &bound(context)?, sealed).map_err(|_| invalid())
}

/// AWS answers with an empty message.
fn invalid() -> Fault {
    Fault::new("InvalidCiphertextException", "").status(400)
}

/// The context in one form, whatever the order of its pairs.
fn bound(context: &EncryptionContext) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(context).map_err(Fault::internal)
}
