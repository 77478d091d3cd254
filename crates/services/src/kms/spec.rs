//! What kinds of keys there are, and what each can do ("Key spec reference", KMS Developer Guide).
//!
//! ML-DSA, Edwards and SM2 keys are not built.

use std::ops::RangeInclusive;

use gateway::Fault;
use serde::{Deserialize, Serialize};

use super::primitives::{Hash, Oaep, Padding};

/// `KeySpec`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Spec {
    #[serde(rename = "SYMMETRIC_DEFAULT")]
    Symmetric,
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    #[serde(rename = "RSA_4096")]
    Rsa4096,
    #[serde(rename = "ECC_NIST_P256")]
    EccNistP256,
    #[serde(rename = "ECC_NIST_P384")]
    EccNistP384,
    #[serde(rename = "ECC_NIST_P521")]
    EccNistP521,
    #[serde(rename = "ECC_SECG_P256K1")]
    EccSecgP256k1,
    #[serde(rename = "HMAC_224")]
    Hmac224,
    #[serde(rename = "HMAC_256")]
    Hmac256,
    #[serde(rename = "HMAC_384")]
    Hmac384,
    #[serde(rename = "HMAC_512")]
    Hmac512,
}

/// `KeyUsage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Usage {
    EncryptDecrypt,
    SignVerify,
    GenerateVerifyMac,
    KeyAgreement,
}

/// The one encryption algorithm of symmetric keys.
pub(super) const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
const OAEP: [&str; 2] = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];
const RSA_SIGNING: [&str; 6] = [
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];
const MANAGEMENT: [&str; 3] = ["CreateGrant", "DescribeKey", "RetireGrant"];

impl Spec {
    /// The kind of this name, if it is built.
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        serde_json::from_value(name.into()).map_err(|_| {
            let text = format!("KeySpec {name} is not implemented.");
            Fault::new("UnsupportedOperationException", text).status(400)
        })
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Symmetric => SYMMETRIC,
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::Hmac224 => "HMAC_224",
            Self::Hmac256 => "HMAC_256",
            Self::Hmac384 => "HMAC_384",
            Self::Hmac512 => "HMAC_512",
        }
    }

    /// Bits of the modulus, the curve or the secret.
    pub(super) fn bits(self) -> usize {
        match self {
            Self::Rsa2048 => 2_048,
            Self::Rsa3072 => 3_072,
            Self::Rsa4096 => 4_096,
            Self::EccNistP384 | Self::Hmac384 => 384,
            Self::EccNistP521 => 521,
            Self::Hmac224 => 224,
            Self::Hmac512 => 512,
            Self::Symmetric | Self::EccNistP256 | Self::EccSecgP256k1 | Self::Hmac256 => 256,
        }
    }

    /// Lengths that imported secrets may have ("Requirements for imported key material", KMS
    /// Developer Guide); private keys are checked by what they contain.
    pub(super) fn importable_bytes(self) -> RangeInclusive<usize> {
        match self {
            Self::Hmac224 => 28..=64,
            Self::Hmac256 => 32..=64,
            Self::Hmac384 => 48..=128,
            Self::Hmac512 => 64..=128,
            _ => 32..=32,
        }
    }

    /// Whether it has a public half.
    pub(super) fn is_asymmetric(self) -> bool {
        self.is_rsa() || self.is_ecc()
    }

    pub(super) fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }

    fn is_ecc(self) -> bool {
        use Spec::{EccNistP256, EccNistP384, EccNistP521, EccSecgP256k1};
        matches!(self, EccNistP256 | EccNistP384 | EccNistP521 | EccSecgP256k1)
    }

    fn usages(self) -> &'static [Usage] {
        match self {
            Self::Symmetric => &[Usage::EncryptDecrypt],
            Self::EccSecgP256k1 => &[Usage::SignVerify],
            _ if self.is_rsa() => &[Usage::EncryptDecrypt, Usage::SignVerify],
            _ if self.is_ecc() => &[Usage::SignVerify, Usage::KeyAgreement],
            _ => &[Usage::GenerateVerifyMac],
        }
    }

    /// What a new key is for; only symmetric encryption keys may leave it out.
    pub(super) fn usage(self, asked: Option<Usage>) -> Result<Usage, Fault> {
        let refused = |text: String| Err(Fault::new("ValidationException", text).status(400));
        match asked {
            None if self == Self::Symmetric => Ok(Usage::EncryptDecrypt),
            None => refused(
                "You must specify a KeyUsage value for all KMS keys except for symmetric \
                 encryption keys."
                    .to_owned(),
            ),
            Some(usage) if self.usages().contains(&usage) => Ok(usage),
            Some(usage) => refused(format!(
                "KeyUsage {} is not compatible with KeySpec {}",
                usage.name(),
                self.name()
            )),
        }
    }

    /// The algorithms of a key of this kind that is for `usage`.
    pub(super) fn algorithms(self, usage: Usage) -> &'static [&'static str] {
        match (self, usage) {
            (Self::Symmetric, _) => &[SYMMETRIC],
            (Self::Hmac224, _) => &["HMAC_SHA_224"],
            (Self::Hmac256, _) => &["HMAC_SHA_256"],
            (Self::Hmac384, _) => &["HMAC_SHA_384"],
            (Self::Hmac512, _) => &["HMAC_SHA_512"],
            (_, Usage::KeyAgreement) => &["ECDH"],
            (Self::EccNistP256 | Self::EccSecgP256k1, _) => &["ECDSA_SHA_256"],
            (Self::EccNistP384, _) => &["ECDSA_SHA_384"],
            (Self::EccNistP521, _) => &["ECDSA_SHA_512"],
            (_, Usage::EncryptDecrypt) => &OAEP,
            _ => &RSA_SIGNING,
        }
    }

    /// Operations that a grant on such a key may name.
    pub(super) fn grantable(self, usage: Usage) -> Vec<&'static str> {
        let mut operations = match usage {
            _ if self == Self::Symmetric => super::grant::document::WITH_CONTEXT.to_vec(),
            Usage::EncryptDecrypt => vec!["Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"],
            Usage::SignVerify => vec!["Sign", "Verify"],
            Usage::GenerateVerifyMac => vec!["GenerateMac", "VerifyMac"],
            Usage::KeyAgreement => vec!["DeriveSharedSecret"],
        };
        operations.extend(MANAGEMENT);
        if self.is_asymmetric() {
            operations.push("GetPublicKey");
        }
        operations
    }
}

impl Usage {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::SignVerify => "SIGN_VERIFY",
            Self::GenerateVerifyMac => "GENERATE_VERIFY_MAC",
            Self::KeyAgreement => "KEY_AGREEMENT",
        }
    }
}

/// What an RSA encryption algorithm of this name is; `None` for the symmetric one.
pub(super) fn oaep(algorithm: &str) -> Option<Oaep> {
    match algorithm {
        "RSAES_OAEP_SHA_1" => Some(Oaep::Sha1),
        "RSAES_OAEP_SHA_256" => Some(Oaep::Sha256),
        _ => None,
    }
}

/// Padding (RSA only) and hash of a signing algorithm.
pub(super) fn signing(algorithm: &str) -> Option<(Option<Padding>, Hash)> {
    let hash = match algorithm.rsplit('_').next()? {
        "256" => Hash::Sha256,
        "384" => Hash::Sha384,
        "512" => Hash::Sha512,
        _ => return None,
    };
    let padding = if algorithm.starts_with("RSASSA_PSS_") {
        Some(Padding::Pss)
    } else if algorithm.starts_with("RSASSA_PKCS1_V1_5_") {
        Some(Padding::Pkcs1v15)
    } else {
        None
    };
    Some((padding, hash))
}
