//! Tags of tables.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Ask, existing};
use super::faults::{bad_value, invalid};
use super::state;

/// Tags of a table.
const MAX_TAGS: usize = 50;
/// Tags on a page of ListTagsOfResource.
const PAGE: usize = 10;

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
    let mut map = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(format!(
                "One or more tag keys begin with the reserved prefix aws:: {key}"
            )));
        }
        if map.insert(key.clone(), value).is_some() {
            return Err(bad_value(format!("Duplicate tag key: {key}")));
        }
    }
    limit(&map)?;
    Ok(map)
}

fn limit(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() <= MAX_TAGS {
        return Ok(());
    }
    Err(bad_value(format!("Too many tags: a table can have at most {MAX_TAGS} tags")))
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(super) fn tag_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    let check = Ask::new("TagResource", &input.resource_arn).check(cx)?;
    Ok(Access::to(with_tags(check, &input.tags)))
}

/// TagResource.
pub(super) fn tag(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    let mut table = existing(cx, &input.resource_arn)?;
    table.tags.extend(map(input.tags)?);
    limit(&table.tags)?;
    state::put_table(cx, &table)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag_access(cx: &Cx, input: &UntagInput) -> Result<Access, Fault> {
    let check = Ask::new("UntagResource", &input.resource_arn).check(cx)?;
    Ok(Access::to(check.with_all("aws:TagKeys", input.tag_keys.iter().cloned())))
}

/// UntagResource.
pub(super) fn untag(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let mut table = existing(cx, &input.resource_arn)?;
    table.tags.retain(|key, _| !input.tag_keys.contains(key));
    state::put_table(cx, &table)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    resource_arn: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listing {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    Ask::new("ListTagsOfResource", &input.resource_arn).access(cx)
}

/// ListTagsOfResource: ten at a time; the token is the last key.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Listing, Fault> {
    let table = existing(cx, &input.resource_arn)?;
    let after = input.next_token.unwrap_or_default();
    let rest = table.tags.into_iter().filter(|(key, _)| *key > after);
    let mut tags: Vec<Tag> = rest.map(|(key, value)| Tag { key, value }).collect();
    let more = tags.len() > PAGE;
    tags.truncate(PAGE);
    let next_token = if more { tags.last().map(|tag| tag.key.clone()) } else { None };
    Ok(Listing { tags, next_token })
}
