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
        if id_of(cx, account, region, service)? == id {
            return make(cx, account, region, service).map(Some);
        }
    }
    Ok(None)
}

/// Whether an alias is one that customers may not touch.
pub(super) fn is_reserved(alias: &str) -> bool {
    alias.starts_with(PREFIX)
}

fn id_of(cx: &Cx, account: &AccountId, region: &Region, service: &str) -> Result<String, Fault> {
    let name = format!("kms managed key id {account} {region} {service}");
    let id = cx.seal().derive(&name)?;
    let hex = hex::encode(id.material());
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

fn make(cx: &Cx, account: &AccountId, region: &Region, service: &str) -> Result<KeyRecord, Fault> {
    let id = id_of(cx, account, region, service)?;
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

/// Written out, because every use of the key makes it anew; neither an account nor a Region nor a
/// service has a character that JSON would escape.
fn policy(account: &AccountId, region: &Region, service: &str) -> String {
    format!(
        concat!(
            r#"{{"Version":"2012-10-17","Statement":["#,
            r#"{{"Sid":"Through the service, for everybody in the account","Effect":"Allow","#,
            r#""Principal":{{"AWS":"*"}},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","#,
            r#""kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],"Resource":"*","#,
            r#""Condition":{{"StringEquals":{{"kms:ViaService":"{service}.{region}.amazonaws.com","#,
            r#""kms:CallerAccount":"{account}"}}}}}},"#,
            r#"{{"Sid":"Reading about the key, by the account's own policies","Effect":"Allow","#,
            r#""Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":["kms:Describe*","#,
            r#""kms:Get*","kms:List*","kms:RevokeGrant"],"Resource":"*"}}]}}"#,
        ),
        account = account,
        region = region,
        service = service,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_a_valid_one() {
        let account = "111111111111".parse().unwrap();
        let text = policy(&account, &"eu-west-1".parse().unwrap(), "s3");
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let keys = &document["Statement"][0]["Condition"]["StringEquals"];
        assert_eq!(keys["kms:ViaService"], "s3.eu-west-1.amazonaws.com");
        assert_eq!(keys["kms:CallerAccount"], "111111111111");
        assert!(::policy::Document::parse(&text).is_ok());
    }
}
