//! Tags of keys.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Use, check as on_key, find, on, with_tags};
use super::key::{Done, Paging, own};
use super::state;

/// Tags that a key may have.
const MAX_TAGS: usize = 50;
/// Tags of a page when the caller does not say.
const PAGE: usize = 50;

/// A tag, in KMS's own member names.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) tag_key: String,
    pub(super) tag_value: String,
}

/// Refuses reserved and repeated keys and too many tags.
pub(super) fn check(tags: &[Tag]) -> Result<(), Fault> {
    let refused = |text: &str| Err(Fault::new("TagException", text).status(400));
    let keys: BTreeSet<&str> = tags.iter().map(|tag| tag.tag_key.as_str()).collect();
    if keys.iter().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return refused("Tags beginning with aws: are reserved");
    }
    if keys.len() < tags.len() {
        return refused("Duplicate tag keys");
    }
    if tags.len() > MAX_TAGS {
        return refused("Too many tags");
    }
    Ok(())
}

pub(super) fn map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect()
}

pub(super) fn list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    let tag =
        |(key, value): (&String, &String)| Tag { tag_key: key.clone(), tag_value: value.clone() };
    tags.iter().map(tag).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    key_id: String,
    tags: Vec<Tag>,
}

pub(super) fn tag_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let asked = on_key(cx, "TagResource", &find(cx, &input.key_id)?, &given)?;
    Ok(Access::to(with_tags(asked, &input.tags)))
}

pub(super) fn tag(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    check(&input.tags)?;
    let mut key = own(cx, &input.key_id)?;
    key.not_pending_deletion(cx.now())?;
    key.tags.extend(map(input.tags));
    if key.tags.len() > MAX_TAGS {
        return Err(Fault::new("TagException", "Too many tags").status(400));
    }
    state::put_key(cx, &key)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    key_id: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag_access(cx: &Cx, input: &UntagInput) -> Result<Access, Fault> {
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let asked = on_key(cx, "UntagResource", &find(cx, &input.key_id)?, &given)?;
    Ok(Access::to(asked.with_all("aws:TagKeys", input.tag_keys.iter().cloned())))
}

pub(super) fn untag(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let mut key = own(cx, &input.key_id)?;
    key.not_pending_deletion(cx.now())?;
    key.tags.retain(|name, _| !input.tag_keys.contains(name));
    state::put_key(cx, &key)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    key_id: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tags {
    tags: Vec<Tag>,
    next_marker: Option<String>,
    truncated: bool,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    on(cx, "ListResourceTags", &input.key_id)
}

pub(super) fn listing(cx: &Cx, input: ListInput) -> Result<Tags, Fault> {
    let tags = list(&find(cx, &input.key_id)?.tags);
    let (tags, next_marker) = input.paging.or(PAGE).cut(tags, |tag| &tag.tag_key);
    let truncated = next_marker.is_some();
    Ok(Tags { tags, next_marker, truncated })
}
