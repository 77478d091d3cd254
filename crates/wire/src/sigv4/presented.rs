//! What a request presents as its signature, in headers or in the query string.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::error::SigError;
use super::{ALGORITHM, MAX_EXPIRES, TIMESTAMP};

/// Where a signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string: a presigned URL.
    Query,
}

/// A request's signature, read and not yet verified. `Debug` leaves out the session token.
#[derive(Clone)]
pub struct Presented {
    pub(super) form: Form,
    pub(super) access_key_id: String,
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    pub(super) timestamp: DateTime<Utc>,
    pub(super) expires: Option<i64>,
    pub(super) session_token: Option<String>,
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("form", &self.form)
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope())
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl Presented {
    /// Reads the signature of a request; `None` when it has none.
    ///
    /// # Errors
    /// When there is one that is malformed or incomplete. [`SigError::fault`] words it.
    pub fn parse(parts: &Parts) -> Result<Option<Self>, SigError> {
        let header = parts.headers.get(http::header::AUTHORIZATION);
        let query = Query::of(parts);
        match header {
            Some(value) => {
                let text = value.to_str().map_err(|_| SigError::malformed_header("", &[]))?;
                from_header(parts, text).map(Some)
            }
            None if query.is_signed() => from_query(&query).map(Some),
            None => Ok(None),
        }
    }

    /// Where the signature stands.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The access key id.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The Region of the credential scope.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The service of the credential scope.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The token of temporary credentials, signed or appended.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// When the request says it was signed.
    pub fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp
    }

    /// The headers the signature covers, lower-case.
    pub fn signed_headers(&self) -> &[String] {
        &self.signed_headers
    }

    /// How many seconds a presigned URL is valid.
    pub fn expires(&self) -> Option<i64> {
        self.expires
    }

    /// `date/region/service/aws4_request`
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// The service of the credential scope, however wrong the rest of the signature may be.
pub(crate) fn scope_service(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(http::header::AUTHORIZATION);
    let credential = match header.and_then(|value| value.to_str().ok()) {
        Some(text) => parameter(text, "Credential").map(str::to_owned),
        None => Query::of(parts).get("X-Amz-Credential"),
    };
    credential.and_then(|text| text.rsplit('/').nth(1).map(str::to_owned))
}

fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (_, parameters) = header.split_once(' ').unwrap_or(("", header));
    let mut parameters = parameters.split(',').map(str::trim);
    parameters.find_map(|text| text.strip_prefix(name)?.strip_prefix('='))
}

fn from_header(parts: &Parts, text: &str) -> Result<Presented, SigError> {
    if text.split(' ').next() != Some(ALGORITHM) {
        return Err(SigError::UnsupportedAuthorization { text: text.to_owned() });
    }
    let found = ["Credential", "Signature", "SignedHeaders"].map(|name| parameter(text, name));
    let [Some(credential), Some(signature), Some(signed)] = found else {
        let names = ["Credential", "Signature", "SignedHeaders"];
        let missing: Vec<_> =
            names.into_iter().zip(found).filter(|(_, v)| v.is_none()).map(|(n, _)| n).collect();
        return Err(SigError::malformed_header(text, &missing));
    };
    let [access_key_id, date, region, service] =
        split_credential(credential).ok_or(SigError::BadCredential { form: Form::Header })?;
    let timestamp = request_time(parts).ok_or(SigError::MissingDate)?;
    let token = parts.headers.get("x-amz-security-token");
    Ok(Presented {
        form: Form::Header,
        access_key_id,
        date,
        region,
        service,
        signed_headers: split_names(signed),
        signature: signature.to_owned(),
        timestamp,
        expires: None,
        session_token: token.and_then(|value| value.to_str().ok()).map(str::to_owned),
    })
}

fn from_query(query: &Query<'_>) -> Result<Presented, SigError> {
    if query.get("X-Amz-Algorithm").is_some_and(|algorithm| algorithm != ALGORITHM) {
        return Err(SigError::BadQuery {
            message: format!("X-Amz-Algorithm only supports \"{ALGORITHM}\""),
        });
    }
    let required = |name| query.get(name).ok_or(SigError::MissingQuery);
    let credential = required("X-Amz-Credential")?;
    let signature = required("X-Amz-Signature")?;
    let date_text = required("X-Amz-Date")?;
    let signed = required("X-Amz-SignedHeaders")?;
    required("X-Amz-Algorithm")?;
    let [access_key_id, date, region, service] =
        split_credential(&credential).ok_or(SigError::BadCredential { form: Form::Query })?;
    let expires = match query.get("X-Amz-Expires") {
        Some(text) => Some(expires(&text)?),
        None if super::is_s3(&service) => return Err(SigError::MissingQuery),
        None => None,
    };
    let timestamp = iso_time(&date_text).ok_or_else(|| SigError::BadQuery {
        message: "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"".into(),
    })?;
    Ok(Presented {
        form: Form::Query,
        access_key_id,
        date,
        region,
        service,
        signed_headers: split_names(&signed),
        signature,
        timestamp,
        expires,
        session_token: query.get("X-Amz-Security-Token"),
    })
}

fn expires(text: &str) -> Result<i64, SigError> {
    let bad = |message: &str| Err(SigError::BadQuery { message: message.to_owned() });
    match text.parse::<i64>() {
        Err(_) => bad("X-Amz-Expires should be a number"),
        Ok(seconds) if seconds < 0 => bad("X-Amz-Expires must be non-negative"),
        Ok(seconds) if seconds > MAX_EXPIRES => {
            bad("X-Amz-Expires must be less than a week (in seconds); that is, the given \
             X-Amz-Expires must be less than 604800 seconds")
        }
        Ok(seconds) => Ok(seconds),
    }
}

/// `KEY/DATE/REGION/SERVICE/aws4_request`
fn split_credential(text: &str) -> Option<[String; 4]> {
    let fields: Vec<&str> = text.split('/').collect();
    match fields.as_slice() {
        [key, date, region, service, "aws4_request"] if !key.is_empty() => {
            Some([key, date, region, service].map(|field| (*field).to_owned()))
        }
        _ => None,
    }
}

fn split_names(text: &str) -> Vec<String> {
    text.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// The time of a request signed in headers: `X-Amz-Date`, else `Date`.
fn request_time(parts: &Parts) -> Option<DateTime<Utc>> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    match text("x-amz-date") {
        Some(date) => iso_time(date),
        None => text("date").and_then(|date| {
            iso_time(date).or_else(|| Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc()))
        }),
    }
}

fn iso_time(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, TIMESTAMP).ok().map(|time| time.and_utc())
}

/// The query string's parameters, decoded when asked for.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn of(parts: &'a Parts) -> Self {
        Self(parts.uri.query().unwrap_or_default())
    }

    fn is_signed(&self) -> bool {
        ["X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Credential"]
            .iter()
            .any(|name| self.get(name).is_some())
    }

    fn get(&self, name: &str) -> Option<String> {
        let mut fields =
            self.0.split('&').map(|field| field.split_once('=').unwrap_or((field, "")));
        let (_, value) = fields.find(|(key, _)| *key == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }
}
