//! Keys: create, describe, list, enable and disable.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{find, lockout_check, on, with_tags};
use super::metadata::Metadata;
use super::spec::{Spec, Usage};
use super::state::{self, KeyRecord, Manager, Origin, Related};
use super::tags::{self, Tag};
use super::{access, policy};

/// Keys of a page.
const PAGE: usize = 100;
/// Stands for the id that a new key does not have yet, where its policy is tried.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// An answer without members.
#[derive(Serialize)]
pub(super) struct Done {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    key_metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    policy: Option<String>,
    #[serde(default)]
    description: String,
    key_usage: Option<Usage>,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    origin: Option<String>,
    multi_region: Option<bool>,
    bypass_policy_lockout_safety_check: Option<bool>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let bypass = input.bypass_policy_lockout_safety_check == Some(true);
    let draft = draft(cx, input)?;
    let check = Check::on_everything("kms:CreateKey")
        .with_some("kms:CallerAccount", cx.principal().account().map(ToString::to_string))
        .with("kms:BypassPolicyLockoutSafetyCheck", bypass.to_string())
        .with("kms:KeySpec", draft.spec.name())
        .with("kms:KeyUsage", draft.usage.name())
        .with("kms:KeyOrigin", draft.origin.name())
        .with("kms:MultiRegion", draft.related.is_some().to_string())
        .with_some("kms:MultiRegionKeyType", draft.related.as_ref().map(|_| "PRIMARY"));
    let access = Access::to(with_tags(check, &input.tags));
    if bypass || input.policy.is_none() {
        return Ok(access);
    }
    Ok(lockout_check(cx, &draft)?.into_iter().fold(access, Access::also))
}

/// The key that a request describes, without id and material.
fn draft(cx: &Cx, input: &CreateInput) -> Result<KeyRecord, Fault> {
    let name = input.key_spec.as_ref().or(input.customer_master_key_spec.as_ref());
    let spec = name.map_or(Ok(Spec::Symmetric), |name| Spec::named(name))?;
    let account = cx.account()?.clone();
    let region = cx.region().clone();
    let multi_region = input.multi_region == Some(true);
    Ok(KeyRecord {
        id: NO_ID.to_owned(),
        manager: Manager::Customer,
        spec,
        usage: spec.usage(input.key_usage)?,
        origin: origin(input.origin.as_deref())?,
        description: input.description.clone(),
        created: cx.now(),
        policy: input.policy.clone().unwrap_or_else(|| policy::default_for(&account)),
        enabled: true,
        deletion: None,
        deletion_after_replicas: None,
        related: multi_region.then(|| Related { primary: region.clone(), replicas: Vec::new() }),
        materials: Vec::new(),
        rotation: None,
        tags: BTreeMap::new(),
        account,
        region,
    })
}

/// Custom key stores are not built, and say so.
fn origin(name: Option<&str>) -> Result<Origin, Fault> {
    match name {
        None | Some("AWS_KMS") => Ok(Origin::Kms),
        Some("EXTERNAL") => Ok(Origin::External),
        Some(other) => {
            let text = format!("CreateKey with Origin {other} is not implemented.");
            Err(Fault::new("UnsupportedOperationException", text).status(400))
        }
    }
}

/// Makes the key beside other writers: the longest RSA keys take seconds. All of it follows from
/// the request, so nothing has to be looked at again when it is stored.
pub(super) fn make(cx: &Cx, input: &CreateInput) -> Result<KeyRecord, Fault> {
    let mut key = draft(cx, input)?;
    tags::check(&input.tags)?;
    let uuid = cx.world().uuid();
    key.id = match key.related {
        Some(_) => format!("mrk-{}", uuid.replace('-', "")),
        None => uuid,
    };
    if key.origin == Origin::Kms {
        key.make_material(cx, None)?;
    }
    Ok(key)
}

pub(super) fn create(
    cx: &mut Cx,
    input: CreateInput,
    mut key: KeyRecord,
) -> Result<Described, Fault> {
    key.tags = tags::map(input.tags);
    key.policy = policy::stored(cx, &key.policy)?;
    state::put_key(cx, &key)?;
    Ok(Described { key_metadata: Metadata::of(cx, key)? })
}

/// A key by `KeyId`: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ById {
    pub(super) key_id: String,
}

/// `KeyId` as an answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    pub(super) key_id: String,
}

/// A key of the caller's own that customers may change.
pub(super) fn own(cx: &Cx, key_id: &str) -> Result<KeyRecord, Fault> {
    let key = find(cx, key_id)?;
    if key.manager == Manager::Aws || key.account != *cx.account()? {
        let text = format!("{} is not a key that this operation can change.", key.arn());
        return Err(Fault::new("AccessDeniedException", text).status(400));
    }
    Ok(key)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeInput {
    key_id: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
}

pub(super) fn describe_access(cx: &Cx, input: &DescribeInput) -> Result<Access, Fault> {
    let tokens = &input.grant_tokens;
    let given = access::Use { named: Some(&input.key_id), tokens, ..access::Use::default() };
    Ok(Access::to(access::check(cx, "DescribeKey", &find(cx, &input.key_id)?, &given)?))
}

pub(super) fn describe(cx: &Cx, input: DescribeInput) -> Result<Described, Fault> {
    Ok(Described { key_metadata: Metadata::of(cx, find(cx, &input.key_id)?)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescriptionInput {
    key_id: String,
    description: String,
}

pub(super) fn description_access(cx: &Cx, input: &DescriptionInput) -> Result<Access, Fault> {
    on(cx, "UpdateKeyDescription", &input.key_id)
}

pub(super) fn update_description(cx: &mut Cx, input: DescriptionInput) -> Result<Done, Fault> {
    let mut key = own(cx, &input.key_id)?;
    key.not_pending_deletion(cx.now())?;
    key.description = input.description;
    state::put_key(cx, &key)?;
    Ok(Done {})
}

pub(super) fn enable_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "EnableKey", &input.key_id)
}

pub(super) fn enable(cx: &mut Cx, input: ById) -> Result<Done, Fault> {
    set_enabled(cx, &input.key_id, true)
}

pub(super) fn disable_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "DisableKey", &input.key_id)
}

pub(super) fn disable(cx: &mut Cx, input: ById) -> Result<Done, Fault> {
    set_enabled(cx, &input.key_id, false)
}

/// Only keys that are enabled or disabled can become the other ("Key states of KMS keys").
fn set_enabled(cx: &mut Cx, key_id: &str, enabled: bool) -> Result<Done, Fault> {
    let mut key = own(cx, key_id)?;
    if !matches!(key.state(cx.now()), "Enabled" | "Disabled") {
        key.usable(cx.now())?;
    }
    key.enabled = enabled;
    state::put_key(cx, &key)?;
    Ok(Done {})
}

/// `Limit` and `Marker`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    limit: Option<usize>,
    marker: Option<String>,
}

impl Paging {
    /// With this page size when the caller does not say.
    pub(super) fn or(self, size: usize) -> Self {
        Self { limit: self.limit.or(Some(size)), ..self }
    }

    /// A page of what is in the order of `name`; the marker is the last name seen.
    pub(super) fn cut<T>(self, all: Vec<T>, name: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
        let after = self.marker.unwrap_or_default();
        let mut rest = all.into_iter().filter(|item| *name(item) > *after);
        let page: Vec<T> = rest.by_ref().take(self.limit.unwrap_or(PAGE)).collect();
        let more = rest.next().is_some();
        let marker = page.last().filter(|_| more).map(|last| name(last).to_owned());
        (page, marker)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Keys {
    keys: Vec<KeyEntry>,
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyEntry {
    key_id: String,
    key_arn: String,
}

pub(super) fn list_access(_: &Cx, _: &Paging) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("kms:ListKeys")))
}

pub(super) fn list(cx: &Cx, input: Paging) -> Result<Keys, Fault> {
    let all = state::keys(cx, cx.account()?, cx.region())?;
    let (page, next_marker) = input.cut(all, |key| &key.id);
    let entry = |key: KeyRecord| KeyEntry { key_arn: key.arn().to_string(), key_id: key.id };
    let truncated = next_marker.is_some();
    Ok(Keys { keys: page.into_iter().map(entry).collect(), next_marker, truncated })
}
