//! The AWS managed policies that this release knows ("AWS managed policies", reference guide):
//! those of the services that are built and of the ones around them, with AWS's own documents.
//! They are the same for every account and cannot be changed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{ManagedPolicyRecord, PolicyVersion};

/// Name, and the facts about it.
const AWS_MANAGED: [(&str, &str); 54] = [
    ("AWSCloudTrail_FullAccess", include_str!("aws_managed/AWSCloudTrail_FullAccess.json")),
    ("AWSCloudTrail_ReadOnlyAccess", include_str!("aws_managed/AWSCloudTrail_ReadOnlyAccess.json")),
    (
        "AWSElasticLoadBalancingServiceRolePolicy",
        include_str!("aws_managed/AWSElasticLoadBalancingServiceRolePolicy.json"),
    ),
    ("AWSGlueConsoleFullAccess", include_str!("aws_managed/AWSGlueConsoleFullAccess.json")),
    ("AWSGlueServiceRole", include_str!("aws_managed/AWSGlueServiceRole.json")),
    (
        "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
        include_str!("aws_managed/AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy.json"),
    ),
    (
        "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
        include_str!("aws_managed/AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy.json"),
    ),
    (
        "AWSKeyManagementServicePowerUser",
        include_str!("aws_managed/AWSKeyManagementServicePowerUser.json"),
    ),
    (
        "AWSLakeFormationCrossAccountManager",
        include_str!("aws_managed/AWSLakeFormationCrossAccountManager.json"),
    ),
    ("AWSLakeFormationDataAdmin", include_str!("aws_managed/AWSLakeFormationDataAdmin.json")),
    ("AWSLambdaBasicExecutionRole", include_str!("aws_managed/AWSLambdaBasicExecutionRole.json")),
    ("AWSLambdaRole", include_str!("aws_managed/AWSLambdaRole.json")),
    (
        "AWSLambdaVPCAccessExecutionRole",
        include_str!("aws_managed/AWSLambdaVPCAccessExecutionRole.json"),
    ),
    ("AWSLambda_FullAccess", include_str!("aws_managed/AWSLambda_FullAccess.json")),
    ("AWSOrganizationsFullAccess", include_str!("aws_managed/AWSOrganizationsFullAccess.json")),
    (
        "AWSOrganizationsReadOnlyAccess",
        include_str!("aws_managed/AWSOrganizationsReadOnlyAccess.json"),
    ),
    (
        "AWSOrganizationsServiceTrustPolicy",
        include_str!("aws_managed/AWSOrganizationsServiceTrustPolicy.json"),
    ),
    (
        "AWSSecretsManagerClientReadOnlyAccess",
        include_str!("aws_managed/AWSSecretsManagerClientReadOnlyAccess.json"),
    ),
    ("AdministratorAccess", include_str!("aws_managed/AdministratorAccess.json")),
    ("AmazonAthenaFullAccess", include_str!("aws_managed/AmazonAthenaFullAccess.json")),
    ("AmazonEC2FullAccess", include_str!("aws_managed/AmazonEC2FullAccess.json")),
    ("AmazonEC2ReadOnlyAccess", include_str!("aws_managed/AmazonEC2ReadOnlyAccess.json")),
    ("AmazonECSServiceRolePolicy", include_str!("aws_managed/AmazonECSServiceRolePolicy.json")),
    ("AmazonRDSServiceRolePolicy", include_str!("aws_managed/AmazonRDSServiceRolePolicy.json")),
    (
        "AmazonRedshiftAllCommandsFullAccess",
        include_str!("aws_managed/AmazonRedshiftAllCommandsFullAccess.json"),
    ),
    ("AmazonRedshiftDataFullAccess", include_str!("aws_managed/AmazonRedshiftDataFullAccess.json")),
    ("AmazonRedshiftFullAccess", include_str!("aws_managed/AmazonRedshiftFullAccess.json")),
    ("AmazonRedshiftQueryEditor", include_str!("aws_managed/AmazonRedshiftQueryEditor.json")),
    (
        "AmazonRedshiftQueryEditorV2FullAccess",
        include_str!("aws_managed/AmazonRedshiftQueryEditorV2FullAccess.json"),
    ),
    ("AmazonRedshiftReadOnlyAccess", include_str!("aws_managed/AmazonRedshiftReadOnlyAccess.json")),
    (
        "AmazonRedshiftServiceLinkedRolePolicy",
        include_str!("aws_managed/AmazonRedshiftServiceLinkedRolePolicy.json"),
    ),
    ("AmazonS3FullAccess", include_str!("aws_managed/AmazonS3FullAccess.json")),
    ("AmazonS3ReadOnlyAccess", include_str!("aws_managed/AmazonS3ReadOnlyAccess.json")),
    ("AmazonSSMManagedInstanceCore", include_str!("aws_managed/AmazonSSMManagedInstanceCore.json")),
    ("AmazonSageMakerFullAccess", include_str!("aws_managed/AmazonSageMakerFullAccess.json")),
    ("AmazonSageMakerReadOnly", include_str!("aws_managed/AmazonSageMakerReadOnly.json")),
    ("AmazonVPCFullAccess", include_str!("aws_managed/AmazonVPCFullAccess.json")),
    ("AutoScalingServiceRolePolicy", include_str!("aws_managed/AutoScalingServiceRolePolicy.json")),
    ("BatchServiceRolePolicy", include_str!("aws_managed/BatchServiceRolePolicy.json")),
    ("Billing", include_str!("aws_managed/Billing.json")),
    ("CloudTrailServiceRolePolicy", include_str!("aws_managed/CloudTrailServiceRolePolicy.json")),
    ("CloudWatchLogsFullAccess", include_str!("aws_managed/CloudWatchLogsFullAccess.json")),
    ("DataScientist", include_str!("aws_managed/DataScientist.json")),
    ("DatabaseAdministrator", include_str!("aws_managed/DatabaseAdministrator.json")),
    ("IAMFullAccess", include_str!("aws_managed/IAMFullAccess.json")),
    ("IAMReadOnlyAccess", include_str!("aws_managed/IAMReadOnlyAccess.json")),
    ("IAMUserChangePassword", include_str!("aws_managed/IAMUserChangePassword.json")),
    (
        "LakeFormationDataAccessServiceRolePolicy",
        include_str!("aws_managed/LakeFormationDataAccessServiceRolePolicy.json"),
    ),
    ("PowerUserAccess", include_str!("aws_managed/PowerUserAccess.json")),
    ("ReadOnlyAccess", include_str!("aws_managed/ReadOnlyAccess.json")),
    (
        "S3StorageLensServiceRolePolicy",
        include_str!("aws_managed/S3StorageLensServiceRolePolicy.json"),
    ),
    ("SecretsManagerReadWrite", include_str!("aws_managed/SecretsManagerReadWrite.json")),
    ("SecurityAudit", include_str!("aws_managed/SecurityAudit.json")),
    ("ViewOnlyAccess", include_str!("aws_managed/ViewOnlyAccess.json")),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Facts {
    path: String,
    default_version_id: String,
    create_date: DateTime<Utc>,
    update_date: Option<DateTime<Utc>>,
    description: Option<String>,
    document: Value,
}

/// The policy by ARN.
pub(super) fn find(arn: &str) -> Option<ManagedPolicyRecord> {
    by_arn().get(arn).cloned()
}

/// Every one of them.
pub(crate) fn all() -> impl Iterator<Item = ManagedPolicyRecord> {
    by_arn().values().cloned()
}

/// Read once: the facts are part of the binary, and a test reads every one of them.
fn by_arn() -> &'static BTreeMap<String, ManagedPolicyRecord> {
    static KNOWN: OnceLock<BTreeMap<String, ManagedPolicyRecord>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let records = AWS_MANAGED.iter().filter_map(|(name, facts)| record(name, facts));
        records.map(|record| (record.arn().to_string(), record)).collect()
    })
}

/// Of the versions that AWS has had only the one in force is known.
fn record(name: &str, facts: &str) -> Option<ManagedPolicyRecord> {
    let facts: Facts = serde_json::from_str(facts).ok()?;
    let number = facts.default_version_id.strip_prefix('v')?.parse().ok()?;
    let updated = facts.update_date.unwrap_or(facts.create_date);
    let document = serde_json::to_string_pretty(&facts.document).ok()?;
    let version = PolicyVersion { document, created: updated };
    let word = |c: &char| c.is_ascii_alphanumeric();
    let letters: String = name.to_ascii_uppercase().chars().filter(word).collect();
    Some(ManagedPolicyRecord {
        account: None,
        name: name.to_owned(),
        path: facts.path,
        id: format!("ANPA{letters:A<17}"),
        description: facts.description,
        created: facts.create_date,
        updated,
        versions: BTreeMap::from([(number, version)]),
        default_version: number,
        next_version: number + 1,
        tags: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use policy::Document;

    use super::*;

    #[test]
    fn every_one_is_a_policy() {
        assert_eq!(by_arn().len(), AWS_MANAGED.len());
        for policy in all() {
            let parsed = policy.document().map(Document::parse).unwrap();
            assert!(parsed.is_ok_and(|document| !document.statements().is_empty()));
        }
    }
}
