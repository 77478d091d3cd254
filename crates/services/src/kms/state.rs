//! Keys and aliases: the only file with their record keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};
use zeroize::Zeroizing;

const KEYS: Table<KeyRecord> = Table::new("kms.keys");
const ALIASES: Table<AliasRecord> = Table::new("kms.aliases");
const SCAN_LIMIT: usize = 10_000;

/// Who manages a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Manager {
    Customer,
    /// One of AWS's own, named by its alias; it lies in no table.
    Aws,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    /// A UUID.
    pub(super) id: String,
    pub(super) manager: Manager,
    pub(super) description: String,
    pub(super) created: DateTime<Utc>,
    pub(super) policy: String,
    pub(super) enabled: bool,
    /// When a scheduled deletion takes effect.
    pub(super) deletion: Option<DateTime<Utc>>,
    /// 256 bits, sealed for the context `kms ARN`; empty for AWS's own, which are derived.
    pub(super) sealed_material: Vec<u8>,
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

impl Record for KeyRecord {}
impl Record for AliasRecord {}

impl KeyRecord {
    pub(super) fn arn(&self) -> Arn {
        let resource = format!("key/{}", self.id);
        Arn::new("kms", Some(&self.region), Some(&self.account), resource)
    }

    /// `KeyState`.
    pub(super) fn state(&self) -> &'static str {
        match (self.deletion, self.enabled) {
            (Some(_), _) => "PendingDeletion",
            (None, true) => "Enabled",
            (None, false) => "Disabled",
        }
    }

    /// Refuses a key that is in no state to be used.
    pub(super) fn usable(&self) -> Result<(), Fault> {
        let arn = self.arn();
        match self.state() {
            "PendingDeletion" => {
                let text = format!("{arn} is pending deletion.");
                Err(Fault::new("KMSInvalidStateException", text).status(400))
            }
            "Disabled" => {
                Err(Fault::new("DisabledException", format!("{arn} is disabled.")).status(400))
            }
            _ => Ok(()),
        }
    }

    /// The key material, for as long as one operation takes.
    pub(super) fn material(&self, cx: &Cx) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let context = material_context(&self.arn());
        match self.manager {
            Manager::Customer => Ok(cx.seal().open_sealed(&context, &self.sealed_material)?),
            Manager::Aws => Ok(Zeroizing::new(cx.seal().derive(&context)?.material().to_vec())),
        }
    }
}

/// The context under which key material is sealed.
pub(super) fn material_context(arn: &Arn) -> String {
    format!("kms {arn}")
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
    let now = cx.now();
    let found = cx.get(&KEYS, &place(account, region, id))?;
    Ok(found.filter(|key| key.deletion.is_none_or(|deletion| now < deletion)))
}

pub(super) fn put_key(cx: &mut Cx, key: &KeyRecord) -> Result<(), Fault> {
    cx.put(&KEYS, &place(&key.account, &key.region, &key.id), key)
}

/// The keys of an account in a Region, by id.
pub(super) fn keys(cx: &Cx, account: &AccountId, region: &Region) -> Result<Vec<KeyRecord>, Fault> {
    let now = cx.now();
    let all = cx.scan(&KEYS, &place(account, region, ""), None, SCAN_LIMIT)?;
    let keys = all.into_iter().map(|(_, key)| key);
    Ok(keys.filter(|key| key.deletion.is_none_or(|deletion| now < deletion)).collect())
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
