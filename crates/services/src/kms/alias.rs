//! Aliases: other names of keys, in the key's own account and Region.
//!
//! Each change needs permission twice: on the alias, by IAM policies only, and on the key.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Use, alias_arn, check, find, not_found};
use super::key::{Done, Paging, own};
use super::managed;
use super::state::{self, AliasRecord, KeyRecord};

/// Aliases that a key may have (KMS quotas).
const MAX_ALIASES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AliasInput {
    alias_name: String,
    target_key_id: String,
}

fn both(cx: &Cx, action: &str, alias: &str, key_id: &str) -> Result<Access, Fault> {
    let arn = alias_arn(cx.account()?, cx.region(), alias);
    let on_alias = Check::new(&format!("kms:{action}"), arn);
    Ok(Access::to(on_alias).and(check(cx, action, &find(cx, key_id)?, &Use::default())?))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if !name.starts_with("alias/") {
        let text = "Alias must start with the prefix \"alias/\". Please see \
                    https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
        return Err(Fault::new("ValidationException", text).status(400));
    }
    if managed::is_reserved(name) {
        let text = "Alias names with the prefix \"alias/aws/\" are reserved for AWS.";
        return Err(Fault::new("NotAuthorizedException", text).status(400));
    }
    Ok(())
}

pub(super) fn create_access(cx: &Cx, input: &AliasInput) -> Result<Access, Fault> {
    check_name(&input.alias_name)?;
    both(cx, "CreateAlias", &input.alias_name, &input.target_key_id)
}

pub(super) fn create(cx: &mut Cx, input: AliasInput) -> Result<Done, Fault> {
    let key = own(cx, &input.target_key_id)?;
    let (account, region) = (key.account.clone(), key.region.clone());
    if state::alias(cx, &account, &region, &input.alias_name)?.is_some() {
        let arn = alias_arn(&account, &region, &input.alias_name);
        let text = format!("An alias with the name {arn} already exists");
        return Err(Fault::new("AlreadyExistsException", text).status(400));
    }
    key.not_pending_deletion(cx.now())?;
    if state::aliases_of(cx, &key)?.len() >= MAX_ALIASES {
        let text = format!("The key has {MAX_ALIASES} aliases, which is as many as it can have.");
        return Err(Fault::new("LimitExceededException", text).status(400));
    }
    let (created, name) = (cx.now(), input.alias_name);
    let alias = AliasRecord { name, key: key.id, created, updated: created };
    state::put_alias(cx, &account, &region, &alias)?;
    Ok(Done {})
}

/// The alias of the caller's own, or KMS's words for its absence.
fn existing(cx: &Cx, name: &str) -> Result<AliasRecord, Fault> {
    let (account, region) = (cx.account()?, cx.region());
    state::alias(cx, account, region, name)?.ok_or_else(|| {
        not_found(format!("Alias {} is not found.", alias_arn(account, region, name)))
    })
}

pub(super) fn update_access(cx: &Cx, input: &AliasInput) -> Result<Access, Fault> {
    check_name(&input.alias_name)?;
    let current = existing(cx, &input.alias_name)?;
    let access = both(cx, "UpdateAlias", &input.alias_name, &input.target_key_id)?;
    Ok(access.and(check(cx, "UpdateAlias", &find(cx, &current.key)?, &Use::default())?))
}

pub(super) fn update(cx: &mut Cx, input: AliasInput) -> Result<Done, Fault> {
    let key = own(cx, &input.target_key_id)?;
    let current = existing(cx, &input.alias_name)?;
    key.not_pending_deletion(cx.now())?;
    like(&find(cx, &current.key)?, &key)?;
    let alias = AliasRecord { key: key.id.clone(), updated: cx.now(), ..current };
    state::put_alias(cx, &key.account, &key.region, &alias)?;
    Ok(Done {})
}

/// An alias goes on to a key of the same kind and usage only (UpdateAlias, KMS API Reference).
fn like(current: &KeyRecord, next: &KeyRecord) -> Result<(), Fault> {
    let kind = |key: &KeyRecord| (key.usage, key.spec.is_asymmetric());
    if kind(current) == kind(next) {
        return Ok(());
    }
    let text = format!("{} and {} differ in their kind or usage.", current.arn(), next.arn());
    Err(Fault::new("ValidationException", text).status(400))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    alias_name: String,
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    check_name(&input.alias_name)?;
    let current = existing(cx, &input.alias_name)?;
    let arn = alias_arn(cx.account()?, cx.region(), &input.alias_name);
    let access = Access::to(Check::new("kms:DeleteAlias", arn));
    // An alias outlives a key that is gone; then there is no key to ask about.
    match find(cx, &current.key) {
        Ok(key) => Ok(access.and(check(cx, "DeleteAlias", &key, &Use::default())?)),
        Err(_) => Ok(access),
    }
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let (account, region) = (cx.account()?.clone(), cx.region().clone());
    existing(cx, &input.alias_name)?;
    state::delete_alias(cx, &account, &region, &input.alias_name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    key_id: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Aliases {
    aliases: Vec<AliasEntry>,
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasEntry {
    alias_name: String,
    alias_arn: String,
    target_key_id: String,
    creation_date: i64,
    last_updated_date: i64,
}

pub(super) fn list_access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("kms:ListAliases")))
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Aliases, Fault> {
    let (account, region) = (cx.account()?, cx.region());
    let key = input.key_id.map(|id| find(cx, &id)).transpose()?;
    let mut all = state::aliases(cx, account, region)?;
    all.retain(|alias| key.as_ref().is_none_or(|key| alias.key == key.id));
    let (page, next_marker) = input.paging.cut(all, |alias| &alias.name);
    let entry = |alias: AliasRecord| AliasEntry {
        alias_arn: alias_arn(account, region, &alias.name).to_string(),
        alias_name: alias.name,
        target_key_id: alias.key,
        creation_date: alias.created.timestamp(),
        last_updated_date: alias.updated.timestamp(),
    };
    let truncated = next_marker.is_some();
    Ok(Aliases { aliases: page.into_iter().map(entry).collect(), next_marker, truncated })
}
