//! Keys and aliases at rest, and the agenda of what falls due: the only file with their record
//! keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Record, Table};

use super::material::Material;
use super::spec::{Spec, Usage};

const KEYS: Table<KeyRecord> = Table::new("kms.keys");
const ALIASES: Table<AliasRecord> = Table::new("kms.aliases");
const AGENDA: Table<DueRecord> = Table::new("kms.agenda");
const SCAN_LIMIT: usize = 10_000;

/// Who manages a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Manager {
    Customer,
    /// One of AWS's own, named by its alias; it lies in no table.
    Aws,
}

/// Where the key material comes from (`Origin`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Origin {
    #[serde(rename = "AWS_KMS")]
    Kms,
    #[serde(rename = "EXTERNAL")]
    External,
}

impl Origin {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kms => "AWS_KMS",
            Self::External => "EXTERNAL",
        }
    }
}

/// The set of related keys that a multi-Region key belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Related {
    pub(super) primary: Region,
    pub(super) replicas: Vec<Region>,
}

/// Automatic rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rotation {
    pub(super) period_days: i64,
    pub(super) next: DateTime<Utc>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    /// A UUID, or `mrk-` and 32 digits for multi-Region keys.
    pub(super) id: String,
    pub(super) manager: Manager,
    pub(super) spec: Spec,
    pub(super) usage: Usage,
    pub(super) origin: Origin,
    pub(super) description: String,
    pub(super) created: DateTime<Utc>,
    pub(super) policy: String,
    pub(super) enabled: bool,
    /// When a scheduled deletion takes effect.
    pub(super) deletion: Option<DateTime<Utc>>,
    /// Days that a primary key waits for its deletion once its last replica is gone.
    pub(super) deletion_after_replicas: Option<i64>,
    pub(super) related: Option<Related>,
    /// Oldest first. Empty for AWS's own keys, whose one material is derived.
    pub(super) materials: Vec<Material>,
    pub(super) rotation: Option<Rotation>,
    pub(super) tags: BTreeMap<String, String>,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct AliasRecord {
    /// `alias/…`
    pub(super) name: String,
    /// Id of the key, in the same account and Region.
    pub(super) key: String,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
}

/// Something about a key that time brings about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DueRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) key: String,
}

impl Record for AliasRecord {}
impl Record for DueRecord {}

impl Record for KeyRecord {
    const VERSION: u8 = 2;

    /// Version 1 knew symmetric keys with one material only, in `sealed_material`.
    fn migrate(from: u8, mut value: Value) -> Result<Value, String> {
        let record = value.as_object_mut().filter(|_| from == 1).ok_or("unknown version")?;
        let sealed = record.remove("sealed_material").unwrap_or_default();
        let created = record.get("created").cloned().unwrap_or_default();
        let material = json!({ "id": Material::UNNAMED, "sealed": sealed, "since": created });
        record.insert("materials".to_owned(), json!([material]));
        record.insert("spec".to_owned(), json!(Spec::Symmetric));
        record.insert("usage".to_owned(), json!(Usage::EncryptDecrypt));
        record.insert("origin".to_owned(), json!(Origin::Kms));
        Ok(value)
    }
}

impl KeyRecord {
    pub(super) fn arn(&self) -> Arn {
        self.arn_in(&self.region)
    }

    /// The ARN of the related key in another Region.
    pub(super) fn arn_in(&self, region: &Region) -> Arn {
        Arn::new("kms", Some(region), Some(&self.account), format!("key/{}", self.id))
    }

    /// Whether it is a replica of a multi-Region key.
    pub(super) fn is_replica(&self) -> bool {
        self.related.as_ref().is_some_and(|related| related.primary != self.region)
    }

    /// `KeyState` ("Key states of KMS keys", KMS Developer Guide). Keys are created, and primary
    /// Regions changed, at once: `Creating` and `Updating` are never seen.
    pub(super) fn state(&self, now: DateTime<Utc>) -> &'static str {
        if self.deletion.is_some() {
            "PendingDeletion"
        } else if self.deletion_after_replicas.is_some() {
            "PendingReplicaDeletion"
        } else if self.manager == Manager::Customer && !self.has_material(now) {
            "PendingImport"
        } else if self.enabled {
            "Enabled"
        } else {
            "Disabled"
        }
    }

    /// Refuses a key that is in no state to be used.
    pub(super) fn usable(&self, now: DateTime<Utc>) -> Result<(), Fault> {
        match self.state(now) {
            "Enabled" => Ok(()),
            "Disabled" => {
                let text = format!("{} is disabled.", self.arn());
                Err(Fault::new("DisabledException", text).status(400))
            }
            state => Err(self.in_state(state)),
        }
    }

    /// Refuses a key that waits for its deletion; several operations ask for no more.
    pub(super) fn not_pending_deletion(&self, now: DateTime<Utc>) -> Result<(), Fault> {
        match self.state(now) {
            state @ ("PendingDeletion" | "PendingReplicaDeletion") => Err(self.in_state(state)),
            _ => Ok(()),
        }
    }

    fn in_state(&self, state: &str) -> Fault {
        let what = match state {
            "PendingDeletion" => "pending deletion",
            "PendingReplicaDeletion" => "pending replica deletion",
            _ => "pending import",
        };
        let text = format!("{} is {what}.", self.arn());
        Fault::new("KMSInvalidStateException", text).status(400)
    }

    /// Refuses a key that is for something else than what `operation` does.
    pub(super) fn must_be_for(&self, usage: Usage, operation: &str) -> Result<(), Fault> {
        if self.usage == usage {
            return Ok(());
        }
        let (arn, own) = (self.arn(), self.usage.name());
        let text = format!("{arn} key usage is {own} which is not valid for {operation}.");
        Err(Fault::new("InvalidKeyUsageException", text).status(400))
    }

    /// Refuses an algorithm that is none of the key's.
    pub(super) fn must_know(&self, algorithm: &str) -> Result<(), Fault> {
        if self.spec.algorithms(self.usage).contains(&algorithm) {
            return Ok(());
        }
        let spec = self.spec.name();
        let text = format!("Algorithm {algorithm} is incompatible with key spec {spec}.");
        Err(Fault::new("InvalidKeyUsageException", text).status(400))
    }

    fn gone(&self, now: DateTime<Utc>) -> bool {
        self.deletion.is_some_and(|deletion| deletion <= now)
    }
}

fn place(account: &AccountId, region: &Region, rest: &str) -> String {
    format!("{account}/{region}/{rest}")
}

/// A customer managed key by id; one whose deletion has come is gone.
pub(super) fn key(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    id: &str,
) -> Result<Option<KeyRecord>, Fault> {
    let found = stored(cx, account, region, id)?;
    Ok(found.filter(|key| !key.gone(cx.now())))
}

/// The same, also when its deletion has come and is not carried out yet.
pub(super) fn stored(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    id: &str,
) -> Result<Option<KeyRecord>, Fault> {
    cx.get(&KEYS, &place(account, region, id))
}

/// Writes a key, and puts on the agenda when it must be looked at next.
pub(super) fn put_key(cx: &mut Cx, key: &KeyRecord) -> Result<(), Fault> {
    if let Some(due) = key.next_due() {
        let record = DueRecord {
            account: key.account.clone(),
            region: key.region.clone(),
            key: key.id.clone(),
        };
        let when = format!("{:020}", due.timestamp_millis());
        cx.put(&AGENDA, &format!("{when}/{}", place(&key.account, &key.region, &key.id)), &record)?;
    }
    cx.put(&KEYS, &place(&key.account, &key.region, &key.id), key)
}

pub(super) fn delete_key(cx: &mut Cx, key: &KeyRecord) -> Result<(), Fault> {
    cx.delete(&KEYS, &place(&key.account, &key.region, &key.id)).map(drop)
}

/// What is due now, with the place of its entry. An entry may be out of date: the key says.
pub(super) fn due(cx: &Cx) -> Result<Option<(String, DueRecord)>, Fault> {
    let first = cx.scan(&AGENDA, "", None, 1)?.pop();
    let now = format!("{:020}", cx.now().timestamp_millis());
    Ok(first.filter(|(entry, _)| entry.split('/').next() <= Some(now.as_str())))
}

/// Takes an entry off the agenda.
pub(super) fn done(cx: &mut Cx, entry: &str) -> Result<(), Fault> {
    cx.delete(&AGENDA, entry).map(drop)
}

/// The keys of an account in a Region, by id.
pub(super) fn keys(cx: &Cx, account: &AccountId, region: &Region) -> Result<Vec<KeyRecord>, Fault> {
    let now = cx.now();
    let all = cx.scan(&KEYS, &place(account, region, ""), None, SCAN_LIMIT)?;
    Ok(all.into_iter().map(|(_, key)| key).filter(|key| !key.gone(now)).collect())
}

pub(super) fn alias(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Result<Option<AliasRecord>, Fault> {
    cx.get(&ALIASES, &place(account, region, name))
}

pub(super) fn put_alias(
    cx: &mut Cx,
    account: &AccountId,
    region: &Region,
    alias: &AliasRecord,
) -> Result<(), Fault> {
    cx.put(&ALIASES, &place(account, region, &alias.name), alias)
}

pub(super) fn delete_alias(
    cx: &mut Cx,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Result<bool, Fault> {
    cx.delete(&ALIASES, &place(account, region, name))
}

/// The aliases of an account in a Region, by name.
pub(super) fn aliases(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
) -> Result<Vec<AliasRecord>, Fault> {
    let all = cx.scan(&ALIASES, &place(account, region, ""), None, SCAN_LIMIT)?;
    Ok(all.into_iter().map(|(_, alias)| alias).collect())
}

/// The aliases of one key.
pub(super) fn aliases_of(cx: &Cx, key: &KeyRecord) -> Result<Vec<AliasRecord>, Fault> {
    let mut aliases = aliases(cx, &key.account, &key.region)?;
    aliases.retain(|alias| alias.key == key.id);
    Ok(aliases)
}
