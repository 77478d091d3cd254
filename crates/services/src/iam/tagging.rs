//! Tags of every kind of thing that has them ("Tagging IAM resources", IAM User Guide).

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging, Tag, limit_reached};
use super::entity::Entity;

/// Tags that one thing may carry (IAM quotas).
const MAX_TAGS: usize = 50;

/// A kind of thing that carries tags.
pub(super) trait Tagged: Entity {
    /// Whether `Team` and `team` are one tag: so it is for users and roles, whose tags become
    /// `aws:PrincipalTag`; tags of other things differ by case.
    const FOLDED: bool = false;

    /// Its tags.
    fn tags(&mut self) -> &mut BTreeMap<String, String>;
}

/// Adds `aws:RequestTag/…` and `aws:TagKeys` to the check of a call that sets tags.
pub(super) fn asking_for(mut check: Check, tags: &[Tag]) -> Check {
    for Tag { key, value } in tags {
        check = check.with(format!("aws:RequestTag/{key}"), value.clone());
    }
    if tags.is_empty() {
        return check;
    }
    check.with_all("aws:TagKeys", tags.iter().map(|tag| tag.key.clone()))
}

/// The tags that a new thing starts with.
pub(super) fn of_new<T: Tagged>(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    let mut set = BTreeMap::new();
    add::<T>(&mut set, tags)?;
    Ok(set)
}

fn add<T: Tagged>(set: &mut BTreeMap<String, String>, tags: Vec<Tag>) -> Result<(), Fault> {
    let invalid = |text: &str| Err(Fault::new("InvalidInput", text).status(400));
    for (place, tag) in tags.iter().enumerate() {
        let again = |other: &Tag| same::<T>(&other.key, &tag.key);
        if tags.iter().take(place).any(again) {
            let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return invalid(text);
        }
        // AWS's own words are not known.
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return invalid("Tag keys beginning with aws: are reserved for AWS use.");
        }
    }
    for Tag { key, value } in tags {
        set.retain(|known, _| !same::<T>(known, &key));
        set.insert(key, value);
    }
    if set.len() > MAX_TAGS {
        return Err(limit_reached("The number of tags has reached the maximum limit."));
    }
    Ok(())
}

fn same<T: Tagged>(one: &str, other: &str) -> bool {
    one == other || T::FOLDED && one.eq_ignore_ascii_case(other)
}

/// What requests name the thing by, under the member that its kind has.
#[derive(Deserialize)]
struct Thing {
    #[serde(
        alias = "RoleName",
        alias = "UserName",
        alias = "PolicyArn",
        alias = "InstanceProfileName",
        alias = "OpenIDConnectProviderArn",
        alias = "SAMLProviderArn",
        alias = "SerialNumber"
    )]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagInput {
    #[serde(flatten)]
    thing: Thing,
    tags: Vec<Tag>,
}

pub(super) fn tag_access<T: Tagged>(cx: &Cx, input: &TagInput) -> Result<Access, Fault> {
    let check = T::check(cx, &format!("iam:Tag{}", T::NOUN), &input.thing.name)?;
    Ok(Access::to(asking_for(check, &input.tags)))
}

pub(super) fn tag<T: Tagged>(cx: &mut Cx, input: TagInput) -> Result<Done, Fault> {
    let mut thing = T::find(cx, &input.thing.name)?;
    add::<T>(thing.tags(), input.tags)?;
    thing.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagInput {
    #[serde(flatten)]
    thing: Thing,
    tag_keys: Vec<String>,
}

pub(super) fn untag_access<T: Tagged>(cx: &Cx, input: &UntagInput) -> Result<Access, Fault> {
    let check = T::check(cx, &format!("iam:Untag{}", T::NOUN), &input.thing.name)?;
    Ok(Access::to(check.with_all("aws:TagKeys", input.tag_keys.clone())))
}

pub(super) fn untag<T: Tagged>(cx: &mut Cx, input: UntagInput) -> Result<Done, Fault> {
    let mut thing = T::find(cx, &input.thing.name)?;
    let named = |key: &String| input.tag_keys.iter().any(|asked| same::<T>(asked, key));
    thing.tags().retain(|key, _| !named(key));
    thing.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct ListInput {
    #[serde(flatten)]
    thing: Thing,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagsAnswer {
    tags: Vec<Tag>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_access<T: Tagged>(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    T::access(cx, &format!("iam:List{}Tags", T::NOUN), &input.thing.name)
}

pub(super) fn list<T: Tagged>(cx: &Cx, input: ListInput) -> Result<TagsAnswer, Fault> {
    let mut thing = T::find(cx, &input.thing.name)?;
    let all = super::common::tag_list(thing.tags());
    let (tags, page) = input.paging.cut(all, |tag| &tag.key);
    Ok(TagsAnswer { tags, page })
}
