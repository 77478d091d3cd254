//! Tags of secrets.

use std::collections::BTreeMap;

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{existing, on};
use super::state;

/// An answer without members.
#[derive(Serialize)]
pub(super) struct Done {}

/// A tag.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// Tags by key; a repeated or reserved key is refused.
pub(super) fn map(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    let refused = |text: String| Err(Fault::new("InvalidParameterException", text).status(400));
    let mut map = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return refused(format!("The tag key {key} begins with the reserved prefix aws:."));
        }
        if map.insert(key.clone(), value).is_some() {
            return refused(format!("The tag key {key} is given twice."));
        }
    }
    Ok(map)
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
    on(cx, "TagResource", &input.secret_id)
}

pub(super) fn tag(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    let mut secret = existing(cx, &input.secret_id)?;
    secret.tags.extend(map(input.tags)?);
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
    on(cx, "UntagResource", &input.secret_id)
}

pub(super) fn untag(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let mut secret = existing(cx, &input.secret_id)?;
    secret.tags.retain(|key, _| !input.tag_keys.contains(key));
    state::put(cx, &secret)?;
    Ok(Done {})
}
