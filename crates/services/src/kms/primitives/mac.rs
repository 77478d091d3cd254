//! HMAC (RFC 2104) over SHA-2.

use hmac::{Hmac, Mac};
use rsa::sha2::{Sha224, Sha256, Sha384, Sha512};

use super::Unusable;
use crate::kms::spec::Spec;

macro_rules! with {
    ($hash:ty, $key:expr, $message:expr) => {{
        let mut mac = Hmac::<$hash>::new_from_slice($key).map_err(|_| Unusable)?;
        mac.update($message);
        mac
    }};
}

/// The tag of a message under an HMAC key.
pub(in crate::kms) fn mac(spec: Spec, key: &[u8], message: &[u8]) -> Result<Vec<u8>, Unusable> {
    Ok(match spec {
        Spec::Hmac224 => with!(Sha224, key, message).finalize().into_bytes().to_vec(),
        Spec::Hmac256 => with!(Sha256, key, message).finalize().into_bytes().to_vec(),
        Spec::Hmac384 => with!(Sha384, key, message).finalize().into_bytes().to_vec(),
        Spec::Hmac512 => with!(Sha512, key, message).finalize().into_bytes().to_vec(),
        _ => return Err(Unusable),
    })
}

/// Whether a tag is the message's, compared in constant time.
pub(in crate::kms) fn same_mac(
    spec: Spec,
    key: &[u8],
    message: &[u8],
    tag: &[u8],
) -> Result<bool, Unusable> {
    let verdict = match spec {
        Spec::Hmac224 => with!(Sha224, key, message).verify_slice(tag),
        Spec::Hmac256 => with!(Sha256, key, message).verify_slice(tag),
        Spec::Hmac384 => with!(Sha384, key, message).verify_slice(tag),
        Spec::Hmac512 => with!(Sha512, key, message).verify_slice(tag),
        _ => return Err(Unusable),
    };
    Ok(verdict.is_ok())
}
