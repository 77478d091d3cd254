//! Tags of secrets.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{check, readable};
use super::state;

/// Tags that a secret may have (Secrets Manager quotas).
const MAX_TAGS: usize = 50;

/// An answer without members.
#[derive(Serialize)]
pub(super) struct Done {}

/// A tag.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

/// Tags by key; a repeated or reserved key is refused.
pub(super) fn map(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    let refused = |text: String| Err(Fault::new("InvalidParameterException", text).status(400));
    let mut map = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.is_empty() {
            return refused("A tag must have a key.".to_owned());
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return refused(format!("The tag key {key} begins with the reserved prefix aws:."));
        }
        if map.insert(key.clone(), value).is_some() {
            return refused(format!("The tag key {key} is given twice."));
        }
    }
    Ok(map)
}

/// Refuses more tags than a secret may have.
pub(super) fn limit(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() <= MAX_TAGS {
        return Ok(());
    }
    let text = format!("A secret can have at most {MAX_TAGS} tags.");
    Err(Fault::new("InvalidParameterException", text).status(400))
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
pub(super) fn with_tags(mut check: Check, tags: &[Tag]) -> Check {
    for Tag { key, value } in tags {
        check = check.with(format!("aws:RequestTag/{key}"), value.clone());
    }
    if !tags.is_empty() {
        check = check.with_all("aws:TagKeys", tags.iter().map(|tag| tag.key.clone()));
    }
    check
}

pub(super) fn list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    secret_id: String,
    tags: Vec<Tag>,
}

pub(super) fn tag_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    let asked = check(cx, "TagResource", &input.secret_id)?;
    Ok(Access::to(with_tags(asked, &input.tags)))
}

pub(super) fn tag(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    let mut secret = readable(cx, &input.secret_id)?;
    secret.tags.extend(map(input.tags)?);
    limit(&secret.tags)?;
    state::put(cx, &secret)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    secret_id: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag_access(cx: &Cx, input: &UntagInput) -> Result<Access, Fault> {
    let asked = check(cx, "UntagResource", &input.secret_id)?;
    Ok(Access::to(asked.with_all("aws:TagKeys", input.tag_keys.iter().cloned())))
}

pub(super) fn untag(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let mut secret = readable(cx, &input.secret_id)?;
    secret.tags.retain(|key, _| !input.tag_keys.contains(key));
    state::put(cx, &secret)?;
    Ok(Done {})
}
