//! Secrets and their versions: the only file with their keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

const SECRETS: Table<SecretRecord> = Table::new("secretsmanager.secrets");
/// What falls due, by time.
const AGENDA: Table<DueRecord> = Table::new("secretsmanager.agenda");
const SCAN_LIMIT: usize = 10_000;

/// Versions that are kept.
const KEPT_VERSIONS: usize = 100;

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
    /// The service that made it for its caller, such as `redshift`.
    #[serde(default)]
    pub(super) owning_service: Option<String>,
}

/// A secret whose recovery window ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DueRecord {
    pub(super) account: AccountId,
    region: Region,
    name: String,
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
    #[serde(with = "store::as_text")]
    pub(super) sealed: Vec<u8>,
    /// Whether the value was given as `SecretBinary`.
    pub(super) binary: bool,
    /// The key that wrapped the data key.
    pub(super) key_arn: String,
}

impl Record for SecretRecord {}
impl Record for DueRecord {}

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

    /// Labels on all versions together.
    pub(super) fn stage_count(&self) -> usize {
        self.versions.values().map(|version| version.stages.len()).sum()
    }

    /// Forgets the oldest versions without labels when there are too many, none younger than a
    /// day ("Secret versions", Secrets Manager User Guide).
    pub(super) fn prune(&mut self, now: DateTime<Utc>) {
        let mut old: Vec<(DateTime<Utc>, String)> = self
            .versions
            .iter()
            .filter(|(_, v)| v.stages.is_empty() && v.created + Duration::days(1) <= now)
            .map(|(id, version)| (version.created, id.clone()))
            .collect();
        old.sort();
        let surplus = self.versions.len().saturating_sub(KEPT_VERSIONS);
        for (_, id) in old.into_iter().take(surplus) {
            self.versions.remove(&id);
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

/// Writes a secret, and puts its end on the agenda when it has one.
pub(super) fn put(cx: &mut Cx, secret: &SecretRecord) -> Result<(), Fault> {
    if let Some(deletion) = secret.deleted {
        let due = DueRecord {
            account: secret.account.clone(),
            region: secret.region.clone(),
            name: secret.name.clone(),
        };
        let place = key(&due.account, &due.region, &due.name);
        let when = deletion.final_at.timestamp_millis();
        cx.put(&AGENDA, &format!("{when:020}/{place}"), &due)?;
    }
    cx.put(&SECRETS, &key(&secret.account, &secret.region, &secret.name), secret)
}

pub(super) fn remove(cx: &mut Cx, secret: &SecretRecord) -> Result<(), Fault> {
    cx.delete(&SECRETS, &key(&secret.account, &secret.region, &secret.name)).map(drop)
}

/// What is due now, with the place of its entry. The secret may have been restored since.
pub(super) fn due(cx: &Cx) -> Result<Option<(String, DueRecord)>, Fault> {
    let first = cx.scan(&AGENDA, "", None, 1)?.pop();
    let now = format!("{:020}", cx.now().timestamp_millis());
    Ok(first.filter(|(entry, _)| entry.split('/').next() <= Some(now.as_str())))
}

/// Takes an entry off the agenda, and removes its secret if its time has come indeed.
pub(super) fn remove_due(cx: &mut Cx, entry: &str, due: &DueRecord) -> Result<(), Fault> {
    cx.delete(&AGENDA, entry)?;
    match cx.get(&SECRETS, &key(&due.account, &due.region, &due.name))? {
        Some(secret) if !alive(cx, &secret) => remove(cx, &secret),
        _ => Ok(()),
    }
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
