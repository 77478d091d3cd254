//! Digests of a body while it passes by: MD5 for ETags, SHA-256 for signatures, and the checksum
//! that S3 clients send ("Checking object integrity", S3 User Guide).

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use ring::digest;

/// A checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// CRC-32 (ISO 3309).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Checksum {
    /// Every algorithm.
    pub const ALL: [Self; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// As in `x-amz-checksum-algorithm`, and in member names after `Checksum`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries a value of it.
    pub fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Checksum {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(text)).ok_or(())
    }
}

/// Which digests of a body are wanted.
#[derive(Debug, Clone, Default)]
pub struct Digests {
    /// MD5, for an ETag or `Content-MD5`.
    pub md5: bool,
    /// SHA-256, for the payload hash of a signature.
    pub sha256: bool,
    /// A checksum to compute and keep.
    pub checksum: Option<Checksum>,
    /// The one to compute where nobody names one.
    pub fallback: Option<Checksum>,
}

impl Digests {
    /// What either wants.
    pub(crate) fn or(&self, other: &Self) -> Self {
        Self {
            md5: self.md5 || other.md5,
            sha256: self.sha256 || other.sha256,
            checksum: self.checksum.or(other.checksum),
            fallback: self.fallback.or(other.fallback),
        }
    }
}

/// Digests over what has passed by so far.
pub(crate) struct Digesting {
    md5: Option<Md5>,
    sha256: Option<digest::Context>,
    checksum: Option<Running>,
    bytes: u64,
}

enum Running {
    Crc32(crc32fast::Hasher),
    Crc32c(u32),
    Crc64Nvme(crc64fast_nvme::Digest),
    Sha(Checksum, Box<digest::Context>),
}

/// The finished digests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digested {
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) sha256_hex: Option<String>,
    pub(crate) checksum: Option<(Checksum, String)>,
    pub(crate) bytes: u64,
}

impl Digesting {
    pub(crate) fn new(wanted: &Digests) -> Self {
        Self {
            md5: wanted.md5.then(Md5::new),
            sha256: wanted.sha256.then(|| digest::Context::new(&digest::SHA256)),
            checksum: wanted.checksum.or(wanted.fallback).map(Running::new),
            bytes: 0,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(checksum) = &mut self.checksum {
            checksum.update(bytes);
        }
    }

    pub(crate) fn finish(self) -> Digested {
        Digested {
            md5: self.md5.map(|md5| md5.finalize().into()),
            sha256_hex: self.sha256.map(|sha256| hex::encode(sha256.finish())),
            checksum: self.checksum.map(Running::finish),
            bytes: self.bytes,
        }
    }
}

impl Running {
    fn new(algorithm: Checksum) -> Self {
        match algorithm {
            Checksum::Crc32 => Self::Crc32(crc32fast::Hasher::new()),
            Checksum::Crc32c => Self::Crc32c(0),
            Checksum::Crc64Nvme => Self::Crc64Nvme(crc64fast_nvme::Digest::new()),
            Checksum::Sha1 => {
                let sha1 = &digest::SHA1_FOR_LEGACY_USE_ONLY;
                Self::Sha(algorithm, Box::new(digest::Context::new(sha1)))
            }
            Checksum::Sha256 => {
                Self::Sha(algorithm, Box::new(digest::Context::new(&digest::SHA256)))
            }
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(crc) => crc.update(bytes),
            Self::Crc32c(crc) => *crc = crc32c::crc32c_append(*crc, bytes),
            Self::Crc64Nvme(crc) => crc.write(bytes),
            Self::Sha(_, sha) => sha.update(bytes),
        }
    }

    fn finish(self) -> (Checksum, String) {
        match self {
            Self::Crc32(crc) => (Checksum::Crc32, STANDARD.encode(crc.finalize().to_be_bytes())),
            Self::Crc32c(crc) => (Checksum::Crc32c, STANDARD.encode(crc.to_be_bytes())),
            Self::Crc64Nvme(crc) => {
                (Checksum::Crc64Nvme, STANDARD.encode(crc.sum64().to_be_bytes()))
            }
            Self::Sha(algorithm, sha) => (algorithm, STANDARD.encode(sha.finish())),
        }
    }
}
