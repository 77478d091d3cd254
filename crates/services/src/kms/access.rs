//! Which key a request means, and the question to ask about it.

use std::collections::BTreeMap;

use gateway::{Check, Cx, Fault, GuardPolicy};
use names::{AccountId, Arn, Region};
use policy::PolicyKind;

use super::managed;
use super::state::{self, KeyRecord};

/// `EncryptionContext`.
pub(super) type EncryptionContext = BTreeMap<String, String>;

/// The key that a `KeyId` means: id or alias of the caller's own, or ARN of either.
pub(super) fn find(cx: &Cx, key_id: &str) -> Result<KeyRecord, Fault> {
    if let Ok(arn) = key_id.parse::<Arn>() {
        return by_arn(cx, &arn);
    }
    let (account, region) = (cx.account()?, cx.region());
    if key_id.starts_with("alias/") {
        return by_alias(cx, account, region, key_id);
    }
    let is_id = key_id.len() == 36 && key_id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if !is_id {
        return Err(not_found(format!("Invalid keyId '{key_id}'")));
    }
    by_id(cx, account, region, key_id)
}

fn by_arn(cx: &Cx, arn: &Arn) -> Result<KeyRecord, Fault> {
    let (Some(account), Some(region)) = (&arn.account, &arn.region) else {
        return Err(not_found(format!("Invalid arn {arn}")));
    };
    if region != cx.region() {
        return Err(not_found(format!("Invalid arn {region}")));
    }
    match arn.resource.strip_prefix("key/") {
        Some(id) => by_id(cx, account, region, id),
        None => by_alias(cx, account, region, &arn.resource),
    }
}

fn by_id(cx: &Cx, account: &AccountId, region: &Region, id: &str) -> Result<KeyRecord, Fault> {
    let found = match state::key(cx, account, region, id)? {
        Some(key) => Some(key),
        None => managed::by_id(cx, account, region, id)?,
    };
    found.ok_or_else(|| {
        let arn = Arn::new("kms", Some(region), Some(account), format!("key/{id}"));
        not_found(format!("Key '{arn}' does not exist"))
    })
}

fn by_alias(cx: &Cx, account: &AccountId, region: &Region, name: &str) -> Result<KeyRecord, Fault> {
    if let Some(key) = managed::by_alias(cx, account, region, name)? {
        return Ok(key);
    }
    let arn = alias_arn(account, region, name);
    let absent = || not_found(format!("Alias {arn} is not found."));
    let alias = state::alias(cx, account, region, name)?.ok_or_else(absent)?;
    by_id(cx, account, region, &alias.key)
}

pub(super) fn alias_arn(account: &AccountId, region: &Region, name: &str) -> Arn {
    Arn::new("kms", Some(region), Some(account), name)
}

pub(super) fn not_found(text: String) -> Fault {
    Fault::new("NotFoundException", text).status(400)
}

/// `kms:ACTION` on the key's ARN, guarded by its key policy.
pub(super) fn check(cx: &Cx, action: &str, key: &KeyRecord) -> Result<Check, Fault> {
    let guard = GuardPolicy {
        kind: PolicyKind::Key,
        name: format!("key policy of {}", key.arn()),
        document: key.policy.clone(),
    };
    let aliases = state::aliases(cx, &key.account, &key.region)?;
    let aliases: Vec<String> =
        aliases.into_iter().filter(|alias| alias.key == key.id).map(|alias| alias.name).collect();
    let origin = cx.origin();
    let via = origin
        .called_via
        .last()
        .map(|service| format!("{service}.{}.amazonaws.com", origin.region));
    let mut check = Check::new(&format!("kms:{action}"), key.arn())
        .owned_by(&key.account)
        .guarded_by(Some(guard))
        .with_some("kms:ViaService", via)
        .with_some("kms:CallerAccount", cx.principal().account().map(ToString::to_string))
        .with("kms:KeySpec", "SYMMETRIC_DEFAULT")
        .with("kms:KeyUsage", "ENCRYPT_DECRYPT")
        .with("kms:KeyOrigin", "AWS_KMS");
    if !aliases.is_empty() {
        check = check.with_all("kms:ResourceAliases", aliases);
    }
    for (name, value) in &key.tags {
        check = check.with(format!("aws:ResourceTag/{name}"), value.clone());
    }
    Ok(check)
}

/// The same with what an encryption context says.
pub(super) fn check_with_context(
    cx: &Cx,
    action: &str,
    key: &KeyRecord,
    context: &EncryptionContext,
) -> Result<Check, Fault> {
    let mut check = check(cx, action, key)?;
    for (name, value) in context {
        check = check.with(format!("kms:EncryptionContext:{name}"), value.clone());
    }
    if !context.is_empty() {
        check = check.with_all("kms:EncryptionContextKeys", context.keys().cloned());
    }
    Ok(check)
}
