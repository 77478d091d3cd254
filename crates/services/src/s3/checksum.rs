//! Object checksums: what the client sent, what is stored, what is answered
//! ("Checking object integrity in Amazon S3", S3 User Guide).
//!
//! A checksum is computed and kept when the client sends one or names an algorithm; PutObject and
//! CopyObject add CRC64NVME to every other object, as AWS does since December 2024. A multipart
//! upload that names no algorithm makes an object without one.
//!
//! Knows no state. Start at [`Checksums`] (on the wire) and [`Sum`] (stored).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Checksum, Fault};
use ring::digest;
use serde::{Deserialize, Serialize};

use super::{crc, faults};

pub(super) const FULL_OBJECT: &str = "FULL_OBJECT";
pub(super) const COMPOSITE: &str = "COMPOSITE";

/// The checksum members of an input or output.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Checksums {
    #[serde(rename = "ChecksumCRC32", skip_serializing_if = "Option::is_none")]
    crc32: Option<String>,
    #[serde(rename = "ChecksumCRC32C", skip_serializing_if = "Option::is_none")]
    crc32c: Option<String>,
    #[serde(rename = "ChecksumCRC64NVME", skip_serializing_if = "Option::is_none")]
    crc64nvme: Option<String>,
    #[serde(rename = "ChecksumSHA1", skip_serializing_if = "Option::is_none")]
    sha1: Option<String>,
    #[serde(rename = "ChecksumSHA256", skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// A stored checksum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sum {
    /// Such as `CRC32`.
    pub algorithm: String,
    /// Base64; a composite one ends with `-` and the number of parts.
    pub value: String,
    /// `FULL_OBJECT` or `COMPOSITE`.
    pub kind: String,
}

impl Checksums {
    /// The members for one checksum.
    pub(super) fn of(algorithm: &str, value: &str) -> Self {
        let mut all = Self::default();
        if let Ok(algorithm) = algorithm.parse() {
            *all.slot(algorithm) = Some(value.to_owned());
        }
        all
    }

    fn slot(&mut self, algorithm: Checksum) -> &mut Option<String> {
        match algorithm {
            Checksum::Crc32 => &mut self.crc32,
            Checksum::Crc32c => &mut self.crc32c,
            Checksum::Crc64Nvme => &mut self.crc64nvme,
            Checksum::Sha1 => &mut self.sha1,
            Checksum::Sha256 => &mut self.sha256,
        }
    }

    /// The value for an algorithm.
    pub(super) fn get(&self, algorithm: Checksum) -> Option<&str> {
        match algorithm {
            Checksum::Crc32 => self.crc32.as_deref(),
            Checksum::Crc32c => self.crc32c.as_deref(),
            Checksum::Crc64Nvme => self.crc64nvme.as_deref(),
            Checksum::Sha1 => self.sha1.as_deref(),
            Checksum::Sha256 => self.sha256.as_deref(),
        }
    }

    /// The one checksum that was sent.
    ///
    /// # Errors
    /// `InvalidRequest` for several.
    pub(super) fn given(&self) -> Result<Option<(Checksum, &str)>, Fault> {
        let mut given = Checksum::ALL.into_iter().filter_map(|kind| Some((kind, self.get(kind)?)));
        let first = given.next();
        if given.next().is_some() {
            return Err(faults::invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            ));
        }
        Ok(first)
    }

    /// The algorithm that a body is to be digested with: of the value sent, or the one named.
    ///
    /// # Errors
    /// `InvalidRequest` for an algorithm that is not known.
    pub(super) fn wanted(&self, named: Option<&str>) -> Result<Option<Checksum>, Fault> {
        match (self.given()?, named) {
            (Some((algorithm, _)), _) => Ok(Some(algorithm)),
            (None, Some(name)) => parse(name).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Compares what was sent with what was computed.
    ///
    /// # Errors
    /// `BadDigest`.
    pub(super) fn verify(&self, computed: Option<&(Checksum, String)>) -> Result<(), Fault> {
        match (self.given()?, computed) {
            (Some((sent, value)), Some((algorithm, actual)))
                if sent == *algorithm && value != actual =>
            {
                Err(faults::bad_digest(algorithm.name()))
            }
            _ => Ok(()),
        }
    }
}

impl Sum {
    /// A checksum over all bytes.
    pub(super) fn full((algorithm, value): (Checksum, String)) -> Self {
        Self { algorithm: algorithm.name().to_owned(), value, kind: FULL_OBJECT.to_owned() }
    }

    /// As output members.
    pub(super) fn members(&self) -> Checksums {
        Checksums::of(&self.algorithm, &self.value)
    }
}

/// An algorithm by its name.
///
/// # Errors
/// `InvalidRequest` for one that is not known.
pub(super) fn parse(name: &str) -> Result<Checksum, Fault> {
    name.parse().map_err(|()| {
        let known = Checksum::ALL.map(Checksum::name).join(", ");
        faults::invalid_request(format!(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid \
             types: [{known}]"
        ))
    })
}

fn crc_of(algorithm: Checksum) -> Option<crc::Kind> {
    match algorithm {
        Checksum::Crc32 => Some(crc::CRC32),
        Checksum::Crc32c => Some(crc::CRC32C),
        Checksum::Crc64Nvme => Some(crc::CRC64NVME),
        Checksum::Sha1 | Checksum::Sha256 => None,
    }
}

/// A checksum that is being computed, for bytes that do not pass the gateway's door.
pub(super) enum Hasher {
    Crc(Checksum, Box<crc::Running>),
    Sha(Checksum, Box<digest::Context>),
}

impl Hasher {
    pub(super) fn new(algorithm: Checksum) -> Self {
        match (crc_of(algorithm), algorithm) {
            (Some(kind), _) => Self::Crc(algorithm, Box::new(crc::Running::new(kind))),
            (None, Checksum::Sha1) => {
                let sha1 = &digest::SHA1_FOR_LEGACY_USE_ONLY;
                Self::Sha(algorithm, Box::new(digest::Context::new(sha1)))
            }
            (None, _) => Self::Sha(algorithm, Box::new(digest::Context::new(&digest::SHA256))),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, crc) => crc.update(bytes),
            Self::Sha(_, sha) => sha.update(bytes),
        }
    }

    pub(super) fn finish(self) -> (Checksum, String) {
        match self {
            Self::Crc(algorithm, crc) => (algorithm, STANDARD.encode(crc.finish())),
            Self::Sha(algorithm, sha) => (algorithm, STANDARD.encode(sha.finish())),
        }
    }
}

/// The checksum of an object from those of its parts (value, bytes) in order.
///
/// # Errors
/// `InvalidRequest` for a full-object checksum with an algorithm that cannot be combined.
pub(super) fn of_parts(
    algorithm: Checksum,
    kind: &str,
    parts: &[(String, u64)],
) -> Result<Sum, Fault> {
    let value = if kind == COMPOSITE {
        let mut hasher = Hasher::new(algorithm);
        for (value, _) in parts {
            hasher.update(&decoded(value)?);
        }
        format!("{}-{}", hasher.finish().1, parts.len())
    } else {
        let crc = crc_of(algorithm).ok_or_else(|| full_object_impossible(algorithm))?;
        let mut whole = 0;
        for (value, bytes) in parts {
            whole = crc.combine(whole, crc::from_bytes(&decoded(value)?), *bytes);
        }
        STANDARD.encode(crc::to_bytes(crc, whole))
    };
    Ok(Sum { algorithm: algorithm.name().to_owned(), value, kind: kind.to_owned() })
}

/// The type of a multipart upload's checksum: the one asked for, or the algorithm's default.
///
/// # Errors
/// `InvalidRequest` for a pair that S3 does not have.
pub(super) fn kind_for(algorithm: Checksum, asked: Option<&str>) -> Result<&'static str, Fault> {
    match (algorithm, asked) {
        (Checksum::Crc64Nvme, None | Some(FULL_OBJECT)) => Ok(FULL_OBJECT),
        (Checksum::Crc64Nvme, Some(_)) => Err(faults::invalid_request(
            "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
        )),
        (Checksum::Sha1 | Checksum::Sha256, Some(FULL_OBJECT)) => {
            Err(full_object_impossible(algorithm))
        }
        (_, Some(FULL_OBJECT)) => Ok(FULL_OBJECT),
        (_, None | Some(_)) => Ok(COMPOSITE),
    }
}

fn full_object_impossible(algorithm: Checksum) -> Fault {
    let name = algorithm.name().to_ascii_lowercase();
    faults::invalid_request(format!(
        "The FULL_OBJECT checksum type cannot be used with the {name} checksum algorithm."
    ))
}

fn decoded(value: &str) -> Result<Vec<u8>, Fault> {
    STANDARD.decode(value).map_err(Fault::internal)
}
