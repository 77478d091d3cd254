//! SHA-2.

use ring::digest::{SHA256, SHA384, SHA512, digest as ring_digest};

/// A hash function of signing algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kms) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Bytes of a digest.
    pub(in crate::kms) fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The digest of a message.
pub(in crate::kms) fn digest(hash: Hash, message: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha256 => &SHA256,
        Hash::Sha384 => &SHA384,
        Hash::Sha512 => &SHA512,
    };
    ring_digest(algorithm, message).as_ref().to_vec()
}
