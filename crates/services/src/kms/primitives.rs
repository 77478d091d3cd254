//! Cryptography of asymmetric and HMAC keys: thin wrappers around well-known libraries.
//!
//! Knows bytes only: no key records, no requests, no state. Private keys are PKCS #8 DER
//! (RFC 5958), public keys SubjectPublicKeyInfo DER (RFC 5280), as KMS hands them out. Start at
//! [`generate`].

mod digest;
mod ecc;
mod mac;
mod rsa;

pub(super) use digest::{Hash, digest};
pub(super) use mac::{mac, same_mac};
pub(super) use rsa::{Oaep, Padding, oaep_limit};

use zeroize::Zeroizing;

use super::spec::Spec;
pub(super) use crate::randomness::Random;

/// Bytes that are no key of the wanted kind, no ciphertext of the key, or of a wrong length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unusable;

/// Secret bytes.
pub(super) type Secret = Zeroizing<Vec<u8>>;

/// New key material: raw bytes for symmetric and HMAC keys, PKCS #8 for the others.
pub(super) fn generate(spec: Spec, random: &mut Random<'_>) -> Result<Secret, Unusable> {
    use ::rsa::rand_core::RngCore as _;
    match spec {
        Spec::Rsa2048 | Spec::Rsa3072 | Spec::Rsa4096 => rsa::generate(spec.bits(), random),
        Spec::EccNistP256 => ecc::p256::generate(random),
        Spec::EccNistP384 => ecc::p384::generate(random),
        Spec::EccNistP521 => ecc::p521::generate(random),
        Spec::EccSecgP256k1 => ecc::k256::generate(random),
        _ => {
            let mut bytes = Zeroizing::new(vec![0; spec.bits() / 8]);
            random.fill_bytes(&mut bytes);
            Ok(bytes)
        }
    }
}

/// Brings imported material to the form that is kept, or refuses what is no key of the kind.
pub(super) fn accept(spec: Spec, material: &[u8]) -> Result<Secret, Unusable> {
    match spec {
        Spec::Rsa2048 | Spec::Rsa3072 | Spec::Rsa4096 => rsa::accept(spec.bits(), material),
        Spec::EccNistP256 => ecc::p256::accept(material),
        Spec::EccNistP384 => ecc::p384::accept(material),
        Spec::EccNistP521 => ecc::p521::accept(material),
        Spec::EccSecgP256k1 => ecc::k256::accept(material),
        _ if spec.importable_bytes().contains(&material.len()) => {
            Ok(Zeroizing::new(material.to_vec()))
        }
        _ => Err(Unusable),
    }
}

/// The public half of a private key.
pub(super) fn public(spec: Spec, private: &[u8]) -> Result<Vec<u8>, Unusable> {
    match spec {
        Spec::Rsa2048 | Spec::Rsa3072 | Spec::Rsa4096 => rsa::public(private),
        Spec::EccNistP256 => ecc::p256::public(private),
        Spec::EccNistP384 => ecc::p384::public(private),
        Spec::EccNistP521 => ecc::p521::public(private),
        Spec::EccSecgP256k1 => ecc::k256::public(private),
        _ => Err(Unusable),
    }
}

/// Signs a digest; `padding` says how for RSA keys and is not looked at for others.
pub(super) fn sign(
    spec: Spec,
    private: &[u8],
    padding: Option<Padding>,
    (hash, digest): (Hash, &[u8]),
    random: &mut Random<'_>,
) -> Result<Vec<u8>, Unusable> {
    match (spec, padding) {
        (Spec::EccNistP256, _) => ecc::p256::sign(private, digest, random),
        (Spec::EccNistP384, _) => ecc::p384::sign(private, digest, random),
        (Spec::EccNistP521, _) => ecc::p521::sign(private, digest, random),
        (Spec::EccSecgP256k1, _) => ecc::k256::sign(private, digest, random),
        (_, Some(padding)) => rsa::sign(private, padding, hash, digest, random),
        _ => Err(Unusable),
    }
}

/// Whether a signature of a digest is one by this key.
pub(super) fn verify(
    spec: Spec,
    private: &[u8],
    padding: Option<Padding>,
    (hash, digest): (Hash, &[u8]),
    signature: &[u8],
) -> Result<bool, Unusable> {
    match (spec, padding) {
        (Spec::EccNistP256, _) => ecc::p256::verify(private, digest, signature),
        (Spec::EccNistP384, _) => ecc::p384::verify(private, digest, signature),
        (Spec::EccNistP521, _) => ecc::p521::verify(private, digest, signature),
        (Spec::EccSecgP256k1, _) => ecc::k256::verify(private, digest, signature),
        (_, Some(padding)) => rsa::verify(private, padding, hash, digest, signature),
        _ => Err(Unusable),
    }
}

/// The raw shared secret with the owner of a public key (SEC 1, section 3.3.1).
pub(super) fn agree(spec: Spec, private: &[u8], peer: &[u8]) -> Result<Secret, Unusable> {
    match spec {
        Spec::EccNistP256 => ecc::agree_p256(private, peer),
        Spec::EccNistP384 => ecc::agree_p384(private, peer),
        Spec::EccNistP521 => ecc::agree_p521(private, peer),
        _ => Err(Unusable),
    }
}

/// Encrypts for the owner of an RSA key.
pub(super) fn encrypt(
    private: &[u8],
    oaep: Oaep,
    plain: &[u8],
    random: &mut Random<'_>,
) -> Result<Vec<u8>, Unusable> {
    rsa::encrypt(private, oaep, plain, random)
}

/// Decrypts what was encrypted for an RSA key.
pub(super) fn decrypt(
    private: &[u8],
    oaep: Oaep,
    sealed: &[u8],
    random: &mut Random<'_>,
) -> Result<Secret, Unusable> {
    rsa::decrypt(private, oaep, sealed, random)
}

/// Opens AES key wrap with padding (RFC 5649) under a 256-bit key.
pub(super) fn unwrap_with_padding(key: &[u8], wrapped: &[u8]) -> Result<Secret, Unusable> {
    let key: [u8; 32] = key.try_into().map_err(|_| Unusable)?;
    let kek = aes_kw::KekAes256::from(key);
    kek.unwrap_with_padding_vec(wrapped).map(Zeroizing::new).map_err(|_| Unusable)
}
