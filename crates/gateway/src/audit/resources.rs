//! `resources`: what a call was about, with CloudFormation's names of the types.

use std::collections::BTreeSet;

use names::{AccountId, Arn};
use serde_json::{Value, json};

/// ARNs with their types, each once. `owner` is the account of those whose ARN names none.
pub(super) fn of(resources: &[String], owner: Option<&AccountId>) -> Value {
    let mut seen = BTreeSet::new();
    let arns = resources.iter().filter(|resource| resource.starts_with("arn:"));
    let entry = |arn: &String| {
        let parsed: Option<Arn> = arn.parse().ok();
        let account =
            parsed.as_ref().and_then(|arn| arn.account.as_ref()).or(owner).map(ToString::to_string);
        let mut entry = json!({ "ARN": arn, "accountId": account });
        if let (Some(members), Some(kind)) = (entry.as_object_mut(), parsed.as_ref().and_then(kind))
        {
            members.insert("type".to_owned(), kind.into());
        }
        entry
    };
    arns.filter(|arn| seen.insert(arn.as_str())).map(entry).collect()
}

/// The type that CloudTrail gives a resource.
fn kind(arn: &Arn) -> Option<&'static str> {
    let (noun, rest) = arn.resource_parts();
    Some(match (arn.service.as_str(), noun) {
        ("s3", _) if arn.resource.contains('/') => "AWS::S3::Object",
        ("s3", _) => "AWS::S3::Bucket",
        ("iam", "user") => "AWS::IAM::User",
        ("iam", "group") => "AWS::IAM::Group",
        ("iam", "role") => "AWS::IAM::Role",
        ("iam", "policy") => "AWS::IAM::Policy",
        ("iam", "instance-profile") => "AWS::IAM::InstanceProfile",
        ("iam", "mfa") => "AWS::IAM::MfaDevice",
        ("iam", "oidc-provider") => "AWS::IAM::OidcProvider",
        ("iam", "saml-provider") => "AWS::IAM::SamlProvider",
        ("sts", "assumed-role") => "AWS::STS::AssumedRole",
        ("kms", "key") => "AWS::KMS::Key",
        ("kms", "alias") => "AWS::KMS::Alias",
        ("secretsmanager", "secret") => "AWS::SecretsManager::Secret",
        ("redshift", "cluster") => "AWS::Redshift::Cluster",
        ("dynamodb", "table") => "AWS::DynamoDB::Table",
        ("cloudtrail", "trail") => "AWS::CloudTrail::Trail",
        ("organizations", noun) if !rest.is_empty() => match noun {
            "account" => "AWS::Organizations::Account",
            "ou" => "AWS::Organizations::OrganizationalUnit",
            "policy" => "AWS::Organizations::Policy",
            _ => return None,
        },
        _ => return None,
    })
}
