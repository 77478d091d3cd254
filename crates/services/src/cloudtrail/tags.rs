//! Tags of trails.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::find::{self, fault};
use super::state;

/// Most tags of a trail.
const MAX_TAGS: usize = 50;
/// Most trails that one ListTags names.
const MAX_RESOURCES: usize = 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: Option<String>,
}

/// A check with the tags that a request carries.
pub(super) fn with_request(check: Check, tags: &[Tag]) -> Check {
    if tags.is_empty() {
        return check;
    }
    let check = check.with_all("aws:TagKeys", tags.iter().map(|tag| tag.key.clone()));
    tags.iter().fold(check, |check, tag| {
        check.with(format!("aws:RequestTag/{}", tag.key), tag.value.clone().unwrap_or_default())
    })
}

/// Tags by key.
///
/// # Errors
/// `InvalidTagParameterException`, `TagsLimitExceededException`.
pub(super) fn map(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    let mut map = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.to_ascii_lowercase().starts_with("aws:") {
            let text = "Tag keys cannot begin with the reserved prefix aws:.";
            return Err(fault("InvalidTagParameterException", text));
        }
        if map.insert(key.clone(), value.unwrap_or_default()).is_some() {
            let text = format!("The tag key {key} is given twice.");
            return Err(fault("InvalidTagParameterException", text));
        }
    }
    within_limit(map)
}

fn within_limit(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    if tags.len() > MAX_TAGS {
        let text = format!("A trail can have at most {MAX_TAGS} tags.");
        return Err(fault("TagsLimitExceededException", text));
    }
    Ok(tags)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    resource_id: String,
    tags_list: Vec<Tag>,
}

pub(super) fn add_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    let check = find::on_trail(cx, "AddTags", &input.resource_id)?;
    Ok(Access::to(with_request(check, &input.tags_list)))
}

/// AddTags.
pub(super) fn add(cx: &mut Cx, input: TagInput) -> Result<Value, Fault> {
    let mut trail = find::changeable(cx, &input.resource_id)?;
    trail.tags.extend(map(input.tags_list)?);
    trail.tags = within_limit(trail.tags)?;
    state::put(cx, &trail)?;
    Ok(json!({}))
}

pub(super) fn remove_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    let check = find::on_trail(cx, "RemoveTags", &input.resource_id)?;
    let keys = input.tags_list.iter().map(|tag| tag.key.clone());
    Ok(Access::to(check.with_all("aws:TagKeys", keys)))
}

/// RemoveTags: by key, and by value too where one is given.
pub(super) fn remove(cx: &mut Cx, input: TagInput) -> Result<Value, Fault> {
    let mut trail = find::changeable(cx, &input.resource_id)?;
    let goes = |key: &str, value: &str| {
        let same = |tag: &Tag| tag.key == key && tag.value.as_deref().is_none_or(|v| v == value);
        input.tags_list.iter().any(same)
    };
    trail.tags.retain(|key, value| !goes(key, value));
    state::put(cx, &trail)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    resource_id_list: Vec<String>,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    let mut checks = Vec::new();
    for id in &input.resource_id_list {
        checks.push(find::on_trail(cx, "ListTags", id)?);
    }
    if checks.is_empty() {
        checks.push(Check::on_everything("cloudtrail:ListTags"));
    }
    Ok(checks.into_iter().fold(Access::default(), Access::and))
}

/// ListTags.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Value, Fault> {
    if input.resource_id_list.len() > MAX_RESOURCES {
        let text = format!("At most {MAX_RESOURCES} resources can be listed at once.");
        return Err(fault("InvalidParameterException", text));
    }
    let mut answer = Vec::new();
    for id in &input.resource_id_list {
        let trail = find::readable(cx, id)?;
        let tags: Vec<Tag> = trail
            .tags
            .iter()
            .map(|(key, value)| Tag { key: key.clone(), value: Some(value.clone()) })
            .collect();
        answer.push(json!({ "ResourceId": trail.arn(), "TagsList": tags }));
    }
    Ok(json!({ "ResourceTagList": answer }))
}
