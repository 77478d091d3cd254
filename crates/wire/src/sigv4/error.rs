//! Every way a signature is refused, and the words of it in S3 and in the other protocols.
//!
//! S3 has its own codes and shows what it signed; the query services answer 403, the JSON ones 400
//! with an `…Exception` code. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

mod s3;

use chrono::{DateTime, Duration, Utc};

use super::presented::Form;
use super::{MAX_SKEW_MINUTES, TIMESTAMP};
use crate::fault::WireFault;
use crate::model::Protocol;

/// Why a request is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request is not authenticated")]
pub enum SigError {
    /// There is no signature where one is needed.
    NoSignature,
    /// The `Authorization` header is not of Signature Version 4.
    UnsupportedAuthorization {
        /// The header.
        text: String,
    },
    /// The `Authorization` header lacks parameters.
    MalformedHeader {
        /// The message.
        message: String,
    },
    /// The credential is not `KEY/DATE/REGION/SERVICE/aws4_request`.
    BadCredential {
        /// Where the signature stands.
        form: Form,
    },
    /// Neither `X-Amz-Date` nor `Date`.
    MissingDate,
    /// A parameter of a presigned URL is missing.
    MissingQuery,
    /// A parameter of a presigned URL is wrong.
    BadQuery {
        /// S3's sentence.
        message: String,
    },
    /// S3 without `x-amz-content-sha256`.
    MissingContentHash,
    /// S3 with an unknown `x-amz-content-sha256`.
    BadContentHash {
        /// The header.
        given: String,
    },
    /// The credential is for another service.
    WrongService {
        /// What the credential says.
        given: String,
        /// The service asked.
        expected: String,
    },
    /// The credential is for another Region.
    WrongRegion {
        /// What the credential says.
        given: String,
        /// The endpoint's Region.
        expected: String,
        /// Where the signature stands.
        form: Form,
    },
    /// The credential's date is not that of the request.
    DateMismatch {
        /// The date of the credential.
        date: String,
        /// The time of the request.
        timestamp: DateTime<Utc>,
    },
    /// The request's time is too far from the server's.
    Skewed {
        /// The time of the request.
        timestamp: DateTime<Utc>,
        /// The server's time.
        now: DateTime<Utc>,
    },
    /// A presigned URL is past its end.
    Expired {
        /// When it was signed.
        timestamp: DateTime<Utc>,
        /// How long it was valid, in seconds.
        seconds: i64,
        /// The server's time.
        now: DateTime<Utc>,
    },
    /// A presigned URL lies in the future.
    NotYetValid {
        /// When it will have been signed.
        timestamp: DateTime<Utc>,
        /// The server's time.
        now: DateTime<Utc>,
    },
    /// `host` is not among the signed headers.
    HostNotSigned,
    /// Headers that must be signed are not.
    HeadersNotSigned(Vec<String>),
    /// The signature is another.
    Mismatch(Box<Mismatch>),
    /// The access key does not exist or is inactive.
    UnknownKey {
        /// The access key id.
        access_key_id: String,
    },
    /// The session token is not that of the access key.
    InvalidToken,
    /// The temporary credentials are past their end.
    ExpiredToken,
}

/// What was compared when a signature did not match: nothing here is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The access key id.
    pub access_key_id: String,
    /// The string that the server signed.
    pub string_to_sign: String,
    /// The signature that came.
    pub signature: String,
    /// The canonical request that the server made.
    pub canonical_request: String,
}

/// What a refusal is called, and how S3 and the others say it.
struct Words {
    query_code: &'static str,
    query_status: u16,
    json_code: &'static str,
    message: String,
}

const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature \
     you provided. Check your AWS Secret Access Key and signing method. Consult the service \
     documentation for details.";

impl SigError {
    pub(super) fn malformed_header(text: &str, missing: &[&str]) -> Self {
        let mut message = String::new();
        for name in missing {
            message.push_str(&format!("Authorization header requires '{name}' parameter. "));
        }
        // The header's signature is not repeated: it may be that of another request.
        let shown = text.split("Signature=").next().unwrap_or_default();
        message.push_str(&format!("Authorization={shown}"));
        Self::MalformedHeader { message }
    }

    /// The refusal in the words of a service of this protocol.
    pub fn fault(&self, protocol: Protocol) -> WireFault {
        if protocol == Protocol::RestXml {
            return self.s3_fault();
        }
        let words = self.words();
        if protocol.is_json() {
            return WireFault::sender(words.json_code, words.message);
        }
        WireFault::sender(words.query_code, words.message).with_status(words.query_status)
    }

    fn words(&self) -> Words {
        match self {
            Self::NoSignature | Self::UnsupportedAuthorization { .. } => Words {
                query_code: "MissingAuthenticationToken",
                query_status: 403,
                json_code: "MissingAuthenticationTokenException",
                message: "Request is missing Authentication Token".to_owned(),
            },
            Self::UnknownKey { .. } | Self::InvalidToken => Words {
                query_code: "InvalidClientTokenId",
                query_status: 403,
                json_code: "UnrecognizedClientException",
                message: "The security token included in the request is invalid.".to_owned(),
            },
            Self::ExpiredToken => Words {
                query_code: "ExpiredToken",
                query_status: 403,
                json_code: "ExpiredTokenException",
                message: "The security token included in the request is expired".to_owned(),
            },
            Self::MalformedHeader { .. }
            | Self::BadCredential { .. }
            | Self::MissingDate
            | Self::MissingQuery
            | Self::BadQuery { .. } => Words {
                query_code: "IncompleteSignature",
                query_status: 400,
                json_code: "IncompleteSignatureException",
                message: self.incomplete_message(),
            },
            _ => Words {
                query_code: "SignatureDoesNotMatch",
                query_status: 403,
                json_code: "InvalidSignatureException",
                message: self.mismatch_message(),
            },
        }
    }

    fn incomplete_message(&self) -> String {
        match self {
            Self::MalformedHeader { message } | Self::BadQuery { message } => message.clone(),
            Self::MissingDate => "Authorization header requires existence of either a \
                 'X-Amz-Date' or a 'Date' header."
                .to_owned(),
            Self::BadCredential { .. } => "Credential must have exactly 5 slash-delimited \
                 elements, e.g. keyid/date/region/service/term"
                .to_owned(),
            _ => "AWS query-string parameters must include 'X-Amz-Algorithm', \
                 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'. \
                 Re-examine the query-string parameters."
                .to_owned(),
        }
    }

    fn mismatch_message(&self) -> String {
        match self {
            Self::WrongService { expected, .. } => {
                format!("Credential should be scoped to correct service: '{expected}'.")
            }
            Self::WrongRegion { expected, .. } => {
                format!("Credential should be scoped to a valid region: '{expected}'.")
            }
            Self::DateMismatch { date, timestamp } => format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{date}' != '{}', from '{}'.",
                timestamp.format("%Y%m%d"),
                timestamp.format(TIMESTAMP)
            ),
            Self::Skewed { timestamp, now } if timestamp > now => later(*timestamp, *now),
            Self::NotYetValid { timestamp, now } => later(*timestamp, *now),
            Self::Skewed { timestamp, now } => {
                earlier(*timestamp, *now - skew(), &format!("{} - 15 min.", stamp(*now)))
            }
            Self::Expired { timestamp, seconds, now } => {
                let end = *timestamp + Duration::seconds(*seconds);
                earlier(end, *now, &stamp(*now))
            }
            Self::HostNotSigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
                    .to_owned()
            }
            _ => WRONG_SIGNATURE.to_owned(),
        }
    }
}

fn skew() -> Duration {
    Duration::minutes(MAX_SKEW_MINUTES)
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format(TIMESTAMP).to_string()
}

fn later(timestamp: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let limit = stamp(now + skew());
    let (timestamp, now) = (stamp(timestamp), stamp(now));
    format!("Signature not yet current: {timestamp} is still later than {limit} ({now} + 15 min.)")
}

fn earlier(end: DateTime<Utc>, limit: DateTime<Utc>, shown: &str) -> String {
    format!("Signature expired: {} is now earlier than {} ({shown})", stamp(end), stamp(limit))
}
