//! The refusals as S3 words them: its own codes, and elements beside the message that show what
//! it compared.

use chrono::{DateTime, Duration, SecondsFormat, Utc};

use super::{Mismatch, SigError, skew, stamp};
use crate::fault::WireFault;
use crate::sigv4::presented::Form;

impl SigError {
    pub(super) fn s3_fault(&self) -> WireFault {
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
            Self::UnsupportedAuthorization { text } => {
                WireFault::sender("InvalidArgument", "Unsupported Authorization Type")
                    .with_extra("ArgumentName", "Authorization")
                    .with_extra("ArgumentValue", text.split(' ').next().unwrap_or_default())
            }
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
        let query =
            |message: String| WireFault::sender("AuthorizationQueryParametersError", message);
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
            _ => header(
                "the authorization header requires three components: Credential, \
                 SignedHeaders, and Signature.",
            ),
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

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `41 57 53 34`
fn spaced_hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
