//! Multi-Region keys: replicas in other Regions, and which of the set is the primary.
//!
//! Related keys have id and material in common, so each decrypts what the others encrypted;
//! policies, tags, aliases and states are each key's own ("Multi-Region keys", KMS Developer
//! Guide). Both operations are done when they answer.

use gateway::{Access, Check, Cx, Fault};
use names::Region;
use serde::{Deserialize, Serialize};

use super::access::{Use, check, find, lockout_check, not_found, with_tags};
use super::key::{Done, own};
use super::metadata::Metadata;
use super::policy::{default_for, stored};
use super::state::{self, KeyRecord, Origin, Related};
use super::tags::{self, Tag};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReplicateInput {
    key_id: String,
    replica_region: String,
    policy: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Replicated {
    replica_key_metadata: Metadata,
    replica_policy: String,
    replica_tags: Vec<Tag>,
}

fn region(name: &str) -> Result<Region, Fault> {
    name.parse().map_err(|_| {
        let text = format!("{name} is not a Region.");
        Fault::new("ValidationException", text).status(400)
    })
}

fn unsupported(text: String) -> Fault {
    Fault::new("UnsupportedOperationException", text).status(400)
}

/// The primary key of a set, in this Region, with what relates it.
fn primary(cx: &Cx, key_id: &str) -> Result<(KeyRecord, Related), Fault> {
    let key = own(cx, key_id)?;
    let Some(related) = key.related.clone() else {
        return Err(unsupported(format!("{} is not a multi-Region key.", key.arn())));
    };
    if key.is_replica() {
        return Err(unsupported(format!("{} is not a multi-Region primary key.", key.arn())));
    }
    key.usable_or_importing(cx.now())?;
    Ok((key, related))
}

/// Replicating needs a permission on the primary key and one to create a key.
pub(super) fn replicate_access(cx: &Cx, input: &ReplicateInput) -> Result<Access, Fault> {
    let key = find(cx, &input.key_id)?;
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let bypass = input.bypass_policy_lockout_safety_check == Some(true);
    let on_primary = check(cx, "ReplicateKey", &key, &given)?
        .with("kms:ReplicaRegion", input.replica_region.clone());
    let create = Check::on_everything("kms:CreateKey")
        .with_some("kms:CallerAccount", cx.principal().account().map(ToString::to_string))
        .with("kms:BypassPolicyLockoutSafetyCheck", bypass.to_string())
        .with("kms:KeySpec", key.spec.name())
        .with("kms:KeyUsage", key.usage.name())
        .with("kms:KeyOrigin", key.origin.name())
        .with("kms:MultiRegion", "true")
        .with("kms:MultiRegionKeyType", "REPLICA");
    let access = Access::to(on_primary).also(with_tags(create, &input.tags));
    let Some(policy) = input.policy.as_ref().filter(|_| !bypass) else { return Ok(access) };
    let replica =
        KeyRecord { region: region(&input.replica_region)?, policy: policy.clone(), ..key };
    Ok(lockout_check(cx, &replica)?.into_iter().fold(access, Access::also))
}

pub(super) fn replicate(cx: &mut Cx, input: ReplicateInput) -> Result<Replicated, Fault> {
    let (key, mut related) = primary(cx, &input.key_id)?;
    let to = region(&input.replica_region)?;
    if state::key(cx, &key.account, &to, &key.id)?.is_some() {
        let text = format!("{} already exists.", key.arn_in(&to));
        return Err(Fault::new("AlreadyExistsException", text).status(400));
    }
    let policy = input.policy.unwrap_or_else(|| default_for(&key.account));
    let stored = stored(cx, &policy)?;
    tags::check(&input.tags)?;
    related.replicas.push(to.clone());
    related.replicas.sort();
    let mut replica = KeyRecord {
        region: to,
        description: input.description,
        created: cx.now(),
        policy: stored,
        enabled: true,
        materials: Vec::new(),
        tags: tags::map(input.tags),
        ..key.clone()
    };
    replica.take_over(cx, &key)?;
    state::put_key(cx, &replica)?;
    relate(cx, &key, &related)?;
    replica.related = Some(related);
    Ok(Replicated {
        replica_tags: tags::list(&replica.tags),
        replica_key_metadata: Metadata::of(cx, replica)?,
        replica_policy: policy,
    })
}

/// Tells every key of the set what the set is now.
fn relate(cx: &mut Cx, key: &KeyRecord, related: &Related) -> Result<(), Fault> {
    for region in related.replicas.iter().chain([&related.primary]) {
        if let Some(mut member) = state::stored(cx, &key.account, region, &key.id)? {
            member.related = Some(related.clone());
            state::put_key(cx, &member)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PrimaryInput {
    key_id: String,
    primary_region: String,
}

/// Both the key that was the primary and the one that becomes it must allow.
pub(super) fn update_access(cx: &Cx, input: &PrimaryInput) -> Result<Access, Fault> {
    let key = find(cx, &input.key_id)?;
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let to = &input.primary_region;
    let current = check(cx, "UpdatePrimaryRegion", &key, &given)?;
    let access = Access::to(current.with("kms:PrimaryRegion", to.clone()));
    match state::key(cx, &key.account, &region(to)?, &key.id)? {
        Some(next) => {
            let next = check(cx, "UpdatePrimaryRegion", &next, &Use::default())?;
            Ok(access.and(next.with("kms:PrimaryRegion", to.clone())))
        }
        None => Ok(access),
    }
}

pub(super) fn update_primary(cx: &mut Cx, input: PrimaryInput) -> Result<Done, Fault> {
    let (key, mut related) = primary(cx, &input.key_id)?;
    let to = region(&input.primary_region)?;
    if !related.replicas.contains(&to) {
        return Err(not_found(format!("Key '{}' does not exist", key.arn_in(&to))));
    }
    related.replicas.retain(|region| *region != to);
    related.replicas.push(std::mem::replace(&mut related.primary, to));
    related.replicas.sort();
    relate(cx, &key, &related)?;
    Ok(Done {})
}

impl KeyRecord {
    /// Refuses a key that is disabled or waits for its deletion.
    fn usable_or_importing(&self, now: chrono::DateTime<chrono::Utc>) -> Result<(), Fault> {
        match self.state(now) {
            "PendingImport" if self.origin == Origin::External => Ok(()),
            _ => self.usable(now),
        }
    }
}
