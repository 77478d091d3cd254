//! Which key a request means, and the question to ask about it.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault, GuardPolicy};
use names::{AccountId, Arn, Region};
use policy::PolicyKind;

use super::grant::{document, records};
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
    if !is_id(key_id) {
        return Err(not_found(format!("Invalid keyId '{key_id}'")));
    }
    by_id(cx, account, region, key_id)
}

/// A UUID, or the id of a multi-Region key.
fn is_id(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match text.strip_prefix("mrk-") {
        Some(digits) => digits.len() == 32 && hex(digits),
        None => text.len() == 36 && hex(&text.replace('-', "")),
    }
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

/// How a request names a key and what it brings along, beside the operation.
#[derive(Default)]
pub(super) struct Use<'r> {
    /// The `KeyId` as given.
    pub(super) named: Option<&'r str>,
    pub(super) context: Option<&'r EncryptionContext>,
    pub(super) tokens: &'r [String],
}

/// `kms:ACTION` on the key that `key_id` means, as most operations of management need it.
pub(super) fn on(cx: &Cx, action: &str, key_id: &str) -> Result<Access, Fault> {
    let given = Use { named: Some(key_id), ..Use::default() };
    Ok(Access::to(check(cx, action, &find(cx, key_id)?, &given)?))
}

/// `kms:ACTION` on the key's ARN, guarded by its key policy and opened by grants.
///
/// # Errors
/// `InvalidGrantTokenException` for a token that is none.
pub(super) fn check(
    cx: &Cx,
    action: &str,
    key: &KeyRecord,
    given: &Use<'_>,
) -> Result<Check, Fault> {
    let none = EncryptionContext::new();
    let context = given.context.unwrap_or(&none);
    for token in given.tokens {
        records::named_by_token(cx, token)?;
    }
    let grants = document::policies(&document::of_caller(cx, key)?, action, context);
    let check = bare(cx, action, key)?
        .granted_by(grants)
        .with_some("kms:RequestAlias", given.named.and_then(alias_in));
    Ok(with_context(check, context))
}

/// The alias in a `KeyId`, if it is one or the ARN of one.
fn alias_in(key_id: &str) -> Option<String> {
    let name = match key_id.parse::<Arn>() {
        Ok(arn) => arn.resource,
        Err(_) => key_id.to_owned(),
    };
    name.starts_with("alias/").then_some(name)
}

/// The check without grants and without what the request brings along.
fn bare(cx: &Cx, action: &str, key: &KeyRecord) -> Result<Check, Fault> {
    let guard = GuardPolicy {
        kind: PolicyKind::Key,
        name: format!("key policy of {}", key.arn()),
        document: key.policy.clone(),
    };
    let aliases: Vec<String> =
        state::aliases_of(cx, key)?.into_iter().map(|alias| alias.name).collect();
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
        .with("kms:KeySpec", key.spec.name())
        .with("kms:KeyUsage", key.usage.name())
        .with("kms:KeyOrigin", key.origin.name())
        .with("kms:MultiRegion", key.related.is_some().to_string());
    if key.related.is_some() {
        let kind = if key.is_replica() { "REPLICA" } else { "PRIMARY" };
        check = check.with("kms:MultiRegionKeyType", kind);
    }
    if !aliases.is_empty() {
        check = check.with_all("kms:ResourceAliases", aliases);
    }
    for (name, value) in &key.tags {
        check = check.with(format!("aws:ResourceTag/{name}"), value.clone());
    }
    Ok(check)
}

/// The condition keys of an encryption context.
pub(super) fn with_context(mut check: Check, context: &EncryptionContext) -> Check {
    for (name, value) in context {
        check = check.with(format!("kms:EncryptionContext:{name}"), value.clone());
    }
    if !context.is_empty() {
        check = check.with_all("kms:EncryptionContextKeys", context.keys().cloned());
    }
    check
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
pub(super) fn with_tags(mut check: Check, tags: &[super::tags::Tag]) -> Check {
    for tag in tags {
        check = check.with(format!("aws:RequestTag/{}", tag.tag_key), tag.tag_value.clone());
    }
    if !tags.is_empty() {
        check = check.with_all("aws:TagKeys", tags.iter().map(|tag| tag.tag_key.clone()));
    }
    check
}

/// Refuses a new key policy under which its author could not change it any more: the check asks
/// the engine the question that the next PutKeyPolicy would ("Key policies", KMS Developer Guide).
/// `None` for a document that is not one; the handler refuses it.
pub(super) fn lockout_check(cx: &Cx, key: &KeyRecord) -> Result<Option<Check>, Fault> {
    if !super::policy::is_valid(cx, &key.policy)? {
        return Ok(None);
    }
    let text = "The new key policy will not allow you to update the key policy in the future.";
    let fault = Fault::new("MalformedPolicyDocumentException", text).status(400);
    Ok(Some(bare(cx, "PutKeyPolicy", key)?.or_say(fault)))
}
