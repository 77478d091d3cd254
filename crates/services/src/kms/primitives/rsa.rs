//! RSA (RFC 8017): OAEP encryption, PSS and PKCS #1 v1.5 signatures.

use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};
use zeroize::Zeroizing;

use super::{Hash, Random, Secret, Unusable};

/// How a digest is padded before it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kms) enum Padding {
    /// With a salt as long as the digest, as KMS signs.
    Pss,
    Pkcs1v15,
}

/// The hash of OAEP, for the label and the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kms) enum Oaep {
    Sha1,
    Sha256,
}

impl Oaep {
    fn padding(self) -> rsa::Oaep {
        match self {
            Self::Sha1 => rsa::Oaep::new::<sha1::Sha1>(),
            Self::Sha256 => rsa::Oaep::new::<Sha256>(),
        }
    }
}

/// Bytes that one OAEP encryption under a key of so many bits can hold.
pub(in crate::kms) fn oaep_limit(bits: usize, oaep: Oaep) -> usize {
    let hash = match oaep {
        Oaep::Sha1 => 20,
        Oaep::Sha256 => 32,
    };
    (bits / 8).saturating_sub(2 * hash + 2)
}

fn read(private: &[u8]) -> Result<RsaPrivateKey, Unusable> {
    RsaPrivateKey::from_pkcs8_der(private).map_err(|_| Unusable)
}

fn write(key: &RsaPrivateKey) -> Result<Secret, Unusable> {
    let der = key.to_pkcs8_der().map_err(|_| Unusable)?;
    Ok(Zeroizing::new(der.as_bytes().to_vec()))
}

pub(super) fn generate(bits: usize, random: &mut Random<'_>) -> Result<Secret, Unusable> {
    write(&RsaPrivateKey::new(random, bits).map_err(|_| Unusable)?)
}

pub(super) fn accept(bits: usize, material: &[u8]) -> Result<Secret, Unusable> {
    let key = read(material)?;
    key.validate().map_err(|_| Unusable)?;
    if key.n().bits() != bits {
        return Err(Unusable);
    }
    write(&key)
}

pub(super) fn public(private: &[u8]) -> Result<Vec<u8>, Unusable> {
    let key = RsaPublicKey::from(&read(private)?);
    Ok(key.to_public_key_der().map_err(|_| Unusable)?.into_vec())
}

pub(super) fn encrypt(
    private: &[u8],
    oaep: Oaep,
    plain: &[u8],
    random: &mut Random<'_>,
) -> Result<Vec<u8>, Unusable> {
    let key = RsaPublicKey::from(&read(private)?);
    key.encrypt(random, oaep.padding(), plain).map_err(|_| Unusable)
}

pub(super) fn decrypt(
    private: &[u8],
    oaep: Oaep,
    sealed: &[u8],
    random: &mut Random<'_>,
) -> Result<Secret, Unusable> {
    let key = read(private)?;
    key.decrypt_blinded(random, oaep.padding(), sealed).map(Zeroizing::new).map_err(|_| Unusable)
}

pub(super) fn sign(
    private: &[u8],
    padding: Padding,
    hash: Hash,
    digest: &[u8],
    random: &mut Random<'_>,
) -> Result<Vec<u8>, Unusable> {
    let key = read(private)?;
    let signature = match padding {
        Padding::Pss => key.sign_with_rng(random, pss(hash), digest),
        Padding::Pkcs1v15 => key.sign_with_rng(random, pkcs1v15(hash), digest),
    };
    signature.map_err(|_| Unusable)
}

pub(super) fn verify(
    private: &[u8],
    padding: Padding,
    hash: Hash,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, Unusable> {
    let key = RsaPublicKey::from(&read(private)?);
    let verdict = match padding {
        Padding::Pss => key.verify(pss(hash), digest, signature),
        Padding::Pkcs1v15 => key.verify(pkcs1v15(hash), digest, signature),
    };
    Ok(verdict.is_ok())
}

fn pss(hash: Hash) -> Pss {
    match hash {
        Hash::Sha256 => Pss::new_blinded::<Sha256>(),
        Hash::Sha384 => Pss::new_blinded::<Sha384>(),
        Hash::Sha512 => Pss::new_blinded::<Sha512>(),
    }
}

fn pkcs1v15(hash: Hash) -> Pkcs1v15Sign {
    match hash {
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    }
}
