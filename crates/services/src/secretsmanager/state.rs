//! Secrets and their versions: the only file with their keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

const SECRETS: Table<SecretRecord> = Table::new("secretsmanager.secrets");
const SCAN_LIMIT: usize = 10_000;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

/// A secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SecretRecord {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) name: String,
    /// The six characters behind the name in the ARN; another for a secret made again.
    pub(super) suffix: String,
    pub(super) description: Option<String>,
    /// As the caller named it; `None` means `aws/secretsmanager`.
    pub(super) kms_key: Option<String>,
    pub(super) created: DateTime<Utc>,
    pub(super) changed: DateTime<Utc>,
    pub(super) deleted: Option<Deletion>,
    pub(super) policy: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) versions: BTreeMap<String, Version>,
}

/// A scheduled deletion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Deletion {
    /// When it was asked for.
    pub(super) asked: DateTime<Utc>,
    /// When nothing can bring the secret back.
    pub(super) final_at: DateTime<Utc>,
}

/// One version of the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) created: DateTime<Utc>,
    pub(super) stages: Vec<String>,
    /// The data key, wrapped by KMS.
    pub(super) wrapped_key: String,
    /// The value under the data key.
    pub(super) sealed: Vec<u8>,
    /// Whether the value was given as `SecretBinary`.
    pub(super) binary: bool,
    /// The key that wrapped the data key.
    pub(super) key_arn: String,
}

impl Record for SecretRecord {}

impl SecretRecord {
    pub(super) fn arn(&self) -> Arn {
        let resource = format!("secret:{}-{}", self.name, self.suffix);
        Arn::new("secretsmanager", Some(&self.region), Some(&self.account), resource)
    }

    /// The version that carries a label.
    pub(super) fn staged(&self, stage: &str) -> Option<(&String, &Version)> {
        self.versions.iter().find(|(_, version)| version.stages.iter().any(|s| s == stage))
    }

    /// Moves a label to a version; `AWSCURRENT` leaves `AWSPREVIOUS` where it was.
    pub(super) fn move_stage(&mut self, stage: &str, to: &str) {
        let from = self.staged(stage).map(|(id, _)| id.clone());
        if from.as_deref() == Some(to) {
            return;
        }
        self.drop_stage(stage);
        if stage == CURRENT
            && let Some(old) = from
        {
            self.drop_stage(PREVIOUS);
            if let Some(version) = self.versions.get_mut(&old) {
                version.stages.push(PREVIOUS.to_owned());
            }
        }
        if let Some(version) = self.versions.get_mut(to) {
            version.stages.push(stage.to_owned());
        }
    }

    /// Takes a label from whichever version carries it.
    pub(super) fn drop_stage(&mut self, stage: &str) {
        for version in self.versions.values_mut() {
            version.stages.retain(|s| s != stage);
        }
    }
}

fn key(account: &AccountId, region: &Region, name: &str) -> String {
    format!("{account}/{region}/{name}")
}

/// The secret by name; one whose recovery window has passed is gone.
pub(super) fn get(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Result<Option<SecretRecord>, Fault> {
    let found = cx.get(&SECRETS, &key(account, region, name))?;
    Ok(found.filter(|secret| alive(cx, secret)))
}

fn alive(cx: &Cx, secret: &SecretRecord) -> bool {
    secret.deleted.is_none_or(|deletion| cx.now() < deletion.final_at)
}

pub(super) fn put(cx: &mut Cx, secret: &SecretRecord) -> Result<(), Fault> {
    cx.put(&SECRETS, &key(&secret.account, &secret.region, &secret.name), secret)
}

pub(super) fn remove(cx: &mut Cx, secret: &SecretRecord) -> Result<(), Fault> {
    cx.delete(&SECRETS, &key(&secret.account, &secret.region, &secret.name)).map(drop)
}

/// Every secret of an account in a Region, by name.
pub(super) fn list(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
) -> Result<Vec<SecretRecord>, Fault> {
    let all = cx.scan(&SECRETS, &key(account, region, ""), None, SCAN_LIMIT)?;
    Ok(all.into_iter().map(|(_, secret)| secret).filter(|secret| alive(cx, secret)).collect())
}
