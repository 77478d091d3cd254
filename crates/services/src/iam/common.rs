//! What every noun of IAM shares: faults, paging, tags, timestamps, document checks.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use policy::validate::{Malformed, Place, validate};
use serde::{Deserialize, Serialize};

/// An answer without members.
#[derive(Serialize)]
pub(super) struct Done {}

/// Items of a page when the caller does not say.
const PAGE: usize = 100;

/// The members that page a list.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    pub(super) marker: Option<String>,
    pub(super) max_items: Option<usize>,
}

/// A page and how to get the next.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    pub(super) is_truncated: bool,
    pub(super) marker: Option<String>,
}

impl Paging {
    /// Cuts a page out of `all`, which is in a stable order; the marker is the last name seen.
    pub(super) fn cut<T>(self, all: Vec<T>, name: impl Fn(&T) -> &str) -> (Vec<T>, Page) {
        let size = self.max_items.unwrap_or(PAGE);
        let after = self.marker.unwrap_or_default();
        let mut rest = all.into_iter().filter(|item| after.is_empty() || *name(item) > *after);
        let page: Vec<T> = rest.by_ref().take(size).collect();
        let marker = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => Some(name(last).to_owned()),
            _ => None,
        };
        (page, Page { is_truncated: marker.is_some(), marker })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

pub(super) fn tag_list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// Tags as one thing shows them: an answer without tags has no member for them.
pub(super) fn shown(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    (!tags.is_empty()).then(|| tag_list(tags))
}

/// A permissions boundary in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Boundary {
    permissions_boundary_type: &'static str,
    permissions_boundary_arn: String,
}

impl Boundary {
    pub(super) fn of(arn: Option<String>) -> Option<Self> {
        arn.map(|arn| Self { permissions_boundary_type: "Policy", permissions_boundary_arn: arn })
    }
}

/// The check that most operations need: one action on one ARN of the caller's account.
pub(super) fn on(cx: &Cx, action: &str, resource: String) -> Result<Access, Fault> {
    Ok(Access::to(Check::new(action, iam_arn(cx.account()?, resource))))
}

/// A list over a path of the account, `/` for the whole.
pub(super) fn on_all(cx: &Cx, action: &str, kind: &str, prefix: &str) -> Result<Access, Fault> {
    on(cx, action, format!("{kind}{prefix}"))
}

pub(super) fn iam_arn(account: &AccountId, resource: impl Into<String>) -> Arn {
    Arn::new("iam", None, Some(account), resource)
}

pub(super) fn no_such(what: &str, name: &str) -> Fault {
    let text = format!("The {what} with name {name} cannot be found.");
    Fault::new("NoSuchEntity", text).status(404)
}

pub(super) fn exists(what: &str, name: &str) -> Fault {
    let text = format!("{what} with name {name} already exists.");
    Fault::new("EntityAlreadyExists", text).status(409)
}

pub(super) fn conflict(must: &str) -> Fault {
    Fault::new("DeleteConflict", format!("Cannot delete entity, must {must} first.")).status(409)
}

pub(super) fn limit(what: &str, quota: usize) -> Fault {
    limit_reached(&format!("Cannot exceed quota for {what}: {quota}"))
}

pub(super) fn limit_reached(text: &str) -> Fault {
    Fault::new("LimitExceeded", text).status(409)
}

/// Characters of a document that count towards a quota: white space does not.
pub(super) fn counted(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// Refuses a document that does not parse or breaks the grammar of its place.
pub(super) fn check_document(place: Place, document: &str) -> Result<(), Fault> {
    let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
    validate(place, document).map(drop).map_err(malformed)
}

/// IAM's answers carry documents percent-encoded (RFC 3986).
pub(super) fn encoded(document: &str) -> String {
    let mut text = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// A path as given, `/` when not.
pub(super) fn path_or_root(path: Option<String>) -> String {
    path.unwrap_or_else(|| "/".to_owned())
}
