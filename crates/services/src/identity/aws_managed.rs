//! The AWS managed policies that this release knows ("AWS managed policies", reference guide).
//! They are the same for every account and cannot be changed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{ManagedPolicyRecord, PolicyVersion};

/// Name, path, description and document of each.
const AWS_MANAGED: [(&str, &str, &str, &str); 5] = [
    (
        "AdministratorAccess",
        "/",
        "Provides full access to AWS services and resources.",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "AmazonS3FullAccess",
        "/",
        "Provides full access to all buckets via the AWS Management Console.",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    ),
    (
        "AmazonS3ReadOnlyAccess",
        "/",
        "Provides read only access to all buckets via the AWS Management Console.",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}"#,
    ),
    (
        // As far as the services of this platform go: AWS's own lists every service there is.
        "ReadOnlyAccess",
        "/",
        "Provides read-only access to AWS services and resources.",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudtrail:LookupEvents","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*","kms:List*","redshift:Describe*","redshift:Get*","redshift:View*","s3:Get*","s3:List*","s3:Describe*","secretsmanager:Describe*","secretsmanager:GetResourcePolicy","secretsmanager:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"}]}"#,
    ),
    (
        "SecretsManagerReadWrite",
        "/",
        "Provides read/write access to AWS Secrets Manager.",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:*","kms:DescribeKey","kms:ListAliases","kms:ListKeys"],"Resource":"*"}]}"#,
    ),
];

/// The policy by ARN.
pub(super) fn find(arn: &str) -> Option<ManagedPolicyRecord> {
    all().find(|policy| policy.arn().to_string() == arn)
}

/// Every one of them.
pub(crate) fn all() -> impl Iterator<Item = ManagedPolicyRecord> {
    AWS_MANAGED.iter().map(|&(name, path, description, document)| {
        let created = DateTime::<Utc>::UNIX_EPOCH;
        let version = PolicyVersion { document: document.to_owned(), created };
        ManagedPolicyRecord {
            account: None,
            name: name.to_owned(),
            path: path.to_owned(),
            id: format!("ANPA{:A<17}", name.to_ascii_uppercase().replace(['-', '_'], "")),
            description: Some(description.to_owned()),
            created,
            updated: created,
            versions: BTreeMap::from([(1, version)]),
            default_version: 1,
            next_version: 2,
            tags: BTreeMap::new(),
        }
    })
}
