//! `application/x-www-form-urlencoded` bodies and query strings, split and decoded.
//!
//! Knows nothing of shapes; the query protocol reads its tree of names from here.

use std::borrow::Cow;

use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::fault::WireFault;
use crate::limits::MAX_FORM_FIELDS;
use crate::model::{Protocol, models};
use crate::sigv4;

/// The decoded `name=value` pairs of a form, in the order they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Splits and decodes a form body or a query string (`+` is a blank).
    ///
    /// # Errors
    /// `MalformedQueryString` when a field is not UTF-8 after decoding or there are more than
    /// [`MAX_FORM_FIELDS`] of them.
    pub fn parse(text: &[u8]) -> Result<Self, WireFault> {
        let text = std::str::from_utf8(text).map_err(|_| malformed("The form is not UTF-8."))?;
        let mut fields = Vec::new();
        for field in text.split('&').filter(|field| !field.is_empty()) {
            if fields.len() == MAX_FORM_FIELDS {
                return Err(malformed("The form has too many fields."));
            }
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            fields.push((unescape(name)?, unescape(value)?));
        }
        Ok(Self { fields })
    }

    /// The form of a request as the query protocol sends it: a form body, else the query string
    /// when it names an `Action`; `None` for anything else.
    ///
    /// # Errors
    /// As [`Form::parse`].
    pub fn of_request(parts: &Parts, body: &[u8]) -> Result<Option<Self>, WireFault> {
        if !Self::may_name_action(parts) {
            return Ok(None);
        }
        let query = parts.uri.query().unwrap_or_default();
        if Self::is_expected(parts) && !body.is_empty() {
            let form = Self::parse(body)?;
            if form.get("Action").is_some() {
                return Ok(Some(form));
            }
        }
        let named = query.split('&').any(|field| field.starts_with("Action="));
        if named { Self::parse(query.as_bytes()).map(Some) } else { Ok(None) }
    }

    /// Whether the body must be read as a form before the operation is known: a `POST` of a form
    /// that is not signed for a service of another protocol. An upload to S3 may carry any content
    /// type (`curl` sends a form's), so its body is never a form.
    pub fn is_expected(parts: &Parts) -> bool {
        let content_type = parts.headers.get(http::header::CONTENT_TYPE);
        let is_form = content_type.is_some_and(|value| {
            value.as_bytes().starts_with(b"application/x-www-form-urlencoded")
        });
        is_form && parts.method == http::Method::POST && Self::may_name_action(parts)
    }

    /// Whether a request may be of the query protocol, as far as its signature says.
    fn may_name_action(parts: &Parts) -> bool {
        let Some(service) = sigv4::scope_service(parts) else { return true };
        let signed_for = models().find(|model| model.signing_name() == service);
        signed_for.is_none_or(|model| matches!(model.protocol(), Protocol::Query | Protocol::Ec2))
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn unescape(text: &str) -> Result<String, WireFault> {
    let spaced: Cow<'_, str> =
        if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| malformed("The form is not UTF-8."))
}

fn malformed(message: &str) -> WireFault {
    WireFault::sender("MalformedQueryString", message)
}
