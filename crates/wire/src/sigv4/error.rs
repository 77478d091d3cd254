//! Every way a signature is refused, and the words of it in S3 and in the other protocols.
//!
//! S3 has its own codes and shows what it signed; the query services answer 403, the JSON ones 400
//! with an `…Exception` code. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use chrono::{DateTime, Duration, SecondsFormat, Utc};

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

    fn s3_fault(&self) -> WireFault {
        match self {
            Self::UnknownKey { access_key_id } => forbidden(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
            .with_extra("AWSAccessKeyId", access_key_id),
            Self::InvalidToken => {
                let message = "The provided token is malformed or otherwise invalid.";
                WireFault::sender("InvalidToken", message)
            }
            Self::ExpiredToken => {
                WireFault::sender("ExpiredToken", "The provided token has expired.")
            }
            Self::NoSignature => forbidden("AccessDenied", "Access Denied"),
            Self::UnsupportedAuthorization { text } => WireFault::sender(
                "InvalidArgument",
                "Unsupported Authorization Type",
            )
            .with_extra("ArgumentName", "Authorization")
            .with_extra("ArgumentValue", text.split(' ').next().unwrap_or_default()),
            Self::Mismatch(mismatch) => mismatch.s3_fault(),
            Self::HostNotSigned => headers_not_signed("host"),
            Self::HeadersNotSigned(names) => headers_not_signed(&names.join(", ")),
            Self::MissingContentHash => WireFault::sender(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256",
            ),
            Self::BadContentHash { given } => WireFault::sender(
                "InvalidArgument",
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
                 STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
                 STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            )
            .with_extra("ArgumentName", "x-amz-content-sha256")
            .with_extra("ArgumentValue", given),
            Self::MissingDate => forbidden(
                "AccessDenied",
                "AWS authentication requires a valid Date or x-amz-date header",
            ),
            Self::Skewed { .. } | Self::Expired { .. } | Self::NotYetValid { .. } => {
                self.s3_time_fault()
            }
            _ => self.s3_malformed(),
        }
    }

    fn s3_time_fault(&self) -> WireFault {
        match self {
            Self::Expired { timestamp, seconds, now } => {
                forbidden("AccessDenied", "Request has expired")
                    .with_extra("X-Amz-Expires", seconds.to_string())
                    .with_extra("Expires", iso(*timestamp + Duration::seconds(*seconds)))
                    .with_extra("ServerTime", iso(*now))
            }
            Self::NotYetValid { timestamp, now } => {
                forbidden("AccessDenied", "Request is not valid yet")
                    .with_extra("X-Amz-Date", iso(*timestamp))
                    .with_extra("ServerTime", iso(*now))
            }
            Self::Skewed { timestamp, now } => {
                let message =
                    "The difference between the request time and the current time is too large.";
                forbidden("RequestTimeTooSkewed", message)
                    .with_extra("RequestTime", stamp(*timestamp))
                    .with_extra("ServerTime", iso(*now))
                    .with_extra("MaxAllowedSkewMilliseconds", skew().num_milliseconds().to_string())
            }
            _ => self.s3_malformed(),
        }
    }

    /// Faults of the header or the query parameters, each with its own code.
    fn s3_malformed(&self) -> WireFault {
        let header = |detail: &str| {
            let message = format!("The authorization header is malformed; {detail}");
            WireFault::sender("AuthorizationHeaderMalformed", message)
        };
        let query = |message: String| {
            WireFault::sender("AuthorizationQueryParametersError", message)
        };
        match self {
            Self::BadCredential { form: Form::Query } => query(
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; \
                 expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
                    .to_owned(),
            ),
            Self::BadCredential { form: Form::Header } => header(
                "the Credential is mal-formed; expecting \
                 \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
            ),
            Self::MissingQuery => query(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, \
                 X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
                 X-Amz-Expires parameters."
                    .to_owned(),
            ),
            Self::BadQuery { message } => query(message.clone()),
            Self::WrongRegion { given, expected, form } => match form {
                Form::Header => {
                    header(&format!("the region '{given}' is wrong; expecting '{expected}'"))
                }
                Form::Query => query(format!(
                    "Error parsing the X-Amz-Credential parameter; the region '{given}' is \
                     wrong; expecting '{expected}'"
                )),
            }
            .with_extra("Region", expected),
            Self::WrongService { given, expected } => header(&format!(
                "incorrect service \"{given}\". This endpoint belongs to \"{expected}\"."
            )),
            Self::DateMismatch { date, timestamp } => header(&format!(
                "Invalid credential date \"{date}\". This date is not the same as X-Amz-Date: \
                 \"{}\".",
                timestamp.format("%Y%m%d")
            )),
            _ => header("the authorization header requires three components: Credential, \
                 SignedHeaders, and Signature."),
        }
    }
}

impl Mismatch {
    fn s3_fault(&self) -> WireFault {
        let message = "The request signature we calculated does not match the signature you \
             provided. Check your key and signing method.";
        forbidden("SignatureDoesNotMatch", message)
            .with_extra("AWSAccessKeyId", &self.access_key_id)
            .with_extra("StringToSign", &self.string_to_sign)
            .with_extra("SignatureProvided", &self.signature)
            .with_extra("StringToSignBytes", spaced_hex(&self.string_to_sign))
            .with_extra("CanonicalRequest", &self.canonical_request)
            .with_extra("CanonicalRequestBytes", spaced_hex(&self.canonical_request))
    }
}

fn headers_not_signed(names: &str) -> WireFault {
    let message = "There were headers present in the request which were not signed";
    forbidden("AccessDenied", message).with_extra("HeadersNotSigned", names)
}

fn forbidden(code: &str, message: &str) -> WireFault {
    WireFault::sender(code, message).with_status(403)
}

fn skew() -> Duration {
    Duration::minutes(MAX_SKEW_MINUTES)
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format(TIMESTAMP).to_string()
}

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn later(timestamp: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let limit = stamp(now + skew());
    let (timestamp, now) = (stamp(timestamp), stamp(now));
    format!("Signature not yet current: {timestamp} is still later than {limit} ({now} + 15 min.)")
}

fn earlier(end: DateTime<Utc>, limit: DateTime<Utc>, shown: &str) -> String {
    format!("Signature expired: {} is now earlier than {} ({shown})", stamp(end), stamp(limit))
}

/// `41 57 53 34`
fn spaced_hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
