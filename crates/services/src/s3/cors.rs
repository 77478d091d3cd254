//! Cross-origin rules of a bucket, and what they tell a browser ("Using cross-origin resource
//! sharing (CORS)", S3 User Guide; Fetch Standard, "CORS protocol").
//!
//! They are no permissions: a request that no rule admits is answered as ever, without the headers
//! that would let a page read the answer. Start reading at [`headers`].

use gateway::{Access, CrossOrigin, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput};
use super::faults;
use super::state;

/// Most rules of a bucket.
const MAX_RULES: usize = 100;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
/// What an answer depends on, so that caches keep answers apart.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// A rule, by the model's member names; the same on the wire and in the record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rule {
    #[serde(rename = "ID")]
    id: Option<String>,
    allowed_headers: Option<Vec<String>>,
    allowed_methods: Vec<String>,
    allowed_origins: Vec<String>,
    expose_headers: Option<Vec<String>>,
    max_age_seconds: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    bucket: BucketInput,
    #[serde(rename = "CORSConfiguration")]
    configuration: Configuration,
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "CORSRules")]
    rules: Vec<Rule>,
}

impl Rule {
    fn check(&self) -> Result<(), Fault> {
        if self.allowed_methods.is_empty() || self.allowed_origins.is_empty() {
            return Err(faults::malformed_xml());
        }
        let unknown = self.allowed_methods.iter().find(|m| !METHODS.contains(&m.as_str()));
        if let Some(method) = unknown {
            return Err(faults::invalid_request(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )));
        }
        let headers = self.allowed_headers.iter().flatten().map(|h| ("AllowedHeader", h));
        let origins = self.allowed_origins.iter().map(|o| ("AllowedOrigin", o));
        let twice = |(_, pattern): &(&str, &String)| pattern.matches('*').count() > 1;
        if let Some((name, pattern)) = origins.chain(headers).find(twice) {
            let text = format!("{name} \"{pattern}\" can not have more than one wildcard.");
            return Err(faults::invalid_request(text));
        }
        match self.expose_headers.iter().flatten().find(|header| header.contains('*')) {
            Some(header) => Err(faults::invalid_request(format!(
                "ExposeHeader \"{header}\" contains wildcard. We currently do not support \
                 wildcard for ExposeHeader."
            ))),
            None => Ok(()),
        }
    }

    /// Whether it admits a method from an origin, with all these headers.
    fn admits(&self, origin: &str, method: &str, headers: &[String]) -> bool {
        self.allowed_methods.iter().any(|allowed| allowed == method)
            && self.allowed_origins.iter().any(|allowed| matches(allowed, origin))
            && headers.iter().all(|header| {
                let mut allowed = self.allowed_headers.iter().flatten();
                allowed.any(|a| matches(&a.to_ascii_lowercase(), header))
            })
    }

    /// The headers of an answer that this rule admits.
    fn headers(&self, origin: &str, asked: &[String]) -> Vec<(&'static str, String)> {
        let any = self.allowed_origins.iter().any(|allowed| allowed == "*");
        let shown = if any { "*" } else { origin };
        let mut headers = vec![
            ("access-control-allow-origin", shown.to_owned()),
            ("access-control-allow-methods", self.allowed_methods.join(", ")),
            ("vary", VARY.to_owned()),
        ];
        if !any {
            headers.push(("access-control-allow-credentials", "true".to_owned()));
        }
        if !asked.is_empty() {
            headers.push(("access-control-allow-headers", asked.join(", ")));
        }
        if let Some(exposed) = self.expose_headers.as_ref().filter(|e| !e.is_empty()) {
            headers.push(("access-control-expose-headers", exposed.join(", ")));
        }
        if let Some(seconds) = self.max_age_seconds {
            headers.push(("access-control-max-age", seconds.to_string()));
        }
        headers
    }
}

/// Whether a pattern with at most one `*` fits.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

/// What a browser is told about a request from another origin: headers for the answer, none when
/// no rule admits an ordinary request.
///
/// # Errors
/// For a preflight: `AccessForbidden` when no rule admits it, `BadRequest` when it does not say
/// what it asks for.
pub(super) fn headers(cx: &Cx, asked: &CrossOrigin) -> Result<Vec<(&'static str, String)>, Fault> {
    let bucket = state::find_bucket(cx, &asked.bucket)?;
    let rules = bucket.as_ref().map(|bucket| bucket.cors.as_slice()).unwrap_or_default();
    let method = asked.method.as_str();
    let found = rules.iter().find(|rule| rule.admits(&asked.origin, method, &asked.headers));
    match found {
        Some(rule) => Ok(rule.headers(&asked.origin, &asked.headers)),
        None if !asked.is_preflight => Ok(Vec::new()),
        None => {
            let reason = match &bucket {
                None => "Bucket not found",
                Some(bucket) if bucket.cors.is_empty() => "CORS is not enabled for this bucket.",
                Some(_) if method == "OPTIONS" => {
                    let text = "Invalid Access-Control-Request-Method: null";
                    return Err(Fault::new("BadRequest", text).status(400));
                }
                Some(_) => {
                    "This CORS request is not allowed. This is usually because the evalution of \
                     Origin, request method / Access-Control-Request-Method or \
                     Access-Control-Request-Headers are not whitelisted by the resource's CORS \
                     spec."
                }
            };
            Err(Fault::new("AccessForbidden", format!("CORSResponse: {reason}"))
                .status(403)
                .with("Method", method)
                .with("ResourceType", if asked.names_object { "OBJECT" } else { "BUCKET" }))
        }
    }
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketCORS")
}

/// PutBucketCors.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let Configuration { rules } = input.configuration;
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(faults::malformed_xml());
    }
    rules.iter().try_for_each(Rule::check)?;
    bucket.cors = rules;
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketCORS")
}

/// GetBucketCors.
pub(super) fn get(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    if bucket.cors.is_empty() {
        let text = "The CORS configuration does not exist";
        return Err(Fault::new("NoSuchCORSConfiguration", text)
            .status(404)
            .with("BucketName", bucket.name));
    }
    Ok(json!({ "CORSRules": bucket.cors }))
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:PutBucketCORS")
}

/// DeleteBucketCors.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket)?;
    bucket.cors = Vec::new();
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}
