//! What the nouns share: who may call, ARNs, access, paging, tags.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::faults;
use super::state::{Member, Organization, PolicyType, records};
use super::{aws_managed, policy};

/// Items of a page at most, and when the caller does not say.
const PAGE: usize = 20;

/// An answer without members.
#[derive(Serialize)]
pub(super) struct Done {}

/// An input without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub key: String,
    pub value: String,
}

/// The members that page a list.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    next_token: Option<String>,
    max_results: Option<usize>,
}

impl Paging {
    /// Cuts a page out of `all` in the order of `id`; the token is the last id seen.
    pub fn cut<T>(
        self,
        mut all: Vec<T>,
        id: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        all.sort_by_cached_key(&id);
        if let Some(token) = &self.next_token {
            let Some(position) = all.iter().position(|item| id(item) == *token) else {
                let text = "The provided NextToken is not valid.";
                return Err(faults::invalid("INVALID_NEXT_TOKEN", text));
            };
            all.drain(..=position);
        }
        let size = self.max_results.unwrap_or(PAGE).min(PAGE);
        let more = all.len() > size;
        all.truncate(size);
        let token = all.last().filter(|_| more).map(id);
        Ok((all, token))
    }
}

/// The caller's membership and organization.
pub(super) fn standing(cx: &Cx) -> Result<(Member, Organization), Fault> {
    let member = records::member(cx, cx.account()?)?.ok_or_else(faults::not_in_use)?;
    let organization =
        records::organization(cx, &member.organization)?.ok_or_else(faults::not_in_use)?;
    Ok((member, organization))
}

/// The organization, for its management account only.
pub(super) fn managing(cx: &Cx) -> Result<Organization, Fault> {
    let (member, organization) = standing(cx)?;
    let manages = organization.management == member.account;
    manages.then_some(organization).ok_or_else(faults::not_yours)
}

/// The organization, for its management account and delegated administrators: most of what only
/// reads.
pub(super) fn reading(cx: &Cx) -> Result<Organization, Fault> {
    let (member, organization) = standing(cx)?;
    let delegated = organization.delegated.contains_key(member.account.as_str());
    let manages = organization.management == member.account;
    (manages || delegated).then_some(organization).ok_or_else(faults::not_yours)
}

/// An ARN of something of the organization. Everything belongs to the management account.
pub(super) fn arn(organization: &Organization, kind: &str, id: &str) -> String {
    let resource = format!("{kind}/{}/{id}", organization.id);
    Arn::new("organizations", None, Some(&organization.management), resource).to_string()
}

/// `policy/…` of a policy by its type.
pub(super) fn policy_arn(organization: &Organization, kind: PolicyType, id: &str) -> String {
    let kind = policy::path_of(kind);
    if aws_managed::kind(id).is_some() {
        return format!("arn:aws:organizations::aws:policy/{kind}/{id}");
    }
    let resource = format!("policy/{}/{kind}/{id}", organization.id);
    Arn::new("organizations", None, Some(&organization.management), resource).to_string()
}

/// An action that has no resource types.
pub(super) fn on_all(action: &str) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything(&format!("organizations:{action}"))))
}

/// An action on the thing with this id, of whatever kind.
pub(super) fn on(cx: &Cx, action: &str, id: &str) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, action, id)?))
}

/// An action on two things: both must be allowed.
pub(super) fn on_both(cx: &Cx, action: &str, first: &str, second: &str) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, action, first)?).and(check(cx, action, second)?))
}

/// Outside of an organization nothing has an ARN; only `Resource: "*"` then allows.
fn check(cx: &Cx, action: &str, id: &str) -> Result<Check, Fault> {
    let action = format!("organizations:{action}");
    let Ok((_, organization)) = standing(cx) else { return Ok(Check::new(&action, "*")) };
    let kind = match id.split('-').next().unwrap_or_default() {
        "ou" => "ou",
        "r" => "root",
        "h" => "handshake",
        "p" => {
            let kind = policy::kind_of(cx, &organization, id)?;
            let Some(kind) = kind else { return Ok(Check::new(&action, "*")) };
            return Ok(Check::new(&action, policy_arn(&organization, kind, id))
                .with("organizations:PolicyType", policy::name_of(kind)));
        }
        _ => "account",
    };
    let mut check = Check::new(&action, arn(&organization, kind, id));
    for (key, value) in records::tags(cx, &organization.id, id)? {
        check = check.with(format!("aws:ResourceTag/{key}"), value);
    }
    Ok(check)
}

/// Adds `aws:RequestTag/…` and `aws:TagKeys`.
pub(super) fn with_tags(check: Check, tags: &[Tag]) -> Check {
    if tags.is_empty() {
        return check;
    }
    let keys = tags.iter().map(|tag| tag.key.clone());
    tags.iter().fold(check.with_all("aws:TagKeys", keys), |check, tag| {
        check.with(format!("aws:RequestTag/{}", tag.key), tag.value.clone())
    })
}

/// Tags as kept; a key that is given twice is refused.
pub(super) fn tag_map(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Fault> {
    let count = tags.len();
    let map: BTreeMap<String, String> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    if map.len() < count {
        let text = "You specified a tag key more than once.";
        return Err(faults::invalid("DUPLICATE_TAG_KEY", text));
    }
    Ok(map)
}

/// The name of an account, which is also its profile's.
pub(super) fn account_name(cx: &Cx, account: &AccountId) -> Result<String, Fault> {
    let known = crate::identity::accounts::get(cx, account)?;
    Ok(known.map_or_else(|| account.to_string(), |known| known.name))
}

/// A random id after a prefix, of the letters that Organizations uses.
pub(super) fn random_id(cx: &Cx, prefix: &str, length: usize) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    format!("{prefix}{}", cx.world().text(letters, length))
}
