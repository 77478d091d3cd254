//! What the nouns of IAM have in common, so that finding, listing and tagging are written once.
//!
//! A noun implements [`Entity`] beside its record's own operations; those that hang in a tree of
//! paths also [`Listed`], those that carry tags [`Tagged`], those that carry policies
//! [`Holder`](super::holder::Holder).

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::common::{Page, Paging, iam_arn, no_such, on_all};

/// One kind of thing that IAM keeps, named within its account.
pub(super) trait Entity: Sized {
    /// As in operation names: `InstanceProfile`.
    const NOUN: &'static str;
    /// As IAM's sentences call it: `instance profile`.
    const CALLED: &'static str;

    /// The record behind what requests name it by, when there is one.
    fn known(cx: &Cx, name: &str) -> Result<Option<Self>, Fault>;
    /// Its ARN.
    fn arn(&self) -> Arn;
    /// The ARN to ask about when there is none by that name.
    fn arn_if_absent(account: &AccountId, name: &str) -> Arn;
    /// Writes it back.
    fn save(&self, cx: &mut Cx) -> Result<(), Fault>;

    /// IAM's words for its absence.
    fn absent(name: &str) -> Fault {
        no_such(Self::CALLED, name)
    }

    /// What a policy's conditions see of its tags.
    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        None
    }

    /// The record, or [`Entity::absent`].
    fn find(cx: &Cx, name: &str) -> Result<Self, Fault> {
        Self::known(cx, name)?.ok_or_else(|| Self::absent(name))
    }

    /// Refuses to change what only AWS may change.
    fn own_to_change(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// The record, to be changed.
    fn to_change(cx: &Cx, name: &str) -> Result<Self, Fault> {
        let found = Self::find(cx, name)?;
        found.own_to_change()?;
        Ok(found)
    }

    /// May the caller perform `action` on the one by this name?
    fn check(cx: &Cx, action: &str, name: &str) -> Result<Check, Fault> {
        let account = cx.account()?;
        let Some(known) = Self::known(cx, name)? else {
            return Ok(of_owner(Check::new(action, Self::arn_if_absent(account, name)), name));
        };
        let mut check = of_owner(Check::new(action, known.arn()), name);
        for (key, value) in known.tags_of().into_iter().flatten() {
            check = check
                .with(format!("aws:ResourceTag/{key}"), value.clone())
                .with(format!("iam:ResourceTag/{key}"), value.clone());
        }
        Ok(check)
    }

    /// [`Entity::check`] as a whole access.
    fn access(cx: &Cx, action: &str, name: &str) -> Result<Access, Fault> {
        Ok(Access::to(Self::check(cx, action, name)?))
    }
}

/// What is named by its ARN may be another account's.
fn of_owner(check: Check, name: &str) -> Check {
    let account = name.parse::<Arn>().ok().and_then(|arn| arn.account);
    match account {
        Some(account) => check.owned_by(&account),
        None => check,
    }
}

/// What hangs in the tree of paths and is listed by it.
pub(super) trait Listed: Entity {
    /// As in operation names and answers: `InstanceProfiles`.
    const PLURAL: &'static str;
    /// The first part of its ARN's resource: `instance-profile`.
    const PREFIX: &'static str;
    /// How a list shows it.
    type View: Serialize;

    /// All of the account's.
    fn all(cx: &Cx) -> Result<Vec<Self>, Fault>;
    /// Its name.
    fn name(&self) -> &str;
    /// `/` or `/division/`.
    fn path(&self) -> &str;
    /// Lists show a part of what one shows: no tags and no boundary, say.
    fn in_list(self, cx: &Cx) -> Result<Self::View, Fault>;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    path_prefix: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn list_access<E: Listed>(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    on_all(cx, &format!("iam:List{}", E::PLURAL), E::PREFIX, prefix)
}

pub(super) fn list<E: Listed>(cx: &Cx, input: ListInput) -> Result<Listing<E::View>, Fault> {
    let (all, page) = page_by_path(E::all(cx)?, input.path_prefix, input.paging);
    let items = all.into_iter().map(|one| one.in_list(cx)).collect::<Result<_, _>>()?;
    Ok(Listing { member: E::PLURAL, items, page })
}

/// Those under a path, by name, a page of them.
pub(super) fn page_by_path<E: Listed>(
    mut all: Vec<E>,
    prefix: Option<String>,
    paging: Paging,
) -> (Vec<E>, Page) {
    let prefix = prefix.unwrap_or_else(|| "/".to_owned());
    all.retain(|one| one.path().starts_with(&prefix));
    all.sort_by(|a, b| a.name().cmp(b.name()));
    paging.cut(all, |one| one.name())
}

/// A new name or path needs the permission under both: on what is and on what it becomes
/// (UpdateUser and UpdateGroup, IAM API Reference).
pub(super) fn rename_access<E: Listed>(
    cx: &Cx,
    action: &str,
    name: &str,
    (new_path, new_name): (Option<&str>, Option<&str>),
) -> Result<Access, Fault> {
    let access = E::access(cx, action, name)?;
    if new_path.is_none() && new_name.is_none() {
        return Ok(access);
    }
    let known = E::known(cx, name)?;
    let path = new_path.or(known.as_ref().map(E::path)).unwrap_or("/");
    let name = new_name.or(known.as_ref().map(E::name)).unwrap_or(name);
    let target = iam_arn(cx.account()?, format!("{}{path}{name}", E::PREFIX));
    Ok(access.and(Check::new(action, target)))
}

/// A page of an answer, under the member that its kind has.
pub(super) struct Listing<V> {
    pub(super) member: &'static str,
    pub(super) items: Vec<V>,
    pub(super) page: Page,
}

impl<V: Serialize> Serialize for Listing<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(self.member, &self.items)?;
        map.serialize_entry("IsTruncated", &self.page.is_truncated)?;
        map.serialize_entry("Marker", &self.page.marker)?;
        map.end()
    }
}
