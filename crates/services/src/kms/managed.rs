//! AWS managed keys: one per service, account and Region, there as soon as somebody names it.
//!
//! They are derived, not stored: id and material follow from the state's own secret, so that a
//! read can be the first use. Their policy admits everybody in the account through the service,
//! and nobody from elsewhere ("AWS managed keys", KMS Developer Guide).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Region};

use super::spec::{Spec, Usage};
use super::state::{KeyRecord, Manager, Origin};

const PREFIX: &str = "alias/aws/";
/// Services of this platform that have such a key.
const SERVICES: [&str; 3] = ["dynamodb", "s3", "secretsmanager"];

/// The key behind `alias/aws/SERVICE`; `None` for any other alias.
pub(super) fn by_alias(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    alias: &str,
) -> Result<Option<KeyRecord>, Fault> {
    let service = alias.strip_prefix(PREFIX).filter(|service| SERVICES.contains(service));
    service.map(|service| make(cx, account, region, service)).transpose()
}

/// The managed key with this id.
pub(super) fn by_id(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    id: &str,
) -> Result<Option<KeyRecord>, Fault> {
    for service in SERVICES {
        let key = make(cx, account, region, service)?;
        if key.id == id {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// Whether an alias is one that customers may not touch.
pub(super) fn is_reserved(alias: &str) -> bool {
    alias.starts_with(PREFIX)
}

fn make(cx: &Cx, account: &AccountId, region: &Region, service: &str) -> Result<KeyRecord, Fault> {
    let name = format!("kms managed key id {account} {region} {service}");
    let id = cx.seal().derive(&name)?;
    let hex = hex::encode(id.material());
    let part = |from, to| hex.get(from..to).unwrap_or_default().to_owned();
    let id = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
    Ok(KeyRecord {
        account: account.clone(),
        region: region.clone(),
        id,
        manager: Manager::Aws,
        spec: Spec::Symmetric,
        usage: Usage::EncryptDecrypt,
        origin: Origin::Kms,
        description: format!(
            "Default key that protects my {service} data when no other key is defined"
        ),
        created: DateTime::<Utc>::UNIX_EPOCH,
        policy: policy(account, region, service),
        enabled: true,
        deletion: None,
        deletion_after_replicas: None,
        related: None,
        materials: Vec::new(),
        rotation: None,
        tags: BTreeMap::new(),
    })
}

fn policy(account: &AccountId, region: &Region, service: &str) -> String {
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Through the service, for everybody in the account",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                    "kms:CreateGrant", "kms:DescribeKey"
                ],
                "Resource": "*",
                "Condition": { "StringEquals": {
                    "kms:ViaService": format!("{service}.{region}.amazonaws.com"),
                    "kms:CallerAccount": account,
                } },
            },
            {
                "Sid": "Reading about the key, by the account's own policies",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    });
    document.to_string()
}
