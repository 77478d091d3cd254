//! Policy documents as APIs hand them out.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use policy::{Document, Policy, PolicyKind};

use crate::answer::Unread;

/// Reads a document; IAM percent-encodes them (RFC 3986), other services do not. A document that
/// is none counts as unread.
pub(crate) fn read(kind: PolicyKind, name: &str, text: &str) -> Result<Policy, Unread> {
    let text = if text.trim_start().starts_with('{') {
        text.into()
    } else {
        percent_decode_str(text).decode_utf8_lossy()
    };
    match Document::parse(&text) {
        Ok(document) => Ok(Policy::new(kind, name, Arc::new(document))),
        Err(error) => {
            Err(Unread::policy(kind, kind.with_name(name), format!("it is no policy: {error}")))
        }
    }
}
