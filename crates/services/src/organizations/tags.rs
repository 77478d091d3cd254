//! Tags of roots, units, accounts and policies.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{Done, Tag, managing, on, reading, tag_map};
use super::state::records;
use super::{faults, policy};

/// Tags of one resource ("Quotas for AWS Organizations").
const MAX_TAGS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    resource_id: String,
    tags: Vec<Tag>,
}

pub(super) fn tag_access(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    on(cx, "TagResource", &input.resource_id)
}

pub(super) fn tag(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    if !policy::exists(cx, &organization, &input.resource_id)? {
        return Err(faults::no_such_target());
    }
    let mut tags = records::tags(cx, &organization.id, &input.resource_id)?;
    tags.extend(tag_map(input.tags)?);
    if tags.len() > MAX_TAGS {
        let text = "You have exceeded the number of tags on a resource.";
        return Err(faults::constraint("MAX_TAG_LIMIT_EXCEEDED", text));
    }
    records::put_tags(cx, &organization.id, &input.resource_id, tags)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    resource_id: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag_access(cx: &Cx, input: &UntagInput) -> Result<Access, Fault> {
    on(cx, "UntagResource", &input.resource_id)
}

pub(super) fn untag(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    if !policy::exists(cx, &organization, &input.resource_id)? {
        return Err(faults::no_such_target());
    }
    let mut tags = records::tags(cx, &organization.id, &input.resource_id)?;
    tags.retain(|key, _| !input.tag_keys.contains(key));
    records::put_tags(cx, &organization.id, &input.resource_id, tags)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    resource_id: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagsAnswer {
    tags: Vec<Tag>,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    on(cx, "ListTagsForResource", &input.resource_id)
}

/// All tags fit one page, so no token is ever handed out.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<TagsAnswer, Fault> {
    let organization = reading(cx)?;
    if input.next_token.is_some() {
        let text = "The provided NextToken is not valid.";
        return Err(faults::invalid("INVALID_NEXT_TOKEN", text));
    }
    if !policy::exists(cx, &organization, &input.resource_id)? {
        return Err(faults::no_such_target());
    }
    let tags = records::tags(cx, &organization.id, &input.resource_id)?;
    Ok(TagsAnswer { tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect() })
}
