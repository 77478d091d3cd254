//! `KeyMetadata`: a key as DescribeKey shows it.

use gateway::{Cx, Fault};
use names::Region;
use serde::Serialize;

use super::spec::{Spec, Usage};
use super::state::{KeyRecord, Manager, Origin};

type Names = &'static [&'static str];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    #[serde(rename = "AWSAccountId")]
    account: String,
    key_id: String,
    arn: String,
    creation_date: f64,
    enabled: bool,
    description: String,
    key_usage: Usage,
    key_state: &'static str,
    deletion_date: Option<f64>,
    pending_deletion_window_in_days: Option<i64>,
    valid_to: Option<f64>,
    expiration_model: Option<&'static str>,
    origin: Origin,
    key_manager: &'static str,
    customer_master_key_spec: Spec,
    key_spec: Spec,
    encryption_algorithms: Option<Names>,
    signing_algorithms: Option<Names>,
    mac_algorithms: Option<Names>,
    key_agreement_algorithms: Option<Names>,
    multi_region: bool,
    multi_region_configuration: Option<Configuration>,
    current_key_material_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    multi_region_key_type: &'static str,
    primary_key: RelatedKey,
    replica_keys: Vec<RelatedKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RelatedKey {
    arn: String,
    region: String,
}

/// `EncryptionAlgorithms` and its likes: the one list that the key's usage names.
#[derive(Default)]
pub(super) struct Algorithms {
    pub(super) encryption: Option<Names>,
    pub(super) signing: Option<Names>,
    pub(super) mac: Option<Names>,
    pub(super) agreement: Option<Names>,
}

impl Algorithms {
    pub(super) fn of(key: &KeyRecord) -> Self {
        let names = Some(key.spec.algorithms(key.usage));
        match key.usage {
            Usage::EncryptDecrypt => Self { encryption: names, ..Self::default() },
            Usage::SignVerify => Self { signing: names, ..Self::default() },
            Usage::GenerateVerifyMac => Self { mac: names, ..Self::default() },
            Usage::KeyAgreement => Self { agreement: names, ..Self::default() },
        }
    }
}

/// Seconds since 1970, as the JSON protocols write times.
pub(super) fn seconds(time: chrono::DateTime<chrono::Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1_000.0
}

impl Metadata {
    pub(super) fn of(cx: &Cx, key: KeyRecord) -> Result<Self, Fault> {
        let now = cx.now();
        let state = key.state(now);
        let algorithms = Algorithms::of(&key);
        let imported = key.current().filter(|_| key.origin == Origin::External);
        let imported = imported.filter(|material| material.is_present(now));
        Ok(Self {
            account: key.account.to_string(),
            arn: key.arn().to_string(),
            creation_date: seconds(key.created),
            enabled: state == "Enabled",
            key_usage: key.usage,
            key_state: state,
            deletion_date: key.deletion.map(seconds),
            pending_deletion_window_in_days: key.deletion_after_replicas,
            valid_to: imported.and_then(|material| material.expires).map(seconds),
            expiration_model: imported.map(|material| match material.expires {
                Some(_) => "KEY_MATERIAL_EXPIRES",
                None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
            }),
            origin: key.origin,
            key_manager: match key.manager {
                Manager::Customer => "CUSTOMER",
                Manager::Aws => "AWS",
            },
            customer_master_key_spec: key.spec,
            key_spec: key.spec,
            encryption_algorithms: algorithms.encryption,
            signing_algorithms: algorithms.signing,
            mac_algorithms: algorithms.mac,
            key_agreement_algorithms: algorithms.agreement,
            multi_region: key.related.is_some(),
            multi_region_configuration: configuration(&key),
            current_key_material_id: key.current_id(cx)?,
            description: key.description,
            key_id: key.id,
        })
    }
}

fn configuration(key: &KeyRecord) -> Option<Configuration> {
    let related = key.related.as_ref()?;
    let entry = |region: &Region| RelatedKey {
        arn: key.arn_in(region).to_string(),
        region: region.to_string(),
    };
    Some(Configuration {
        multi_region_key_type: if key.is_replica() { "REPLICA" } else { "PRIMARY" },
        primary_key: entry(&related.primary),
        replica_keys: related.replicas.iter().map(entry).collect(),
    })
}
